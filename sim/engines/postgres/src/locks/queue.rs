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
    /// Has been told to look again, and has not yet run.
    pub(crate) woken: bool,
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
    /// Hold the lock now, or may look whether they get it.
    pub(crate) woken: Vec<SessionId>,
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

    /// Who is first in the queue.
    pub(crate) fn head(&self) -> Option<SessionId> {
        self.waiters.first().map(|waiter| waiter.session)
    }

    /// Serves the queue first come, first served: a waiter's turn has come when it conflicts neither with a holder nor with
    /// anyone who came before it and still waits. If `at_once` it is given the lock; else it is woken, keeps its place, and
    /// takes the lock when it runs, unless somebody else who was woken ran first.
    pub(crate) fn promote(&mut self, at_once: bool) -> Vec<SessionId> {
        let mut woken = Vec::new();
        let mut position = 0;
        while position < self.waiters.len() {
            let waiter = self.waiters[position];
            let behind = self.waiters[..position].iter().any(|earlier| earlier.mode.conflicts_with(waiter.mode));
            let has_turn = !waiter.woken && !behind && self.is_free_for(waiter.xid, waiter.mode);
            if has_turn {
                woken.push(waiter.session);
            }
            if has_turn && at_once {
                self.waiters.remove(position);
                self.grant(waiter.xid, waiter.mode);
            } else {
                self.waiters[position].woken |= has_turn;
                position += 1;
            }
        }
        woken
    }

    /// A woken waiter runs: it takes the lock if that is still free, else it waits on at its place.
    pub(crate) fn take_turn(&mut self, session: SessionId) -> bool {
        let Some(position) = self.waiters.iter().position(|waiter| waiter.session == session) else { return false };
        let waiter = self.waiters[position];
        let free = self.is_free_for(waiter.xid, waiter.mode);
        if free {
            self.waiters.remove(position);
            self.grant(waiter.xid, waiter.mode);
        } else {
            self.waiters[position].woken = false;
        }
        free
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
