//! The server's public face: it runs statements as far as they go, keeps those that wait, and wakes them when what they
//! wait for has happened. All waking happens inside the call that caused it, in the order it was caused.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::change_feed::CommitRecord;
use crate::config::Config;
use crate::database::Database;
use crate::error::{Fallible, PgError};
use crate::exec::{Baton, Lease, execute, try_at_once};
use crate::locks::{LockTable, RowLocks};
use crate::reply::{Reply, Step};
use crate::session::{Session, SessionId, Settings, Wake};
use crate::transaction::{Held, Isolation};
use crate::value::Value;

type Statement = Pin<Box<dyn Future<Output = Fallible<Reply>> + Send>>;

/// A Postgres server without a network. Times are microseconds since the Unix epoch and never go back.
pub struct Postgres {
    /// Absent only while a statement runs with it.
    db: Option<Box<Database>>,
    baton: Baton,
    running: BTreeMap<SessionId, Statement>,
    completions: Vec<(SessionId, Result<Reply, PgError>)>,
    next_session: u32,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("sessions", &self.db().sessions.len()).finish_non_exhaustive()
    }
}

impl Postgres {
    /// An empty server.
    pub fn new(config: Config) -> Self {
        Self {
            db: Some(Box::new(Database::new(config))),
            baton: Baton::default(),
            running: BTreeMap::new(),
            completions: Vec::new(),
            next_session: 1,
        }
    }

    /// Opens a connection; 53300 when there are too many.
    pub fn connect(&mut self) -> Result<SessionId, PgError> {
        let id = SessionId(self.next_session);
        let db = self.db_mut();
        if db.sessions.len() >= db.config.max_connections {
            return Err(*PgError::new("53300", "sorry, too many clients already"));
        }
        let settings = Settings {
            statement_timeout_us: db.config.statement_timeout_us,
            lock_timeout_us: db.config.lock_timeout_us,
            deadlock_timeout_us: db.config.deadlock_timeout_us,
            isolation: Isolation::ReadCommitted,
        };
        db.sessions.insert(id, Session::new(settings));
        self.next_session += 1;
        Ok(id)
    }

    /// Closes a connection: its open transaction is rolled back, its locks are freed. A statement it was waiting in
    /// never completes.
    pub fn disconnect(&mut self, session: SessionId, now_us: i64) {
        self.set_now(now_us);
        self.running.remove(&session);
        self.completions.retain(|(done, _)| *done != session);
        let db = self.db_mut();
        if !db.sessions.contains_key(&session) {
            return;
        }
        db.break_wait(session, PgError::new("57P01", "terminating connection"));
        db.ready.retain(|ready| *ready != session);
        db.release_woken(session);
        db.rollback(session);
        db.sessions.remove(&session);
        self.run_ready(None);
    }

    /// Runs one statement. Outside a transaction block it is a transaction of its own. A session runs one statement at
    /// a time: 55000 while it waits in another.
    pub fn submit(&mut self, session: SessionId, sql: &str, params: &[Value], now_us: i64) -> Step {
        self.advance(now_us);
        if !self.db().sessions.contains_key(&session) {
            return Step::Done(Err(*PgError::new("08003", "connection does not exist")));
        }
        if self.running.contains_key(&session) {
            return Step::Done(Err(*PgError::new("55000", "another statement of this session is still running")));
        }
        let db = self.db_mut();
        db.session_mut(session).statement_started_us = now_us;
        let prepared = match try_at_once(db, session, sql, params) {
            Ok(result) => {
                self.run_ready(None);
                return Step::Done(result.map_err(|error| *error));
            }
            Err(prepared) => prepared,
        };
        let lease = Lease::new(self.baton.clone());
        let statement: Statement = Box::pin(execute(lease, session, Arc::from(sql), prepared, params.to_vec()));
        self.running.insert(session, statement);
        let result = self.poll(session);
        match result {
            Some(result) => {
                self.run_ready(None);
                Step::Done(result)
            }
            None => self.run_ready(Some(session)).map_or(Step::Blocked, Step::Done),
        }
    }

    /// Parses and plans a statement without running it, as the protocol's Parse message does: whether its names and
    /// types are right, and whether the engine supports it.
    pub fn prepare(&mut self, session: SessionId, sql: &str) -> Result<(), PgError> {
        crate::bind::prepare(self.db_mut(), session, sql).map(drop).map_err(|error| *error)
    }

    /// Runs several statements in turn, each as `submit` would, up to the first that fails. For schemas: a statement
    /// that has to wait is an error (55P03).
    pub fn execute_script(&mut self, session: SessionId, sql: &str, now_us: i64) -> Result<(), PgError> {
        let statements = self.db().config.syntax_trees.script(sql).map_err(|error| *error)?;
        for statement in statements.iter() {
            match self.submit(session, statement, &[], now_us) {
                Step::Done(result) => result.map(drop)?,
                Step::Blocked => {
                    self.cancel(session, now_us);
                    self.completions.retain(|(done, _)| *done != session);
                    return Err(*PgError::new("55P03", "a statement of the script had to wait for a lock"));
                }
            }
        }
        Ok(())
    }

