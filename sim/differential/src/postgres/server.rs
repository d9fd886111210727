//! The server as a program sees it, made to run one session at a time.
//!
//! A server runs all sessions that a COMMIT woke at once, and who comes first is nobody's promise. So whoever waits for a
//! lock has its process stopped (SIGSTOP), and goes on (SIGCONT) only when it is its turn: sessions that were woken run one
//! after the other, each until it has answered or waits again, in the order in which they began to wait; timers sound one
//! after the other, in the order in which they are due. That is how the engine runs them too, so that whatever differs is a
//! difference. Nothing is held while a process is stopped but the locks of its transaction: it sleeps on its semaphore.
//!
//! Timers are the one thing that real time decides. A session must be stopped before its timer can go off; where that took
//! longer, the run is no evidence, and [`ServerSide::raced`] says so.

#![expect(clippy::disallowed_methods, reason = "a real server takes real time, and nothing of it reaches the engine")]

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::Address;
use super::outcome::Outcome;
use super::process::Process;
use super::program::Param;
use super::side::{Ended, SESSIONS};
use super::wire::Connection;
use crate::Trouble;

/// A session that waits, its process stopped.
#[derive(Debug)]
struct Waiting {
    session: usize,
    /// When the server says that it began; tells one wait from the next.
    since: Option<String>,
    /// The timer that comes first, while it has not gone off.
    alarm: Option<Alarm>,
}

/// A timer of a session that waits.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    /// When it is due, in the program's time.
    due_us: i64,
    is_lock_timeout: bool,
    /// When the server's own timer has gone off for certain.
    real: Instant,
}

/// How long timers are, in the program's time and on the server alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) lock: Duration,
    pub(super) deadlock: Duration,
    /// The shortest that statements set themselves.
    pub(super) others: Duration,
}

/// How a session came to rest.
enum Rest {
    Ended(Outcome),
    /// It waits; since when, in the server's words.
    Waits(Option<String>),
}

/// The server, through one connection per session and one that watches its locks.
#[derive(Debug)]
pub(super) struct ServerSide {
    sessions: Vec<Connection>,
    processes: Vec<Process>,
    monitor: Connection,
    /// In the order in which they began to wait.
    waiting: Vec<Waiting>,
    /// Those of them that hold their lock by now, in the order in which they go on.
    woken: VecDeque<usize>,
    /// Sessions whose `lock_timeout` is on.
    lock_timeouts: [bool; SESSIONS],
    timeouts: Timeouts,
    now_us: i64,
    raced: bool,
}

