//! Deadlock detection: a search of who waits for whom, started by the waiter whose deadlock timer went off.
//!
//! A waiter waits for holders, and for those ahead of it in a queue. A cycle through the second kind can be broken without
//! a victim, by letting somebody pass: the queues are put into the first order that leaves no cycle (`deadlock.c` of a
//! server, whose order of trying this follows).

use std::collections::{BTreeMap, BTreeSet};

use super::LockKey;
use crate::database::Database;
use crate::session::{SessionId, Target};

/// `waiter` waits only because `blocker` is ahead of it in this queue.
#[derive(Clone, Copy, Debug)]
struct SoftEdge {
    waiter: SessionId,
    blocker: SessionId,
    key: LockKey,
}

/// Queues in another order than they are in.
type Orders = BTreeMap<LockKey, Vec<SessionId>>;

impl Database {
    /// Looks for a deadlock around a session. Whether there is one that only a victim breaks; one that letting somebody
    /// pass breaks is broken.
    pub(crate) fn is_deadlocked(&mut self, session: SessionId) -> bool {
        let Some(orders) = self.solve(session, &mut Vec::new()) else { return true };
        for (key, order) in orders {
            let woken = self.locks.reorder(key, &order);
            self.wake_holders(woken);
        }
        false
    }

    /// Orders of the queues that leave no cycle, with `passes` turned around.
    fn solve(&self, session: SessionId, passes: &mut Vec<SoftEdge>) -> Option<Orders> {
        let orders = self.orders(passes)?;
        let mut soft = Vec::new();
        let ends = passes.iter().flat_map(|edge| [edge.waiter, edge.blocker]).chain([session]);
        for start in ends {
            if let Some(edges) = self.cycle(start, start, &orders, &mut BTreeSet::new()) {
                if edges.is_empty() {
                    return None;
                }
                soft = edges;
            }
        }
        if soft.is_empty() {
            return Some(orders);
        }
        for edge in soft {
            passes.push(edge);
            if let Some(orders) = self.solve(session, passes) {
                return Some(orders);
            }
            passes.pop();
        }
        None
    }

    /// The queues as they are, but for who must pass whom; `None` when that cannot be.
    fn orders(&self, passes: &[SoftEdge]) -> Option<Orders> {
        let keys: BTreeSet<LockKey> = passes.iter().map(|edge| edge.key).collect();
        keys.into_iter()
            .map(|key| {
                let mut left: Vec<SessionId> = self.queue_of(key);
                let mut order = Vec::with_capacity(left.len());
                // From the end: the last who need not come before anyone that is left.
                while !left.is_empty() {
                    let must_precede = |session: &SessionId| {
                        passes.iter().any(|e| e.key == key && e.waiter == *session && left.contains(&e.blocker))
                    };
                    let last = left.iter().rposition(|session| !must_precede(session))?;
                    order.push(left.remove(last));
                }
                order.reverse();
                Some((key, order))
            })
            .collect()
    }

    fn queue_of(&self, key: LockKey) -> Vec<SessionId> {
        let waiters = self.locks.queue(key).map(super::queue::Queue::waiters).unwrap_or_default();
        waiters.iter().map(|waiter| waiter.session).collect()
    }

    /// A way from `at` back to `start`, as the soft edges on it; `None` when there is none.
    fn cycle(
        &self,
        start: SessionId,
        at: SessionId,
        orders: &Orders,
        seen: &mut BTreeSet<SessionId>,
    ) -> Option<Vec<SoftEdge>> {
        if !seen.insert(at) {
            return (at == start).then(Vec::new);
        }
        let (holders, ahead) = self.blockers(at, orders);
        for holder in holders {
            if let Some(edges) = self.cycle(start, holder, orders, seen) {
                return Some(edges);
            }
        }
        for edge in ahead {
            if let Some(mut edges) = self.cycle(start, edge.blocker, orders, seen) {
                edges.push(edge);
                return Some(edges);
            }
        }
        None
    }

    /// Whom a session waits for: those who hold what it wants, and those ahead of it.
    fn blockers(&self, session: SessionId, orders: &Orders) -> (Vec<SessionId>, Vec<SoftEdge>) {
        let owners = |xids: Vec<_>| xids.iter().filter_map(|xid| self.owners.get(xid)).copied().collect();
        let key = match self.session(session).wait.map(|wait| wait.target) {
            None => return (Vec::new(), Vec::new()),
            Some(Target::Transaction(xid, _)) => return (owners(vec![xid]), Vec::new()),
            Some(Target::Lock(key)) => key,
        };
        let Some(queue) = self.locks.queue(key) else { return (Vec::new(), Vec::new()) };
        let find = |session: SessionId| queue.waiters().iter().find(|waiter| waiter.session == session);
        let Some(waiter) = find(session) else { return (Vec::new(), Vec::new()) };
        let order = orders.get(&key).cloned().unwrap_or_else(|| self.queue_of(key));
        let ahead = order.into_iter().take_while(|other| *other != session).filter_map(find);
        let conflicting = ahead.filter(|other| other.mode.conflicts_with(waiter.mode));
        let soft = conflicting.map(|other| SoftEdge { waiter: session, blocker: other.session, key }).collect();
        (owners(queue.holders_against(waiter)), soft)
    }
}
