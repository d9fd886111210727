//! One program on both sides, step by step, to the first difference.

use std::collections::BTreeSet;
use std::time::Duration;

use super::program::{Action, Program, Step, Timers, name};
use super::schema::{CLEAR, FINAL, ROWS, SCHEMA};
use super::server::{NEVER, ServerSide, Timeouts};
use super::side::{Ended, EngineSide, SESSIONS};
use crate::{Difference, Tally, Trouble};

/// How long timers are when nothing has to be repeated: as short as a machine at work lets a session be stopped in.
const TIMEOUTS: Timeouts =
    Timeouts { lock: Duration::from_millis(12), deadlock: Duration::from_millis(30), others: NEVER };

/// A run of a program.
struct Play<'a> {
    engine: EngineSide,
    server: &'a mut ServerSide,
    timeouts: Timeouts,
    timers: Timers,
    /// Whether the statement each session is in asked for an order of its rows.
    ordered: [bool; SESSIONS],
    /// Whether each session's transaction has failed.
    failed: [bool; SESSIONS],
    tally: &'a mut Tally,
}

/// Runs a program on a new engine and on the server; timers are `scale` times as long.
pub(super) fn play(
    program: &Program,
    server: &mut ServerSide,
    scale: u32,
    tally: &mut Tally,
) -> Result<Option<Difference>, Trouble> {
    let timeouts = Timeouts { lock: TIMEOUTS.lock * scale, deadlock: TIMEOUTS.deadlock * scale, ..TIMEOUTS };
    server.reset(timeouts)?;
    server.prepare(&format!("{CLEAR}{ROWS}"))?;
    let engine = EngineSide::new(&format!("{SCHEMA}{ROWS}"), timeouts.deadlock)?;
    let mut play = Play {
        engine,
        server,
        timeouts,
        timers: program.timers,
        ordered: [true; SESSIONS],
        failed: [false; SESSIONS],
        tally,
    };
    for step in &program.steps {
        if let Some(difference) = play.step(step)? {
            return Ok(Some(difference));
        }
    }
    let end = if program.commit_at_end { "COMMIT" } else { "ROLLBACK" };
    if let Some(difference) = play.end(end)? {
        return Ok(Some(difference));
    }
    for sql in FINAL {
        let action = Action::plain(sql);
        if let Some(difference) = play.step(&Step { session: 0, action, stubborn: true })? {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

impl Play<'_> {
    /// Lets every session come to its end. Each round at least one statement ends: whoever does not wait ends its
    /// transaction, and when all wait a deadlock's timer goes off.
    fn end(&mut self, end: &str) -> Result<Option<Difference>, Trouble> {
        for _ in 0..2 * SESSIONS {
            for session in 0..SESSIONS {
                if self.engine.in_transaction(session) && !self.engine.is_blocked(session) {
                    let action = Action::plain(end);
                    if let Some(difference) = self.step(&Step { session, action, stubborn: true })? {
                        return Ok(Some(difference));
                    }
                }
            }
            if self.engine.blocked().is_empty() {
                return Ok(None);
            }
            if let Some(difference) = self.pass()? {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }

    fn pass(&mut self) -> Result<Option<Difference>, Trouble> {
        let (mut ours, mut theirs) = (Ended::new(), Ended::new());
        self.engine.pass(&mut ours);
        self.server.pass(&mut theirs)?;
        Ok(self.compare("(time passes)", &ours, &theirs))
    }

    fn step(&mut self, step: &Step) -> Result<Option<Difference>, Trouble> {
        let session = step.session;
        if self.engine.is_blocked(session) {
            return Ok(None);
        }
        if self.failed[session] && !step.stubborn {
            let action = Action::plain("ROLLBACK");
            if let Some(difference) = self.step(&Step { session, action, stubborn: true })? {
                return Ok(Some(difference));
            }
        }
        if step.is_lock_timeout() && (self.timers == Timers::Late || self.engine.in_transaction(session)) {
            return Ok(None);
        }
        self.tally.add("statements");
        self.ordered[session] = step.is_ordered();
        let sql = step.sql(self.timeouts.lock.as_millis());
        let waiting = self.engine.blocked();
        let mut ours = Ended::new();
        let now_us = self.engine.submit(session, &sql, step.params(), &mut ours);
        let waits = self.engine.is_blocked(session);
        // Whoever waits anew starts its timers; woken statements that wait again do, too.
        let moved = waits || !ours.keys().all(|ended| *ended == session) || !self.engine.in_transaction(session);
        let everybody = self.engine.blocked().len() == SESSIONS;
        let passes = match self.timers {
            Timers::Eager => moved && !self.engine.blocked().is_empty(),
            Timers::Late => everybody,
        };
        if passes {
            self.engine.pass(&mut ours);
        }
        if waits {
            self.tally.add("statements that waited");
        }
        let woken = ours.keys().filter(|ended| waiting.contains(ended)).count();
        if woken > 1 {
            self.tally.add("steps that woke several");
        }
        let mut theirs = Ended::new();
        match step.action {
            Action::Statement { .. } => self.server.submit(session, &sql, step.params(), now_us, &mut theirs)?,
            Action::LockTimeout(on) => self.server.set_lock_timeout(session, on, &mut theirs)?,
        }
        if passes {
            self.server.pass(&mut theirs)?;
        }
        Ok(self.compare(&step.to_string(), &ours, &theirs))
    }

    /// The first thing the two differ in.
    fn compare(&mut self, step: &str, ours: &Ended, theirs: &Ended) -> Option<Difference> {
        let told = |engine: String, server: String| Some(Difference { step: step.to_owned(), engine, server });
        let sessions: BTreeSet<usize> = ours.keys().chain(theirs.keys()).copied().collect();
        for session in sessions {
            let shown = |ended: &Ended, blocked: bool| match ended.get(&session) {
                Some(outcome) => format!("{}: {outcome}", name(session)),
                None if blocked => format!("{}: waits", name(session)),
                None => format!("{}: nothing", name(session)),
            };
            let agree = match (ours.get(&session), theirs.get(&session)) {
                (Some(ours), Some(theirs)) => ours.agrees(theirs, self.ordered[session]),
                _ => false,
            };
            if !agree {
                let server_waits = self.server.blocked().contains(&session);
                return told(shown(ours, self.engine.is_blocked(session)), shown(theirs, server_waits));
            }
            if let Some(sqlstate) = ours.get(&session).and_then(|outcome| outcome.sqlstate()) {
                self.tally.add(format!("error {sqlstate}"));
            }
            let errs = ours.get(&session).is_some_and(|outcome| outcome.sqlstate().is_some());
            self.failed[session] = errs && self.engine.in_transaction(session);
            let (open, server_open) = (self.engine.in_transaction(session), self.server.in_transaction(session));
            if open != server_open {
                let shown = |open: bool| format!("{}: transaction open: {open}", name(session));
                return told(shown(open), shown(server_open));
            }
        }
        let (waits, server_waits) = (self.engine.blocked(), self.server.blocked());
        if waits != server_waits {
            let shown =
                |waits: &BTreeSet<usize>| format!("waiting: {}", waits.iter().map(|at| name(*at)).collect::<String>());
            return told(shown(&waits), shown(&server_waits));
        }
        None
    }
}
