//! The server's state: what is stored, who is connected, who waits. Passed whole to the statement that runs, so that
//! one statement at a time has it to itself.

use std::collections::{BTreeMap, VecDeque};

use crate::bind::PlanCache;
use crate::catalog::{Catalog, Sequence, Table};
use crate::change_feed::CommitRecord;
use crate::config::Config;
use crate::error::{Fallible, PgError};
use crate::locks::{LockTable, RowLocks};
use crate::session::{Session, SessionId, Wake};
use crate::storage::{RowId, Snapshot, TableId, TableStore, Xid};
use crate::timers::Timers;
use crate::transaction::{Transaction, Watched};

/// All state of a server.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) config: Config,
    pub(crate) catalog: Catalog,
    /// Changes with every change of the catalog: plans made before are stale.
    pub(crate) catalog_version: u64,
    /// Rows by table id.
    pub(crate) stores: Vec<TableStore>,
    pub(crate) sequences: Vec<Sequence>,
    pub(crate) locks: LockTable,
    pub(crate) row_locks: RowLocks,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    /// Which session an open transaction belongs to.
    pub(crate) owners: BTreeMap<Xid, SessionId>,
    /// Sessions that wait for a transaction to end, or for what it does under a savepoint.
    pub(crate) watchers: BTreeMap<(Xid, u64), Vec<SessionId>>,
    /// The transaction that is changing the schema: all others wait for it.
    pub(crate) schema_owner: Option<Xid>,
    pub(crate) next_xid: u64,
    /// Savepoints made so far; each names a subtransaction.
    pub(crate) levels: u64,
    /// Transactions and subtransactions that have written so far.
    pub(crate) writers: u64,
    pub(crate) last_csn: u64,
    /// CSNs of snapshots that must stay readable, with how often each is held.
    pub(crate) snapshots: BTreeMap<u64, u32>,
    /// Rows with dead versions, and the commit that killed them.
    pub(crate) dead: VecDeque<(u64, TableId, RowId)>,
    pub(crate) commits: Vec<CommitRecord>,
    /// Waits begun so far.
    pub(crate) waits: u64,
    /// Sessions whose wait has ended, in the order it did.
    pub(crate) ready: VecDeque<SessionId>,
    pub(crate) timers: Timers,
    pub(crate) plans: PlanCache,
    /// Serializable transactions, open and lately committed.
    pub(crate) watched: Vec<Watched>,
    pub(crate) now_us: i64,
}

