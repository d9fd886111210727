//! Waiting: in a lock's queue, for a transaction to decide, for the schema to be free.

use super::Run;
use crate::engine::take_wake;
use crate::error::{Fallible, PgError};
use crate::locks::{Joined, LockKey, LockMode, Request};
use crate::plan::WaitPolicy;
use crate::session::Target;
use crate::storage::Xid;
use crate::transaction::Held;

impl Run {
    async fn wait(&mut self, target: Target) -> Fallible<()> {
        let (session, csn) = (self.session, self.snapshot.csn);
        self.db.start_wait(session, target, csn);
        self.db.suspend().await;
        take_wake(&mut self.db, session)
    }

    /// Waits until a subtransaction ends, or the transaction (`level` 0). One that ends as a part of its transaction is
    /// waited for as a whole from then on.
    pub(super) async fn wait_for_transaction(&mut self, xid: Xid, level: u64) -> Fallible<()> {
        if self.db.is_in_progress(xid, level) && !self.db.is_released(xid, level) {
            self.wait(Target::Transaction(xid, level)).await?;
        }
        if self.db.is_released(xid, level) {
            self.wait(Target::Transaction(xid, 0)).await?;
        }
        Ok(())
    }

    pub(super) fn xid(&self) -> Xid {
        self.snapshot.xid
    }

    /// Takes a lock of the lock manager. `None` when it is taken and the policy is not to wait; else whether it was not
    /// held before.
    pub(super) async fn acquire(&mut self, key: LockKey, mode: LockMode, policy: WaitPolicy) -> Fallible<Option<bool>> {
        let (xid, session) = (self.xid(), self.session);
        match self.db.locks.request(key, xid, mode) {
            Request::Held => return Ok(Some(false)),
            Request::Granted => return Ok(Some(true)),
            Request::Busy => {}
        }
        if policy != WaitPolicy::Wait {
            return Ok(None);
        }
        match self.db.locks.join(key, session, xid, mode) {
            Joined::Granted => {}
            Joined::Deadlock => return Err(PgError::new("40P01", "deadlock detected")),
            Joined::Waits => self.wait(Target::Lock(key)).await?,
        }
        Ok(Some(true))
    }

    /// Takes an advisory lock until the transaction ends; whether it was got.
    pub(super) async fn acquire_advisory(&mut self, key: i64, mode: LockMode, policy: WaitPolicy) -> Fallible<bool> {
        let got = self.acquire(LockKey::Advisory(key), mode, policy).await?;
        if got == Some(true) {
            let session = self.session;
            self.db.session_mut(session).open().locks.push(Held::Advisory(key, mode));
        }
        Ok(got.is_some())
    }

    /// Waits until no other transaction is open that has done anything, then keeps others out until this one ends.
    pub(super) async fn own_the_schema(&mut self) -> Fallible<()> {
        let me = self.db.session_mut(self.session).open().xid;
        loop {
            let other = self.db.sessions.values().find_map(|session| {
                let open = session.transaction.as_ref()?;
                let active = open.xid != me && open.command > 0 && !open.failed;
                active.then_some(open.xid)
            });
            match other {
                Some(xid) => self.wait_for_transaction(xid, 0).await?,
                None => break,
            }
        }
        self.db.schema_owner = Some(me);
        Ok(())
    }
}
