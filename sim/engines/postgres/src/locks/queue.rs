//! One lock: its holders, and the queue of those who wait for it.

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

/// Holders and waiters of one lock.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    holders: Vec<(Xid, LockMode)>,
    waiters: Vec<Waiter>,
}

/// Who changed state when a lock was let go.
#[derive(Debug, Default)]
pub(crate) struct Promotion {
    /// Now hold the lock.
    pub(crate) granted: Vec<SessionId>,
    /// Came to the head of the queue: a server's waiter would now sleep on the new holder, with fresh timers.
    pub(crate) restarted: Vec<SessionId>,
}

impl Queue {
    pub(crate) fn held_by(&self, xid: Xid) -> Option<LockMode> {
        self.holders.iter().find(|(holder, _)| *holder == xid).map(|(_, mode)| *mode)
    }

    /// Whether the mode goes with everyone else's. Waiters are not asked: a compatible newcomer overtakes them.
    pub(crate) fn is_free_for(&self, xid: Xid, mode: LockMode) -> bool {
        self.holders.iter().all(|(holder, held)| *holder == xid || !held.conflicts_with(mode))
    }

    pub(crate) fn grant(&mut self, xid: Xid, mode: LockMode) {
        match self.holders.iter_mut().find(|(holder, _)| *holder == xid) {
            Some((_, held)) => *held = (*held).max(mode),
            None => self.holders.push((xid, mode)),
        }
    }

    pub(crate) fn enqueue(&mut self, waiter: Waiter) {
        self.waiters.push(waiter);
    }

    pub(crate) fn forget_waiter(&mut self, session: SessionId) {
        self.waiters.retain(|waiter| waiter.session != session);
    }

    /// Sets what `xid` holds back to `previous`.
    pub(crate) fn restore(&mut self, xid: Xid, previous: Option<LockMode>) {
        match previous {
            None => self.holders.retain(|(holder, _)| *holder != xid),
            Some(mode) => {
                if let Some((_, held)) = self.holders.iter_mut().find(|(holder, _)| *holder == xid) {
                    *held = mode;
                }
            }
        }
    }

    /// Serves the queue first come, first served: a waiter is granted when it conflicts neither with a holder nor with
    /// anyone who came before it and still waits.
    pub(crate) fn promote(&mut self) -> Promotion {
        let mut promotion = Promotion::default();
        let old_head = self.waiters.first().map(|waiter| waiter.session);
        let mut position = 0;
        while position < self.waiters.len() {
            let waiter = self.waiters[position];
            let behind = self.waiters[..position].iter().any(|earlier| earlier.mode.conflicts_with(waiter.mode));
            if !behind && self.is_free_for(waiter.xid, waiter.mode) {
                self.waiters.remove(position);
                self.grant(waiter.xid, waiter.mode);
                promotion.granted.push(waiter.session);
            } else {
                position += 1;
            }
        }
        if let Some(head) = self.waiters.first().map(|waiter| waiter.session)
            && old_head != Some(head)
        {
            promotion.restarted.push(head);
        }
        promotion
    }

    /// Transactions a waiter cannot pass: conflicting holders, and conflicting waiters ahead of it.
    pub(crate) fn blockers(&self, session: SessionId) -> Vec<Xid> {
        let Some(position) = self.waiters.iter().position(|waiter| waiter.session == session) else {
            return Vec::new();
        };
        let waiter = self.waiters[position];
        let holders = self.holders.iter().filter(|(xid, held)| *xid != waiter.xid && held.conflicts_with(waiter.mode));
        let ahead = self.waiters[..position].iter().filter(|earlier| earlier.mode.conflicts_with(waiter.mode));
        holders.map(|(xid, _)| *xid).chain(ahead.map(|earlier| earlier.xid)).collect()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.holders.is_empty() && self.waiters.is_empty()
    }
}
