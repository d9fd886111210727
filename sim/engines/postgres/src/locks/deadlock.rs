//! Deadlock detection: a search of who waits for whom, started by the waiter whose deadlock timer went off.

use std::collections::BTreeSet;

use crate::database::Database;
use crate::session::{SessionId, Target};
use crate::storage::Xid;

impl Database {
    /// Whether the session waits, directly or through others, for itself.
    pub(crate) fn is_deadlocked(&self, session: SessionId) -> bool {
        let Some(me) = self.session(session).transaction.as_ref().map(|open| open.xid) else { return false };
        let mut seen = BTreeSet::new();
        let mut pending = self.blockers_of(session);
        while let Some(xid) = pending.pop() {
            if xid == me {
                return true;
            }
            if seen.insert(xid)
                && let Some(next) = self.owners.get(&xid)
            {
                pending.extend(self.blockers_of(*next));
            }
        }
        false
    }

    fn blockers_of(&self, session: SessionId) -> Vec<Xid> {
        match self.session(session).wait.map(|wait| wait.target) {
            Some(Target::Lock(key)) => self.locks.blockers(key, session),
            Some(Target::Transaction(xid)) => vec![xid],
            None => Vec::new(),
        }
    }
}