    /// When [`Postgres::advance`] has something to do next: the earliest timeout of a waiting statement.
    pub fn next_deadline(&self) -> Option<i64> {
        self.db().timers.next()
    }

    /// Lets time pass: timeouts and deadlock checks that are due happen.
    pub fn advance(&mut self, now_us: i64) {
        while let Some(at) = self.db().timers.next().filter(|at| *at <= now_us) {
            self.set_now(at);
            let now = self.db().now_us;
            let db = self.db_mut();
            if let Some((alarm, session)) = db.timers.pop_due(now) {
                db.sound(alarm, session);
            }
            self.run_ready(None);
        }
        self.set_now(now_us);
    }

    /// Results of statements that had to wait and have finished since, in the order they did.
    pub fn take_completions(&mut self) -> Vec<(SessionId, Result<Reply, PgError>)> {
        std::mem::take(&mut self.completions)
    }

    /// Cancels the statement a session waits in (57014). Nothing happens when it waits in none.
    pub fn cancel(&mut self, session: SessionId, now_us: i64) {
        self.advance(now_us);
        let db = self.db_mut();
        if db.sessions.contains_key(&session) {
            db.break_wait(session, PgError::new("57014", "canceling statement due to user request"));
            self.run_ready(None);
        }
    }

    /// The server dies and comes back: connections are gone, what was committed is there, the rest is not. Sequences
    /// keep what they gave out.
    pub fn crash(&mut self) {
        self.running.clear();
        self.completions.clear();
        let db = self.db_mut();
        let sessions: Vec<SessionId> = db.sessions.keys().copied().collect();
        for session in sessions {
            db.break_wait(session, PgError::new("57P02", "the server crashed"));
            db.rollback(session);
        }
        db.sessions.clear();
        // A lock that a victim left to the next in its queue was taken by nobody: that statement died before it ran on.
        db.locks = LockTable::default();
        db.row_locks = RowLocks::default();
        db.watchers.clear();
        db.snapshots.clear();
        db.ready.clear();
        db.timers.reset();
    }

    /// Commits since the last call, in commit order. Empty unless [`Config::change_feed`] is on.
    pub fn take_commits(&mut self) -> Vec<CommitRecord> {
        std::mem::take(&mut self.db_mut().commits)
    }

    /// Whether the session is inside a transaction block.
    pub fn in_transaction(&self, session: SessionId) -> bool {
        self.db().sessions.get(&session).is_some_and(|session| session.transaction.is_some())
    }

    /// Whether the session's transaction has changed or locked rows: both are written to the log, so that its commit waits
    /// for a flush (`RecordTransactionCommit` in xact.c). A transaction that has only read commits without one.
    pub fn has_written(&self, session: SessionId) -> bool {
        let transaction = self.db().sessions.get(&session).and_then(|session| session.transaction.as_ref());
        transaction
            .is_some_and(|open| !open.log.is_empty() || open.locks.iter().any(|held| matches!(held, Held::Row(..))))
    }

    /// Whether the session waits in a statement.
    pub fn is_blocked(&self, session: SessionId) -> bool {
        self.running.contains_key(&session)
    }

    fn db(&self) -> &Database {
        self.db.as_ref().expect("the database is back between calls")
    }

    fn db_mut(&mut self) -> &mut Database {
        self.db.as_mut().expect("the database is back between calls")
    }

    fn set_now(&mut self, now_us: i64) {
        let db = self.db_mut();
        db.now_us = db.now_us.max(now_us);
    }

    /// Polls a session's statement once. Its result, if it is done.
    fn poll(&mut self, session: SessionId) -> Option<Result<Reply, PgError>> {
        let mut statement = self.running.remove(&session)?;
        self.baton.put(self.db.take().expect("the database is back between calls"));
        let mut context = Context::from_waker(Waker::noop());
        let poll = statement.as_mut().poll(&mut context);
        let result = match poll {
            Poll::Ready(result) => {
                // Its lease hands the database back when it is dropped.
                drop(statement);
                Some(result.map_err(|error| *error))
            }
            Poll::Pending => {
                self.running.insert(session, statement);
                None
            }
        };
        self.db = Some(self.baton.take());
        result
    }

    /// Lets every statement run whose wait is over. The result of `submitted`, if it finished meanwhile, is returned
    /// instead of becoming a completion.
    fn run_ready(&mut self, submitted: Option<SessionId>) -> Option<Result<Reply, PgError>> {
        let mut answer = None;
        let mut ordered = 0;
        loop {
            let db = self.db_mut();
            db.order_woken(ordered);
            let Some(session) = db.ready.pop_front() else { break };
            ordered = db.ready.len();
            if let Some(result) = self.poll(session) {
                if submitted == Some(session) {
                    answer = Some(result);
                } else {
                    self.completions.push((session, result));
                }
            }
        }
        answer
    }
}

/// How a wait ended, for the statement that waited.
pub(crate) fn take_wake(db: &mut Database, session: SessionId) -> Fallible<()> {
    db.release_woken(session);
    match db.session_mut(session).wake.take() {
        Some(Wake::Ready) => Ok(()),
        Some(Wake::Failed(error)) => Err(error),
        None => panic!("a statement is polled only when its wait is over"),
    }
}
