//! The engine as a program sees it: a few sessions that are given statements, and say which of them wait. What both sides
//! have in common is here too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postgres_engine::{Config, Postgres, SessionId, Step, Value};

use super::outcome::Outcome;
use super::program::Param;
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

    /// Runs a statement as far as it goes; with it what it woke. The time it was given at.
    pub(super) fn submit(&mut self, session: usize, sql: &str, params: &[Param], ended: &mut Ended) -> i64 {
        self.now_us += STATEMENT_US;
        let params: Vec<Value> = params.iter().map(Param::value).collect();
        if let Step::Done(result) = self.engine.submit(self.sessions[session], sql, &params, self.now_us) {
            ended.insert(session, Outcome::of_engine(result));
        }
        self.collect(ended);
        self.now_us
    }

    /// Lets time pass until every timer has gone off, those of waits that begin meanwhile too.
    pub(super) fn pass(&mut self, ended: &mut Ended) {
        while let Some(at_us) = self.engine.next_deadline() {
            self.now_us = at_us;
            self.engine.advance(at_us);
            self.collect(ended);
        }
    }

    fn collect(&mut self, ended: &mut Ended) {
        for (id, result) in self.engine.take_completions() {
            if let Some(session) = self.sessions.iter().position(|session| *session == id) {
                ended.insert(session, Outcome::of_engine(result));
            }
        }
    }
}
