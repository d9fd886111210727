//! Waiting: for a row's lock, for a transaction to decide, for the schema to be free.

use super::Run;
use crate::engine::take_wake;
use crate::error::{Fallible, PgError, serialization};
use crate::locks::{LockKey, LockMode, Request};
use crate::plan::WaitPolicy;
use crate::session::Target;
use crate::storage::{RowId, TableId, Xid};
use crate::transaction::Isolation;
use crate::value::Row;

/// What a locked row turned out to be.
#[derive(Debug)]
pub(super) enum Locked {
    /// The version that was seen is still the newest.
    Unchanged,
    /// Somebody committed a newer version.
    Updated(Row),
    /// Deleted, or changed already by this very command.
    Gone,
    /// Taken, and the policy was not to wait.
    Skipped,
}

impl Run {
    async fn wait(&mut self, target: Target) -> Fallible<()> {
        let (session, csn) = (self.session, self.snapshot.csn);
        self.db.start_wait(session, target, csn);
        self.db.suspend().await;
        take_wake(&mut self.db, session)
    }

    /// Waits until a transaction ends or goes back to a savepoint.
    pub(super) async fn wait_for_transaction(&mut self, xid: Xid) -> Fallible<()> {
        self.wait(Target::Transaction(xid)).await
    }

    fn xid(&self) -> Xid {
        self.snapshot.xid
    }

    /// Takes a lock. `false` when it is taken and the policy is to skip.
    pub(super) async fn acquire(&mut self, key: LockKey, mode: LockMode, policy: WaitPolicy) -> Fallible<bool> {
        let (xid, session) = (self.xid(), self.session);
        match self.db.locks.request(key, xid, mode) {
            Request::Held => {}
            Request::Granted { previous } => self.db.session_mut(session).open().locks.push((key, previous)),
            Request::Busy => match policy {
                WaitPolicy::SkipLocked => return Ok(false),
                WaitPolicy::NoWait => return Err(not_available(self, key)),
                WaitPolicy::Wait => {
                    let previous = self.db.locks.held_by(key, xid);
                    self.db.locks.enqueue(key, session, xid, mode);
                    self.wait_for_turn(key).await?;
                    self.db.session_mut(session).open().locks.push((key, previous));
                }
            },
        }
        Ok(true)
    }

    /// Waits in a lock's queue until the lock is this session's.
    async fn wait_for_turn(&mut self, key: LockKey) -> Fallible<()> {
        loop {
            self.wait(Target::Lock(key)).await?;
            if let LockKey::Advisory(_) = key {
                return Ok(());
            }
            if let Some(promotion) = self.db.locks.take_turn(key, self.session) {
                self.db.apply_promotion(promotion);
                return Ok(());
            }
        }
    }

    /// Locks a row this statement saw as `seen`, and says what has become of it.
    pub(super) async fn lock_row(
        &mut self,
        table: TableId,
        row: RowId,
        seen: &Row,
        mode: LockMode,
        policy: WaitPolicy,
    ) -> Fallible<Locked> {
        // Above READ COMMITTED a row that has changed since the snapshot is an error whoever holds it now.
        if self.isolation != Isolation::ReadCommitted && matches!(self.current(table, row, seen)?, Locked::Gone) {
            return Ok(Locked::Gone);
        }
        if !self.acquire(LockKey::Row(table, row), mode, policy).await? {
            return Ok(Locked::Skipped);
        }
        self.current(table, row, seen)
    }

    /// What has become of a row since it was seen. Above READ COMMITTED any change is 40001.
    pub(super) fn current(&self, table: TableId, row: RowId, seen: &Row) -> Fallible<Locked> {
        let xid = self.xid();
        let version = self.db.stores[table.index()].heap.get(row).and_then(|chain| chain.current(xid));
        let Some(version) = version else { return self.gone("delete") };
        if version.end.csn().is_some() {
            return self.gone("delete");
        }
        if version.end.xid() == Some(xid) {
            return Ok(Locked::Gone);
        }
        if std::sync::Arc::ptr_eq(&version.row, seen) {
            return Ok(Locked::Unchanged);
        }
        if version.begin.xid() == Some(xid) {
            return Ok(Locked::Gone);
        }
        if self.isolation != Isolation::ReadCommitted {
            return Err(serialization("concurrent update"));
        }
        Ok(Locked::Updated(version.row.clone()))
    }

    fn gone(&self, how: &str) -> Fallible<Locked> {
        if self.isolation == Isolation::ReadCommitted {
            Ok(Locked::Gone)
        } else {
            Err(serialization(&format!("concurrent {how}")))
        }
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
                Some(xid) => self.wait_for_transaction(xid).await?,
                None => break,
            }
        }
        self.db.schema_owner = Some(me);
        Ok(())
    }
}

/// 55P03, naming the table as Postgres does.
fn not_available(run: &Run, key: LockKey) -> Box<PgError> {
    let name = match key {
        LockKey::Row(table, _) => run.db.catalog.table(table).map(|table| table.name.to_string()),
        LockKey::Advisory(_) => None,
    };
    PgError::new("55P03", format!("could not obtain lock on row in relation \"{}\"", name.unwrap_or_default()))
}
