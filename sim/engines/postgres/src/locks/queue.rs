//! One lock of the lock manager: its holders, and the queue of those who wait for it (`lock.c` and `proc.c` of a server).

use super::LockMode;
use crate::session::SessionId;
use crate::storage::Xid;

/// Someone waiting for a lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) session: SessionId,
    pub(crate) xid: Xid,
    pub(crate) mode: LockMode,
}

/// What came of asking for a lock that is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// Held after all: whoever stood in the way waits for the asker itself.
    Granted,
    Waits,
    /// The asker and a waiter hold what the other wants.
    Deadlock,
}

/// Holders and waiters of one lock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    /// One entry for each mode that a transaction holds.
    holders: Vec<(Xid, LockMode)>,
    waiters: Vec<Waiter>,
}

impl Queue {
    pub(crate) fn holds(&self, xid: Xid, mode: LockMode) -> bool {
        self.holders.contains(&(xid, mode))
    }

    /// Whether the mode goes with what everyone else holds.
    fn is_free_for(&self, xid: Xid, mode: LockMode) -> bool {
        self.holders.iter().all(|(holder, held)| *holder == xid || !held.conflicts_with(mode))
    }

    /// Whether the lock can be had at once. Nobody overtakes a waiter he conflicts with.
    pub(crate) fn is_open_to(&self, xid: Xid, mode: LockMode) -> bool {
        !self.waiters.iter().any(|waiter| waiter.mode.conflicts_with(mode)) && self.is_free_for(xid, mode)
    }

    pub(crate) fn grant(&mut self, xid: Xid, mode: LockMode) {
        self.holders.push((xid, mode));
    }

    fn has_conflicting(&self, xid: Xid, mode: LockMode) -> bool {
        self.holders.iter().any(|(holder, held)| *holder == xid && held.conflicts_with(mode))
    }

    /// Joins the queue: at its end, or, if the asker holds what a waiter wants, before that waiter.
    pub(crate) fn join(&mut self, asker: Waiter) -> Joined {
        let must_wait = |waiter: &Waiter| self.has_conflicting(asker.xid, waiter.mode);
        let Some(position) = self.waiters.iter().position(must_wait) else {
            self.waiters.push(asker);
            return Joined::Waits;
        };
        if self.has_conflicting(self.waiters[position].xid, asker.mode) {
            return Joined::Deadlock;
        }
        let is_behind = self.waiters[..position].iter().any(|ahead| ahead.mode.conflicts_with(asker.mode));
        if !is_behind && self.is_free_for(asker.xid, asker.mode) {
            self.grant(asker.xid, asker.mode);
            return Joined::Granted;
        }
        self.waiters.insert(position, asker);
        Joined::Waits
    }

    pub(crate) fn forget_waiter(&mut self, session: SessionId) {
        self.waiters.retain(|waiter| waiter.session != session);
    }

    pub(crate) fn let_go(&mut self, xid: Xid, mode: LockMode) {
        self.holders.retain(|held| *held != (xid, mode));
    }

    /// Serves the queue in its order: whoever conflicts neither with a holder nor with anyone ahead who still waits has
    /// the lock now.
    pub(crate) fn promote(&mut self) -> Vec<SessionId> {
        let mut woken = Vec::new();
        let mut ahead: Vec<Waiter> = Vec::with_capacity(self.waiters.len());
        for waiter in std::mem::take(&mut self.waiters) {
            let is_behind = ahead.iter().any(|earlier| earlier.mode.conflicts_with(waiter.mode));
            if !is_behind && self.is_free_for(waiter.xid, waiter.mode) {
                self.grant(waiter.xid, waiter.mode);
                woken.push(waiter.session);
            } else {
                ahead.push(waiter);
            }
        }
        self.waiters = ahead;
        woken
    }

    pub(crate) fn waiters(&self) -> &[Waiter] {
        &self.waiters
    }

    /// Puts the waiters into this order.
    pub(crate) fn reorder(&mut self, order: &[SessionId]) {
        self.waiters.sort_by_key(|waiter| order.iter().position(|session| *session == waiter.session));
    }

    /// Transactions that hold what a waiter cannot share.
    pub(crate) fn holders_against(&self, waiter: &Waiter) -> Vec<Xid> {
        let against = self.holders.iter().filter(|(xid, held)| *xid != waiter.xid && held.conflicts_with(waiter.mode));
        against.map(|(xid, _)| *xid).collect()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.holders.is_empty() && self.waiters.is_empty()
    }
}
