//! Beginning, committing and rolling back.

use super::{Held, Isolation, LogEntry, Savepoint, Transaction};
use crate::change_feed::{ChangeOp, CommitRecord, RowChange};
use crate::database::Database;
use crate::error::{Fallible, PgError};
use crate::locks::LockKey;
use crate::session::SessionId;
use crate::storage::{TableId, Xid};

/// Rows looked at by one round of clean-up beyond those just committed; keeps every statement short.
const VACUUM_BATCH: usize = 64;

impl Database {
    /// Opens a transaction.
    pub(crate) fn begin(&mut self, session: SessionId, isolation: Isolation, explicit: bool) {
        let xid = Xid(self.next_xid);
        self.next_xid += 1;
        self.owners.insert(xid, session);
        let now_us = self.now_us;
        let session = self.session_mut(session);
        session.before = session.settings;
        session.lasting = session.settings;
        session.transaction = Some(Transaction::new(xid, isolation, explicit, now_us));
    }

    /// Makes everything the session's transaction did visible to all who look from now on.
    /// 40001 when a serializable transaction cannot: it is rolled back then.
    pub(crate) fn commit(&mut self, id: SessionId) -> Fallible<()> {
        let xid = self.session(id).transaction.as_ref().map(|open| open.xid);
        if let Some(xid) = xid
            && let Err(error) = self.require_serializable(xid)
        {
            self.rollback(id);
            return Err(error);
        }
        let Some(mut transaction) = self.session_mut(id).transaction.take() else { return Ok(()) };
        let session = self.session_mut(id);
        session.settings = session.lasting;
        if !transaction.log.is_empty() {
            self.last_csn += 1;
            let csn = self.last_csn;
            let log = std::mem::take(&mut transaction.log);
            if self.config.change_feed {
                self.record_commit(csn, &log);
            }
            for entry in log {
                self.commit_entry(entry, transaction.xid, csn);
            }
        }
        self.end_transaction(id, transaction, true);
        Ok(())
    }

    fn commit_entry(&mut self, entry: LogEntry, xid: Xid, csn: u64) {
        let (table, row, kills) = match entry {
            LogEntry::Insert { table, row, .. } => (table, row, false),
            LogEntry::Update { table, row, .. } | LogEntry::Delete { table, row, .. } => (table, row, true),
            LogEntry::Catalog(_) => {
                self.drop_orphaned_stores();
                return;
            }
            LogEntry::Truncate { .. } => return,
        };
        let Some(chain) = self.stores[table.index()].heap.get_mut(row) else { return };
        chain.commit(xid, csn);
        if kills {
            self.dead.push_back((csn, table, row));
        }
    }

    /// Takes back everything.
    pub(crate) fn rollback(&mut self, id: SessionId) {
        let Some(mut transaction) = self.session_mut(id).transaction.take() else { return };
        let session = self.session_mut(id);
        session.settings = session.before;
        session.lasting = session.before;
        self.undo(&mut transaction, 0, 0);
        self.end_transaction(id, transaction, false);
    }

    /// An error inside an open block: what the innermost subtransaction did is gone at once, locks included; the block
    /// stays, refusing everything, until it is ended.
    pub(crate) fn fail(&mut self, id: SessionId) {
        let Some(mut transaction) = self.session_mut(id).transaction.take() else { return };
        let (log, locks) = transaction.savepoints.last().map_or((0, 0), |point| (point.log, point.locks));
        transaction.failed = true;
        self.undo(&mut transaction, log, locks);
        self.release_version_lock(id, transaction.xid);
        self.wake_watchers(transaction.xid, transaction.level());
        self.session_mut(id).transaction = Some(transaction);
    }

    /// SAVEPOINT
    pub(crate) fn savepoint(&mut self, id: SessionId, name: String) {
        let level = self.next_level();
        let open = self.session_mut(id).open();
        let point = Savepoint { name, log: open.log.len(), locks: open.locks.len(), level, order: None };
        open.savepoints.push(point);
    }

    fn next_level(&mut self) -> u64 {
        self.levels += 1;
        self.levels
    }

    /// RELEASE SAVEPOINT: what was done since stays, as part of what is around it.
    pub(crate) fn release_savepoint(&mut self, id: SessionId, name: &str) -> Fallible<()> {
        let open = self.session_mut(id).open();
        let position =
            open.savepoints.iter().rposition(|point| point.name == name).ok_or_else(|| no_savepoint(name))?;
        let released = open.savepoints.split_off(position);
        let (xid, end) = (open.xid, open.log.len());
        open.released_log.push((released[0].log, end));
        let whole = open.level();
        open.released.extend(released.iter().map(|point| (point.level, whole)));
        // Whoever waits for what they did waits for the whole transaction from now on.
        for point in released {
            self.wake_watchers(xid, point.level);
        }
        Ok(())
    }

    /// ROLLBACK TO: what was done since is gone, and its row locks with it. The savepoint stays.
    pub(crate) fn rollback_to(&mut self, id: SessionId, name: &str) -> Fallible<()> {
        let open = self.session_mut(id).open();
        let position =
            open.savepoints.iter().rposition(|point| point.name == name).ok_or_else(|| no_savepoint(name))?;
        open.failed = false;
        let undone: Vec<u64> = open.savepoints[position..].iter().map(|point| point.level).collect();
        open.savepoints.truncate(position + 1);
        let (log, locks) = (open.savepoints[position].log, open.savepoints[position].locks);
        let mut transaction = self.session_mut(id).transaction.take().expect("it was open a line ago");
        self.undo(&mut transaction, log, locks);
        transaction.released_log.retain(|(from, _)| *from < log);
        for level in undone {
            self.wake_watchers(transaction.xid, level);
        }
        // What comes next is another subtransaction.
        let point = &mut transaction.savepoints[position];
        (point.level, point.order) = (self.next_level(), None);
        self.session_mut(id).transaction = Some(transaction);
        Ok(())
    }

