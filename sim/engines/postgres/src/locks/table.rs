//! The lock manager's locks in use. One nobody holds or waits for has no entry.

use std::collections::BTreeMap;

use super::LockMode;
use super::queue::{Joined, Queue, Waiter};
use crate::session::SessionId;
use crate::storage::{RowId, TableId, Xid};

/// What can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockKey {
    /// A version of a row, by its number: held by whoever of those that wait for the version's lockers is next.
    Version(TableId, RowId, u32),
    /// `pg_advisory_xact_lock`
    Advisory(i64),
}

/// Answer to a request for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Held now.
    Granted,
    /// Held already, in this mode.
    Held,
    /// Somebody holds it, or has waited for it longer.
    Busy,
}

/// Every lock that is held or waited for.
#[derive(Debug, Default)]
pub(crate) struct LockTable {
    queues: BTreeMap<LockKey, Queue>,
}

impl LockTable {
    /// Takes the lock if nobody is in the way. Never queues.
    pub(crate) fn request(&mut self, key: LockKey, xid: Xid, mode: LockMode) -> Request {
        let queue = self.queues.entry(key).or_default();
        if queue.holds(xid, mode) {
            return Request::Held;
        }
        if !queue.is_open_to(xid, mode) {
            return Request::Busy;
        }
        queue.grant(xid, mode);
        Request::Granted
    }

    /// Joins the queue of a lock that is busy.
    pub(crate) fn join(&mut self, key: LockKey, session: SessionId, xid: Xid, mode: LockMode) -> Joined {
        self.queues.entry(key).or_default().join(Waiter { session, xid, mode })
    }

    /// Leaves the queue, after a timeout or a cancel. Those who have the lock for it.
    pub(crate) fn leave_queue(&mut self, key: LockKey, session: SessionId) -> Vec<SessionId> {
        self.change(key, |queue| queue.forget_waiter(session))
    }

    /// Lets go of the lock in one mode. Those who have it for that.
    pub(crate) fn let_go(&mut self, key: LockKey, xid: Xid, mode: LockMode) -> Vec<SessionId> {
        self.change(key, |queue| queue.let_go(xid, mode))
    }

    /// Puts a queue into another order. Those who have the lock for it.
    pub(crate) fn reorder(&mut self, key: LockKey, order: &[SessionId]) -> Vec<SessionId> {
        self.change(key, |queue| queue.reorder(order))
    }

    fn change(&mut self, key: LockKey, change: impl FnOnce(&mut Queue)) -> Vec<SessionId> {
        let Some(queue) = self.queues.get_mut(&key) else { return Vec::new() };
        change(queue);
        let woken = queue.promote();
        if queue.is_idle() {
            self.queues.remove(&key);
        }
        woken
    }

    /// The queue of a lock somebody waits for.
    pub(super) fn queue(&self, key: LockKey) -> Option<&Queue> {
        self.queues.get(&key)
    }
}
