//! All locks in use. A lock nobody holds or waits for has no entry.

use std::collections::BTreeMap;

use super::LockMode;
use super::queue::{Promotion, Queue, Waiter};
use crate::session::SessionId;
use crate::storage::{RowId, TableId, Xid};

/// What can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockKey {
    Row(TableId, RowId),
    /// `pg_advisory_xact_lock`
    Advisory(i64),
}

/// Answer to a request for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Held now; what was held before, to go back to at ROLLBACK TO.
    Granted { previous: Option<LockMode> },
    /// Held already, as strong or stronger.
    Held,
    /// Somebody stands in the way.
    Busy,
}

/// Every lock that is held or waited for.
#[derive(Debug, Default)]
pub(crate) struct LockTable {
    queues: BTreeMap<LockKey, Queue>,
}

impl LockTable {
    /// Takes the lock if no holder is in the way. Never queues.
    pub(crate) fn request(&mut self, key: LockKey, xid: Xid, mode: LockMode) -> Request {
        let queue = self.queues.entry(key).or_default();
        let previous = queue.held_by(xid);
        if previous.is_some_and(|held| held >= mode) {
            return Request::Held;
        }
        if !queue.is_free_for(xid, mode) {
            return Request::Busy;
        }
        queue.grant(xid, mode);
        Request::Granted { previous }
    }

    /// What `xid` holds on `key`.
    pub(crate) fn held_by(&self, key: LockKey, xid: Xid) -> Option<LockMode> {
        self.queues.get(&key).and_then(|queue| queue.held_by(xid))
    }

    /// Joins the end of the queue.
    pub(crate) fn enqueue(&mut self, key: LockKey, session: SessionId, xid: Xid, mode: LockMode) {
        self.queues.entry(key).or_default().enqueue(Waiter { session, xid, mode, woken: false });
    }

    /// Leaves the queue, after a timeout or a cancel: those behind may be served.
    pub(crate) fn leave_queue(&mut self, key: LockKey, session: SessionId) -> Promotion {
        self.change(key, |queue| queue.forget_waiter(session))
    }

    /// Goes back to what `xid` held before.
    pub(crate) fn restore(&mut self, key: LockKey, xid: Xid, previous: Option<LockMode>) -> Promotion {
        self.change(key, |queue| queue.restore(xid, previous))
    }

    /// A waiter that was woken for a row's lock looks whether it gets it; `None` when it has to wait on.
    pub(crate) fn take_turn(&mut self, key: LockKey, session: SessionId) -> Option<Promotion> {
        let mut taken = false;
        let promotion = self.change(key, |queue| taken = queue.take_turn(session));
        taken.then_some(promotion)
    }

    fn change(&mut self, key: LockKey, change: impl FnOnce(&mut Queue)) -> Promotion {
        let Some(queue) = self.queues.get_mut(&key) else { return Promotion::default() };
        let old_head = queue.head();
        change(queue);
        // A row's lock is no entry in a server's lock table: its waiters sleep on its holder, and look again when that has
        // ended. An advisory lock is one, and is handed over.
        let at_once = matches!(key, LockKey::Advisory(_));
        let woken = queue.promote(at_once);
        let head = queue.head().filter(|head| old_head != Some(*head) && !woken.contains(head));
        let promotion = Promotion { woken, restarted: head.into_iter().collect() };
        if queue.is_idle() {
            self.queues.remove(&key);
        }
        promotion
    }

    /// Transactions a waiting session cannot pass.
    pub(crate) fn blockers(&self, key: LockKey, session: SessionId) -> Vec<Xid> {
        self.queues.get(&key).map(|queue| queue.blockers(session)).unwrap_or_default()
    }

    /// Whether anyone holds or waits for the lock.
    pub(crate) fn is_in_use(&self, key: LockKey) -> bool {
        self.queues.contains_key(&key)
    }
}
