//! Alarms of waiting statements: lock timeout, statement timeout, and the moment to look for a deadlock.

use std::collections::BTreeSet;

use crate::database::Database;
use crate::error::PgError;
use crate::session::{SessionId, Target, Wait, Wake};

/// Which alarm; at one instant they go off in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alarm {
    Deadlock,
    LockTimeout,
    StatementTimeout,
}

/// Pending alarms, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    pending: BTreeSet<(i64, Alarm, SessionId)>,
}

impl Timers {
    pub(crate) fn set(&mut self, session: SessionId, wait: &Wait) {
        for (at, alarm) in alarms(wait) {
            self.pending.insert((at, alarm, session));
        }
    }

    pub(crate) fn clear(&mut self, session: SessionId, wait: &Wait) {
        for (at, alarm) in alarms(wait) {
            self.pending.remove(&(at, alarm, session));
        }
    }

    pub(crate) fn next(&self) -> Option<i64> {
        self.pending.first().map(|(at, _, _)| *at)
    }

    /// Takes the earliest alarm that is due.
    pub(crate) fn pop_due(&mut self, now_us: i64) -> Option<(Alarm, SessionId)> {
        let (at, alarm, session) = *self.pending.first()?;
        if at > now_us {
            return None;
        }
        self.pending.pop_first();
        Some((alarm, session))
    }

    pub(crate) fn reset(&mut self) {
        self.pending.clear();
    }
}

fn alarms(wait: &Wait) -> impl Iterator<Item = (i64, Alarm)> + use<> {
    [
        (wait.deadlock_at, Alarm::Deadlock),
        (wait.lock_timeout_at, Alarm::LockTimeout),
        (wait.statement_timeout_at, Alarm::StatementTimeout),
    ]
    .into_iter()
    .filter_map(|(at, alarm)| at.map(|at| (at, alarm)))
}

/// When a timeout that is counted from `start` goes off; 0 means never.
fn deadline(start: i64, timeout_us: u64) -> Option<i64> {
    (timeout_us > 0).then(|| start.saturating_add(i64::try_from(timeout_us).unwrap_or(i64::MAX)))
}

impl Database {
    /// Starts a wait: the session is in `target`'s queue already, or about to watch its transaction.
    pub(crate) fn start_wait(&mut self, session: SessionId, target: Target, snapshot: u64) {
        let now_us = self.now_us;
        let settings = self.session(session).settings;
        let wait = Wait {
            target,
            deadlock_at: deadline(now_us, settings.deadlock_timeout_us),
            lock_timeout_at: deadline(now_us, settings.lock_timeout_us),
            statement_timeout_at: deadline(self.session(session).statement_started_us, settings.statement_timeout_us),
            snapshot,
        };
        if let Target::Transaction(xid, level) = target {
            self.watchers.entry((xid, level)).or_default().push(session);
        }
        self.hold_snapshot(snapshot);
        self.timers.set(session, &wait);
        self.waits += 1;
        let waited_since = self.waits;
        let session = self.session_mut(session);
        session.wait = Some(wait);
        session.waited_since = waited_since;
    }

    /// Ends a wait, if there is one, and lets the statement go on with `wake`. Its snapshot stays held: whoever freed the
    /// lock goes on to vacuum before the statement runs.
    pub(crate) fn end_wait(&mut self, session: SessionId, wake: Wake) {
        let Some(wait) = self.session_mut(session).wait.take() else { return };
        self.timers.clear(session, &wait);
        let woken = self.session_mut(session);
        woken.wake = Some(wake);
        woken.woken_snapshot = Some(wait.snapshot);
        self.ready.push_back(session);
    }

    /// Lets go of the snapshot of a statement that was woken: it runs now, or never will.
    pub(crate) fn release_woken(&mut self, session: SessionId) {
        if let Some(snapshot) = self.session_mut(session).woken_snapshot.take() {
            self.drop_snapshot(snapshot);
        }
    }

    /// Ends a wait from outside: the session leaves the queue, and those behind it may be served.
    pub(crate) fn break_wait(&mut self, session: SessionId, error: Box<PgError>) {
        let Some(wait) = self.session(session).wait else { return };
        self.end_wait(session, Wake::Failed(error));
        match wait.target {
            Target::Lock(key) => {
                let woken = self.locks.leave_queue(key, session);
                self.wake_holders(woken);
            }
            Target::Transaction(xid, level) => {
                if let Some(watchers) = self.watchers.get_mut(&(xid, level)) {
                    watchers.retain(|watcher| *watcher != session);
                }
            }
        }
    }

    /// Sounds one alarm.
    pub(crate) fn sound(&mut self, alarm: Alarm, session: SessionId) {
        match alarm {
            Alarm::Deadlock => {
                // One look per wait: a cycle closed later is seen by whoever closed it.
                if let Some(wait) = &mut self.session_mut(session).wait {
                    wait.deadlock_at = None;
                }
                if self.is_deadlocked(session) {
                    self.break_wait(session, PgError::new("40P01", "deadlock detected"));
                }
            }
            Alarm::LockTimeout => {
                self.break_wait(session, PgError::new("55P03", "canceling statement due to lock timeout"));
            }
            Alarm::StatementTimeout => {
                self.break_wait(session, PgError::new("57014", "canceling statement due to statement timeout"));
            }
        }
    }
}