impl Database {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            catalog: Catalog::default(),
            catalog_version: 0,
            stores: Vec::new(),
            sequences: Vec::new(),
            locks: LockTable::default(),
            row_locks: RowLocks::default(),
            sessions: BTreeMap::new(),
            owners: BTreeMap::new(),
            watchers: BTreeMap::new(),
            schema_owner: None,
            next_xid: 1,
            levels: 0,
            writers: 0,
            last_csn: 1,
            snapshots: BTreeMap::new(),
            dead: VecDeque::new(),
            commits: Vec::new(),
            waits: 0,
            ready: VecDeque::new(),
            timers: Timers::default(),
            plans: PlanCache::default(),
            watched: Vec::new(),
            now_us: i64::MIN,
        }
    }

    pub(crate) fn session(&self, id: SessionId) -> &Session {
        self.sessions.get(&id).expect("the session is connected")
    }

    pub(crate) fn session_mut(&mut self, id: SessionId) -> &mut Session {
        self.sessions.get_mut(&id).expect("the session is connected")
    }

    pub(crate) fn store(&self, table: &Table) -> &TableStore {
        &self.stores[table.id.index()]
    }

    /// What has been committed up to now, seen by `xid`'s command.
    pub(crate) fn snapshot_now(&self, xid: Xid, command: u32) -> Snapshot {
        Snapshot { csn: self.last_csn, xid, command }
    }

    pub(crate) fn hold_snapshot(&mut self, csn: u64) {
        *self.snapshots.entry(csn).or_insert(0) += 1;
    }

    pub(crate) fn drop_snapshot(&mut self, csn: u64) {
        if let Some(count) = self.snapshots.get_mut(&csn) {
            *count -= 1;
            if *count == 0 {
                self.snapshots.remove(&csn);
            }
        }
    }

    /// Everything that ended at or before this commit is invisible to all.
    pub(crate) fn horizon(&self) -> u64 {
        self.snapshots.first_key_value().map_or(self.last_csn, |(csn, _)| *csn)
    }

    /// Whether a transaction, or what it does under a savepoint, is neither committed nor taken back.
    pub(crate) fn is_in_progress(&self, xid: Xid, level: u64) -> bool {
        self.transaction(xid).is_some_and(|open| open.is_in_progress(level))
    }

    /// Whether what was done under a savepoint counts as its transaction's own by now.
    pub(crate) fn is_released(&self, xid: Xid, level: u64) -> bool {
        self.transaction(xid).is_some_and(|open| open.released.contains_key(&level) && open.is_in_progress(level))
    }

    fn transaction(&self, xid: Xid) -> Option<&Transaction> {
        self.owners.get(&xid).and_then(|session| self.session(*session).transaction.as_ref())
    }

    /// The subtransaction of an open transaction that was first to change a row.
    pub(crate) fn level_of_change(&self, xid: Xid, table: TableId, row: RowId) -> u64 {
        self.transaction(xid).map_or(0, |open| open.level_of_change(table, row))
    }

    /// The subtransaction that runs, and its place among all that have written; it has now.
    pub(crate) fn write_order(&mut self, session: SessionId) -> (u64, u64) {
        let mut writers = self.writers;
        let open = self.session_mut(session).open();
        let mut next = || {
            writers += 1;
            writers
        };
        let mut order = *open.order.get_or_insert_with(&mut next);
        for point in &mut open.savepoints {
            order = *point.order.get_or_insert_with(&mut next);
        }
        let level = open.level();
        self.writers = writers;
        (level, order)
    }

    /// Wakes those who hold by now what they waited for.
    pub(crate) fn wake_holders(&mut self, woken: Vec<SessionId>) {
        for session in woken {
            self.end_wait(session, Wake::Ready);
        }
    }

    /// Wakes those who wait for a transaction to decide, or for what it did under a savepoint.
    pub(crate) fn wake_watchers(&mut self, xid: Xid, level: u64) {
        for session in self.watchers.remove(&(xid, level)).unwrap_or_default() {
            self.end_wait(session, Wake::Ready);
        }
    }

    /// Puts those woken since the queue of the ready had this length into the order in which they began to wait. A server
    /// lets all of them run at once; here that is the order in which they do.
    pub(crate) fn order_woken(&mut self, from: usize) {
        let mut woken = self.ready.split_off(from.min(self.ready.len()));
        woken.make_contiguous().sort_by_key(|session| self.session(*session).waited_since);
        self.ready.append(&mut woken);
    }

    /// 25006 when the transaction is read-only.
    pub(crate) fn require_writable(&self, xid: Xid) -> Fallible<()> {
        if self.transaction(xid).is_some_and(|open| open.read_only) {
            return Err(PgError::new("25006", "cannot execute a write in a read-only transaction"));
        }
        Ok(())
    }

    /// `nextval` by name.
    pub(crate) fn nextval(&self, name: &str) -> Fallible<i64> {
        let position = self.catalog.sequence(crate::bind::unqualified(name))?;
        self.sequences[position].next()
    }

    /// `nextval` of a column's own sequence.
    pub(crate) fn nextval_at(&self, position: i64) -> Fallible<i64> {
        let sequence = usize::try_from(position).ok().and_then(|position| self.sequences.get(position));
        sequence.ok_or_else(|| PgError::new("42P01", "sequence does not exist"))?.next()
    }

    pub(crate) fn setval(&self, name: &str, value: i64, called: bool) -> Fallible<()> {
        let position = self.catalog.sequence(crate::bind::unqualified(name))?;
        self.sequences[position].set(value, called);
        Ok(())
    }
}
