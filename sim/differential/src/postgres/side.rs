//! The two sides as a program sees them: a few sessions that are given statements, and say which of them wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postgres_engine::{Config, Postgres, SessionId, Step};

use super::Address;
use super::outcome::Outcome;
use super::wire::Connection;
use crate::Trouble;

/// Sessions a program may use.
pub(super) const SESSIONS: usize = 4;

/// Statements that ended, by session.
pub(super) type Ended = BTreeMap<usize, Outcome>;

/// The engine with its sessions; time passes when it is told to.
#[derive(Debug)]
pub(super) struct EngineSide {
    engine: Postgres,
    sessions: Vec<SessionId>,
    now_us: i64,
}

/// Time a statement takes on the engine.
const STATEMENT_US: i64 = 10;

impl EngineSide {
    /// An engine with a schema.
    ///
    /// # Errors
    /// The engine refuses the schema.
    pub(super) fn new(schema: &str, deadlock_timeout: Duration) -> Result<Self, Trouble> {
        let failed = |error: postgres_engine::PgError| Trouble::Unexpected {
            server: "the Postgres engine",
            what: error.to_string(),
        };
        let deadlock_timeout_us = u64::try_from(deadlock_timeout.as_micros()).unwrap_or(u64::MAX);
        let mut engine = Postgres::new(Config { deadlock_timeout_us, ..Config::default() });
        let sessions: Result<Vec<SessionId>, _> = (0..SESSIONS).map(|_| engine.connect()).collect();
        let sessions = sessions.map_err(failed)?;
        let now_us = 1_795_000_000_000_000;
        engine.execute_script(sessions[0], schema, now_us).map_err(failed)?;
        Ok(Self { engine, sessions, now_us })
    }

    pub(super) fn is_blocked(&self, session: usize) -> bool {
        self.engine.is_blocked(self.sessions[session])
    }

    pub(super) fn blocked(&self) -> BTreeSet<usize> {
        (0..SESSIONS).filter(|session| self.is_blocked(*session)).collect()
    }

    pub(super) fn in_transaction(&self, session: usize) -> bool {
        self.engine.in_transaction(self.sessions[session])
    }

    /// Runs a statement as far as it goes; with it what it woke.
    pub(super) fn submit(&mut self, session: usize, sql: &str, ended: &mut Ended) {
        self.now_us += STATEMENT_US;
        if let Step::Done(result) = self.engine.submit(self.sessions[session], sql, &[], self.now_us) {
            ended.insert(session, Outcome::of_engine(result));
        }
        self.collect(ended);
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration, ended: &mut Ended) {
        self.now_us += i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.engine.advance(self.now_us);
        self.collect(ended);
    }

    fn collect(&mut self, ended: &mut Ended) {
        for (id, result) in self.engine.take_completions() {
            if let Some(session) = self.sessions.iter().position(|session| *session == id) {
                ended.insert(session, Outcome::of_engine(result));
            }
        }
    }
}

/// The server, through one connection per session and one that watches its locks.
#[derive(Debug)]
pub(super) struct ServerSide {
    sessions: Vec<Connection>,
    monitor: Connection,
    busy: BTreeSet<usize>,
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

/// Looks at the locks in a row that find the server still at work before it is given up: about ten seconds.
const LOOKS: u32 = 20_000;
/// How long an answer that is on its way is waited for before the locks are looked at.
const GRACE: Duration = Duration::from_millis(4);

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
        Ok(Self { sessions: sessions?, monitor, busy: BTreeSet::new() })
    }

    /// Runs statements that nothing can hold up, outside all sessions.
    pub(super) fn prepare(&mut self, sql: &str) -> Result<(), Trouble> {
        self.monitor.must(sql).map(drop)
    }

    /// Ends what a session has open, whatever it is, and gives all of them this deadlock timeout.
    pub(super) fn reset(&mut self, deadlock_timeout: Duration) -> Result<(), Trouble> {
        if !self.busy.is_empty() {
            let pids: Vec<String> = self.busy.iter().map(|session| self.sessions[*session].pid.to_string()).collect();
            self.monitor
                .must(&format!("SELECT pg_cancel_backend(p) FROM unnest('{{{}}}'::int[]) p", pids.join(",")))?;
            for session in std::mem::take(&mut self.busy) {
                self.sessions[session].wait()?;
            }
        }
        let timeout = deadlock_timeout.as_millis();
        for session in &mut self.sessions {
            let end = if session.status == b'I' { "" } else { "ROLLBACK; " };
            session.send(&format!("{end}SET lock_timeout = 0; SET deadlock_timeout = {timeout}"))?;
        }
        for session in &mut self.sessions {
            session.wait()?;
        }
        Ok(())
    }

    pub(super) fn blocked(&self) -> BTreeSet<usize> {
        self.busy.clone()
    }

    pub(super) fn in_transaction(&self, session: usize) -> bool {
        self.sessions[session].status != b'I'
    }

    /// Runs a statement as far as it goes; with it what it woke. `hint`: it is expected to wait, so the locks are looked
    /// at without delay.
    pub(super) fn submit(&mut self, session: usize, sql: &str, hint: bool, ended: &mut Ended) -> Result<(), Trouble> {
        self.sessions[session].send(sql)?;
        self.busy.insert(session);
        if !hint && let Some(outcome) = self.sessions[session].poll(GRACE)? {
            self.busy.remove(&session);
            ended.insert(session, outcome);
        }
        self.settle(ended)
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration, ended: &mut Ended) -> Result<(), Trouble> {
        std::thread::sleep(time);
        self.settle(ended)
    }

    /// Waits until every statement under way has either ended or waits for a lock. One look at the lock table is a
    /// snapshot, and a lock counts as granted from the moment its holder let go: so when all wait, nothing is on its way.
    fn settle(&mut self, ended: &mut Ended) -> Result<(), Trouble> {
        for _ in 0..LOOKS {
            for session in self.busy.clone() {
                if let Some(outcome) = self.sessions[session].poll(Duration::ZERO)? {
                    self.busy.remove(&session);
                    ended.insert(session, outcome);
                }
            }
            if self.busy.is_empty() {
                return Ok(());
            }
            let waiting = self.monitor.must("SELECT pid FROM pg_lock_status() WHERE NOT granted")?;
            let waiting: BTreeSet<i32> = waiting.iter().filter_map(|row| row.first()?.as_ref()?.parse().ok()).collect();
            if self.busy.iter().all(|session| waiting.contains(&self.sessions[*session].pid)) {
                return Ok(());
            }
        }
        Err(Trouble::Unexpected {
            server: "Postgres",
            what: "a statement neither ends nor waits for a lock".to_owned(),
        })
    }
}
