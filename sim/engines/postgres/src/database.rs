//! The server's state: what is stored, who is connected, who waits. Passed whole to the statement that runs, so that
//! one statement at a time has it to itself.

use std::collections::{BTreeMap, VecDeque};

use crate::bind::PlanCache;
use crate::catalog::{Catalog, Sequence, Table};
use crate::change_feed::CommitRecord;
use crate::config::Config;
use crate::error::{Fallible, PgError};
use crate::locks::{LockTable, Promotion};
use crate::session::{Session, SessionId, Wake};
use crate::storage::{RowId, Snapshot, TableId, TableStore, Xid};
use crate::timers::Timers;
use crate::transaction::Watched;

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

    /// Wakes those a freed lock was given to.
    pub(crate) fn apply_promotion(&mut self, promotion: Promotion) {
        for session in promotion.granted {
            self.end_wait(session, Wake::Ready);
        }
        for session in promotion.restarted {
            self.restart_wait(session);
        }
    }

    /// Wakes those who wait for a transaction to decide.
    pub(crate) fn wake_watchers(&mut self, xid: Xid) {
        for session in self.watchers.remove(&xid).unwrap_or_default() {
            self.end_wait(session, Wake::Ready);
        }
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