    /// Undoes the log down to `log` entries and gives back locks down to `locks`.
    fn undo(&mut self, transaction: &mut Transaction, log: usize, locks: usize) {
        while transaction.log.len() > log {
            let entry = transaction.log.pop().expect("the log is longer than zero");
            self.undo_entry(entry);
        }
        while transaction.locks.len() > locks {
            let held = transaction.locks.pop().expect("the list is longer than zero");
            self.let_go(held, transaction.xid, false);
        }
    }

    /// Lets go of one lock of a transaction that ends or goes back.
    fn let_go(&mut self, held: Held, xid: Xid, committed: bool) {
        match held {
            Held::Row(table, row) => self.row_locks.take_back(table, row, xid, committed),
            Held::Advisory(key, mode) => {
                let woken = self.locks.let_go(LockKey::Advisory(key), xid, mode);
                self.wake_holders(woken);
            }
        }
    }

    /// Lets the next of those that wait for a row's version have its turn.
    pub(crate) fn release_version_lock(&mut self, id: SessionId, xid: Xid) {
        if let Some((key, mode)) = self.session_mut(id).version_lock.take() {
            let woken = self.locks.let_go(key, xid, mode);
            self.wake_holders(woken);
        }
    }

    fn undo_entry(&mut self, entry: LogEntry) {
        match entry {
            LogEntry::Insert { table, row, .. } => {
                if let Some(definition) = self.catalog.table(table).cloned() {
                    self.stores[table.index()].undo_insert(&definition, row);
                }
            }
            LogEntry::Update { table, row, .. } => {
                if let Some(definition) = self.catalog.table(table).cloned() {
                    self.stores[table.index()].undo_update(&definition, row);
                }
            }
            LogEntry::Delete { table, row, .. } => self.stores[table.index()].undo_delete(row),
            LogEntry::Catalog(catalog) => {
                self.catalog = *catalog;
                self.catalog_version += 1;
                self.stores.truncate(self.catalog.next_table_id().index());
            }
            LogEntry::Truncate { table, rows } => self.stores[table.index()] = *rows,
        }
    }

    /// Lets go of everything a finished transaction held.
    fn end_transaction(&mut self, id: SessionId, transaction: Transaction, committed: bool) {
        self.unwatch(transaction.xid, committed);
        self.owners.remove(&transaction.xid);
        if self.schema_owner == Some(transaction.xid) {
            self.schema_owner = None;
        }
        if let Some(csn) = transaction.snapshot {
            self.drop_snapshot(csn);
        }
        self.release_version_lock(id, transaction.xid);
        for held in transaction.locks {
            self.let_go(held, transaction.xid, committed);
        }
        for point in &transaction.savepoints {
            self.wake_watchers(transaction.xid, point.level);
        }
        self.wake_watchers(transaction.xid, 0);
        self.vacuum();
    }

    /// Drops versions nobody can see, oldest commits first.
    pub(crate) fn vacuum(&mut self) {
        let horizon = self.horizon();
        let mut left = VACUUM_BATCH;
        while let Some((csn, table, row)) = self.dead.front().copied() {
            if csn > horizon || left == 0 {
                break;
            }
            left -= 1;
            self.dead.pop_front();
            let Some(definition) = self.catalog.table(table).cloned() else { continue };
            // A slot somebody still locks must not be given to another row.
            let pinned = self.row_locks.is_in_use(table, row);
            self.stores[table.index()].prune(&definition, row, horizon, pinned);
            if pinned {
                self.dead.push_back((self.last_csn.max(csn) + 1, table, row));
            }
        }
    }

    /// A dropped table's rows go when the drop commits.
    fn drop_orphaned_stores(&mut self) {
        for (position, store) in self.stores.iter_mut().enumerate() {
            let id = TableId(u32::try_from(position).expect("table ids are 32 bits"));
            if self.catalog.table(id).is_none() {
                *store = crate::storage::TableStore::default();
            }
        }
    }

    fn record_commit(&mut self, sequence: u64, log: &[LogEntry]) {
        let mut changes = Vec::with_capacity(log.len());
        for entry in log {
            let (table, op, old, new) = match entry {
                LogEntry::Insert { table, new, .. } => (table, ChangeOp::Insert, None, Some(new.clone())),
                LogEntry::Update { table, old, new, .. } => {
                    (table, ChangeOp::Update, Some(old.clone()), Some(new.clone()))
                }
                LogEntry::Delete { table, old, .. } => (table, ChangeOp::Delete, Some(old.clone()), None),
                LogEntry::Catalog(_) | LogEntry::Truncate { .. } => continue,
            };
            let Some(table) = self.catalog.table(*table) else { continue };
            changes.push(RowChange { table: table.name.clone(), op, old, new, columns: table.column_names.clone() });
        }
        if !changes.is_empty() {
            self.commits.push(CommitRecord { sequence, committed_at_us: self.now_us, changes });
        }
    }

    /// Notes a change of a row, to be undone or committed later.
    pub(crate) fn log(&mut self, session: SessionId, entry: LogEntry) {
        self.session_mut(session).open().log.push(entry);
    }
}

fn no_savepoint(name: &str) -> Box<PgError> {
    PgError::new("3B001", format!("savepoint \"{name}\" does not exist"))
}