/// Every scan goes through an index where there is one, so that rows are met in the order of their keys, as on the engine.
const SETTINGS: [(&str, &str); 6] = [
    ("client_min_messages", "error"),
    ("timezone", "UTC"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A statement that neither answers nor waits for so long is given up.
const LOST: Duration = Duration::from_secs(60);
/// How long an answer that is on its way is waited for before the locks are looked at.
const GRACE: Duration = Duration::from_millis(4);
/// Between two looks at a session that is at work.
const LOOK: Duration = Duration::from_micros(100);
/// Longer than any timer: a session whose lock timeout is on never comes to look for a deadlock.
pub(super) const NEVER: Duration = Duration::from_secs(1_000_000);

impl ServerSide {
    /// Connects; everything happens in a database of this name, made anew. (A schema would not do: advisory locks are the
    /// database's.)
    ///
    /// # Errors
    /// There is no server, or it refuses.
    pub(super) fn open(address: &Address, own: &str) -> Result<Self, Trouble> {
        let open = |database: &str| Connection::open(&address.at, &address.user, database, &SETTINGS);
        let mut maker = open(&address.database)?;
        maker.must(&format!("DROP DATABASE IF EXISTS {own} WITH (FORCE)"))?;
        maker.must(&format!("CREATE DATABASE {own}"))?;
        let monitor = open(own)?;
        let sessions: Result<Vec<Connection>, Trouble> = (0..SESSIONS).map(|_| open(own)).collect();
        let sessions = sessions?;
        let processes = sessions.iter().map(|session| Process::new(session.pid)).collect();
        Ok(Self {
            sessions,
            processes,
            monitor,
            waiting: Vec::new(),
            woken: VecDeque::new(),
            lock_timeouts: [false; SESSIONS],
            timeouts: Timeouts { lock: NEVER, deadlock: NEVER, others: NEVER },
            now_us: 0,
            raced: false,
        })
    }

    /// Runs statements that nothing can hold up, outside all sessions.
    pub(super) fn prepare(&mut self, sql: &str) -> Result<(), Trouble> {
        self.monitor.must(sql).map(drop)
    }

    /// Ends what a session has open, whatever it is, and gives all of them this deadlock timeout.
    pub(super) fn reset(&mut self, timeouts: Timeouts) -> Result<(), Trouble> {
        for waiting in std::mem::take(&mut self.waiting) {
            let pid = self.sessions[waiting.session].pid;
            self.monitor.must(&format!("SELECT pg_cancel_backend({pid})"))?;
            self.processes[waiting.session].go_on()?;
            self.sessions[waiting.session].wait()?;
        }
        self.woken.clear();
        let deadlock = timeouts.deadlock.as_millis();
        for session in &mut self.sessions {
            let end = if session.status == b'I' { "" } else { "ROLLBACK; " };
            session.send(&format!("{end}SET lock_timeout = 0; SET deadlock_timeout = {deadlock}"))?;
        }
        for session in &mut self.sessions {
            session.wait()?;
        }
        self.lock_timeouts = [false; SESSIONS];
        self.timeouts = timeouts;
        self.raced = false;
        Ok(())
    }

    pub(super) fn blocked(&self) -> BTreeSet<usize> {
        self.waiting.iter().map(|waiting| waiting.session).collect()
    }

    pub(super) fn in_transaction(&self, session: usize) -> bool {
        self.sessions[session].status != b'I'
    }

    /// Whether a timer may have gone off by itself since the last [`ServerSide::reset`].
    pub(super) fn raced(&self) -> bool {
        self.raced
    }

    /// Switches a session's `lock_timeout` on or off, outside a transaction: whether it is on must not hang on a ROLLBACK.
    pub(super) fn set_lock_timeout(&mut self, session: usize, on: bool, ended: &mut Ended) -> Result<(), Trouble> {
        let (lock, deadlock) = if on { (self.timeouts.lock, NEVER) } else { (Duration::ZERO, self.timeouts.deadlock) };
        let set = format!("SET lock_timeout = {}; SET deadlock_timeout = {}", lock.as_millis(), deadlock.as_millis());
        self.lock_timeouts[session] = on;
        self.submit(session, &set, &[], self.now_us, ended)
    }

    /// Runs a statement as far as it goes, and then, one by one, whom it woke.
    pub(super) fn submit(
        &mut self,
        session: usize,
        sql: &str,
        params: &[Param],
        now_us: i64,
        ended: &mut Ended,
    ) -> Result<(), Trouble> {
        self.now_us = now_us;
        let begun = Instant::now();
        if params.is_empty() {
            self.sessions[session].send(sql)?;
        } else {
            self.sessions[session].send_prepared(sql, params)?;
        }
        match self.sessions[session].poll(GRACE)? {
            Some(outcome) => self.note_end(session, begun, outcome, ended),
            None => self.run_to_rest(session, begun, ended)?,
        }
        self.run_woken(ended)
    }

    /// Lets time pass until every timer has gone off, those of waits that begin meanwhile too.
    pub(super) fn pass(&mut self, ended: &mut Ended) -> Result<(), Trouble> {
        loop {
            let alarms = self.waiting.iter().filter_map(|waiting| Some((waiting.alarm?, waiting.session)));
            let first = alarms.min_by_key(|(alarm, session)| (alarm.due_us, alarm.is_lock_timeout, *session));
            let Some((alarm, session)) = first else { return Ok(()) };
            self.now_us = alarm.due_us;
            std::thread::sleep(alarm.real.saturating_duration_since(Instant::now()));
            if !self.processes[session].awaits_alarm()? {
                self.raced = true;
            }
            self.sound(session, ended)?;
        }
    }

    /// Lets this time pass, and whoever's timer went off meanwhile notice it.
    pub(super) fn pass_by(&mut self, time: Duration, ended: &mut Ended) -> Result<(), Trouble> {
        std::thread::sleep(time);
        let sessions: Vec<usize> = self.waiting.iter().map(|waiting| waiting.session).collect();
        for session in sessions {
            if self.blocked().contains(&session) && self.processes[session].has_alarm()? {
                self.sound(session, ended)?;
            }
        }
        Ok(())
    }

    /// Lets a session notice that its timer went off; with it whom that woke.
    fn sound(&mut self, session: usize, ended: &mut Ended) -> Result<(), Trouble> {
        let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.session == session) else { return Ok(()) };
        waiting.alarm = None;
        let begun = Instant::now();
        self.processes[session].go_on()?;
        self.run_to_rest(session, begun, ended)?;
        self.run_woken(ended)
    }

    /// Lets those go on, one by one, who hold by now what they waited for.
    fn run_woken(&mut self, ended: &mut Ended) -> Result<(), Trouble> {
        loop {
            self.note_woken()?;
            let Some(session) = self.woken.pop_front() else { return Ok(()) };
            self.waiting.retain(|waiting| waiting.session != session);
            let begun = Instant::now();
            self.processes[session].go_on()?;
            self.run_to_rest(session, begun, ended)?;
        }
    }

    /// A lock counts as granted from the moment its holder let go, though the process sleeps on.
    fn note_woken(&mut self) -> Result<(), Trouble> {
        if self.waiting.len() == self.woken.len() {
            return Ok(());
        }
        let asleep = self.monitor.must("SELECT pid FROM pg_lock_status() WHERE NOT granted")?;
        let asleep: BTreeSet<i32> = asleep.iter().filter_map(|row| row.first()?.as_ref()?.parse().ok()).collect();
        for waiting in &self.waiting {
            let session = waiting.session;
            if !self.woken.contains(&session) && !asleep.contains(&self.sessions[session].pid) {
                self.woken.push_back(session);
            }
        }
        Ok(())
    }

    /// Waits until a session has answered, or waits for a lock; then it is stopped. It may wait on as it did, if it went on
    /// only for the sake of its timer.
    fn run_to_rest(&mut self, session: usize, begun: Instant, ended: &mut Ended) -> Result<(), Trouble> {
        match self.rest(session, begun)? {
            Rest::Ended(outcome) => self.note_end(session, begun, outcome, ended),
            Rest::Waits(since) => {
                if self.waiting.iter().any(|waiting| waiting.session == session && waiting.since == since) {
                    return Ok(());
                }
                self.waiting.retain(|waiting| waiting.session != session);
                self.raced |= self.may_have_raced(session, begun);
                let (is_lock_timeout, shortest) = (self.lock_timeouts[session], self.shortest(session));
                let timeout_us = i64::try_from(shortest.as_micros()).unwrap_or(i64::MAX);
                let alarm = Alarm {
                    due_us: self.now_us.saturating_add(timeout_us),
                    is_lock_timeout,
                    real: Instant::now() + shortest,
                };
                self.waiting.push(Waiting { session, since, alarm: Some(alarm) });
            }
        }
        Ok(())
    }

    /// Takes down an answer. A timer's own is no evidence if the session ran for so long that the timer may have begun
    /// meanwhile.
    fn note_end(&mut self, session: usize, begun: Instant, outcome: Outcome, ended: &mut Ended) {
        self.waiting.retain(|waiting| waiting.session != session);
        self.raced |= outcome.is_of_a_timer() && self.may_have_raced(session, begun);
        ended.insert(session, outcome);
    }

    /// Whether a session that went on at `begun`, and has come to rest, may have seen a timer go off.
    fn may_have_raced(&self, session: usize, begun: Instant) -> bool {
        begun.elapsed() >= self.shortest(session).min(self.timeouts.others)
    }

    /// The timer of a session that comes first.
    fn shortest(&self, session: usize) -> Duration {
        if self.lock_timeouts[session] { self.timeouts.lock } else { self.timeouts.deadlock }
    }

    fn rest(&mut self, session: usize, begun: Instant) -> Result<Rest, Trouble> {
        let pid = self.sessions[session].pid;
        let look = format!(
            "SELECT waitstart FROM pg_lock_status() WHERE pid = {pid} AND NOT granted \
             AND EXISTS (SELECT FROM pg_stat_get_activity({pid}) WHERE wait_event_type = 'Lock')"
        );
        while begun.elapsed() < LOST {
            if let Some(outcome) = self.sessions[session].poll(Duration::ZERO)? {
                return Ok(Rest::Ended(outcome));
            }
            // First that it sleeps, with no signal on its way, then on what: so it is nothing short.
            if self.processes[session].sleeps()?
                && let Some(row) = self.monitor.must(&look)?.into_iter().next()
            {
                self.processes[session].stop()?;
                return Ok(Rest::Waits(row.into_iter().next().flatten()));
            }
            std::thread::sleep(LOOK);
        }
        Err(Trouble::Unexpected {
            server: "Postgres",
            what: "a statement neither ends nor waits for a lock".to_owned(),
        })
    }
}

impl Drop for ServerSide {
    fn drop(&mut self) {
        // A stopped process would outlive its connection. One that is gone is none.
        for waiting in &self.waiting {
            let _gone = self.processes[waiting.session].go_on();
        }
    }
}
