//! The server's state: what is stored, who is connected, who waits. Passed whole to the statement that runs, so that
//! one statement at a time has it to itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::bind::PlanCache;
use crate::catalog::{Catalog, Sequence, Table};
use crate::change_feed::CommitRecord;
use crate::config::Config;
use crate::error::{Fallible, PgError, serialization};
use crate::locks::{LockKey, LockTable, Promotion};
use crate::session::{Session, SessionId, Target, Wake};
use crate::storage::{RowId, Snapshot, TableId, TableStore, Xid};
use crate::timers::Timers;
use crate::transaction::{Isolation, Watched};

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
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    /// Which session an open transaction belongs to.
    pub(crate) owners: BTreeMap<Xid, SessionId>,
    /// Sessions that wait for a transaction to end.
    pub(crate) watchers: BTreeMap<Xid, Vec<SessionId>>,
    /// The transaction that is changing the schema: all others wait for it.
    pub(crate) schema_owner: Option<Xid>,
    pub(crate) next_xid: u64,
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
            sessions: BTreeMap::new(),
            owners: BTreeMap::new(),
            watchers: BTreeMap::new(),
            schema_owner: None,
            next_xid: 1,
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

    /// Wakes those whose turn at a lock has come.
    pub(crate) fn apply_promotion(&mut self, promotion: Promotion) {
        for session in promotion.woken {
            self.end_wait(session, Wake::Ready);
        }
        for session in promotion.restarted {
            if self.sees_an_old_version(session) {
                self.break_wait(session, serialization("concurrent update"));
            } else {
                self.restart_wait(session);
            }
        }
    }

    /// Whether a session waits above READ COMMITTED for a row that has changed since its snapshot. On a server, whoever
    /// comes to the head of a row's queue looks at the row again before it sleeps on.
    fn sees_an_old_version(&self, session: SessionId) -> bool {
        let session = self.session(session);
        let (Some(open), Some(wait)) = (&session.transaction, session.wait) else { return false };
        let (Some(csn), Target::Lock(LockKey::Row(table, row))) = (open.snapshot, wait.target) else { return false };
        if open.isolation == Isolation::ReadCommitted || session.locks_chain {
            return false;
        }
        let Some(chain) = self.stores[table.index()].heap.get(row) else { return true };
        let snapshot = Snapshot { csn, xid: open.xid, command: open.command };
        match (chain.visible(snapshot), chain.current(open.xid)) {
            (Some(seen), Some(current)) => !Arc::ptr_eq(&seen.row, &current.row) || current.end.csn().is_some(),
            _ => true,
        }
    }

    /// Wakes those who wait for a transaction to decide.
    pub(crate) fn wake_watchers(&mut self, xid: Xid) {
        for session in self.watchers.remove(&xid).unwrap_or_default() {
            self.end_wait(session, Wake::Ready);
        }
    }

    /// Puts those woken since the queue of the ready had this length into the order in which they began to wait: on a
    /// server they all slept on the same transaction.
    pub(crate) fn order_woken(&mut self, from: usize) {
        let mut woken = self.ready.split_off(from.min(self.ready.len()));
        woken.make_contiguous().sort_by_key(|session| self.session(*session).waited_since);
        self.ready.append(&mut woken);
    }

    /// 25006 when the transaction is read-only.
    pub(crate) fn require_writable(&self, xid: Xid) -> Fallible<()> {
        let transaction = self.owners.get(&xid).and_then(|session| self.session(*session).transaction.as_ref());
        if transaction.is_some_and(|open| open.read_only) {
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
