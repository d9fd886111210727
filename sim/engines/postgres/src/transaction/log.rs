//! The state of an open transaction.

use crate::catalog::Catalog;
use std::collections::BTreeMap;

use crate::locks::LockMode;
use crate::storage::{RowId, TableId, TableStore, Xid};
use crate::value::Row;

/// Isolation levels. READ UNCOMMITTED is READ COMMITTED, as in Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

impl Isolation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
        }
    }
}

/// One thing a transaction did, with what is needed to undo it.
#[derive(Debug)]
pub(crate) enum LogEntry {
    Insert {
        table: TableId,
        row: RowId,
        new: Row,
    },
    Update {
        table: TableId,
        row: RowId,
        old: Row,
        new: Row,
    },
    Delete {
        table: TableId,
        row: RowId,
        old: Row,
    },
    /// The catalog was changed; this is how it stood.
    Catalog(Box<Catalog>),
    /// A table was emptied; these are its rows.
    Truncate {
        table: TableId,
        rows: Box<TableStore>,
    },
}

/// A named point to go back to. What is done after it is a subtransaction of its own.
#[derive(Debug)]
pub(crate) struct Savepoint {
    pub(crate) name: String,
    pub(crate) log: usize,
    pub(crate) locks: usize,
    /// Names the subtransaction.
    pub(crate) level: u64,
    /// When it first wrote, among all writers; `None` while it has not.
    pub(crate) order: Option<u64>,
}

/// A lock that lasts until the transaction ends, or goes back to a savepoint before it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// A row was locked or changed.
    Row(TableId, RowId),
    Advisory(i64, LockMode),
}

/// An open transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) xid: Xid,
    pub(crate) isolation: Isolation,
    pub(crate) read_only: bool,
    /// Opened by BEGIN, so that it outlives its statements.
    pub(crate) explicit: bool,
    /// An error occurred: everything but ROLLBACK is refused (25P02).
    pub(crate) failed: bool,
    /// What `now()` returns throughout.
    pub(crate) started_us: i64,
    /// CSN of the snapshot kept by REPEATABLE READ and above, from the first statement on.
    pub(crate) snapshot: Option<u64>,
    /// Number of the running command.
    pub(crate) command: u32,
    pub(crate) log: Vec<LogEntry>,
    /// Locks taken, oldest first.
    pub(crate) locks: Vec<Held>,
    /// When the transaction first wrote, among all writers; `None` while it has not.
    pub(crate) order: Option<u64>,
    pub(crate) savepoints: Vec<Savepoint>,
    /// Subtransactions that are over, each with the one it is part of since: whoever finds one waits for the whole.
    pub(crate) released: BTreeMap<u64, u64>,
    /// What they did, as parts of the log.
    pub(crate) released_log: Vec<(usize, usize)>,
}

impl Transaction {
    /// The subtransaction that runs: 0 when there is no savepoint.
    pub(crate) fn level(&self) -> u64 {
        self.savepoints.last().map_or(0, |point| point.level)
    }

    /// Whether a subtransaction is neither taken back nor about to be.
    pub(crate) fn is_in_progress(&self, level: u64) -> bool {
        match self.released.get(&level) {
            Some(whole) => self.is_in_progress(*whole),
            None if self.failed && self.level() == level => false,
            None => level == 0 || self.savepoints.iter().any(|point| point.level == level),
        }
    }

    /// The subtransaction that was first to change a row.
    pub(crate) fn level_of_change(&self, table: TableId, row: RowId) -> u64 {
        let is_it = |entry: &LogEntry| match entry {
            LogEntry::Insert { table: t, row: r, .. }
            | LogEntry::Update { table: t, row: r, .. }
            | LogEntry::Delete { table: t, row: r, .. } => (*t, *r) == (table, row),
            LogEntry::Catalog(_) | LogEntry::Truncate { .. } => false,
        };
        let Some(at) = self.log.iter().position(is_it) else { return 0 };
        if self.released_log.iter().any(|(from, to)| (*from..*to).contains(&at)) {
            return 0;
        }
        self.savepoints.iter().rfind(|point| point.log <= at).map_or(0, |point| point.level)
    }

    pub(crate) fn new(xid: Xid, isolation: Isolation, explicit: bool, now_us: i64) -> Self {
        Self {
            xid,
            isolation,
            read_only: false,
            explicit,
            failed: false,
            started_us: now_us,
            snapshot: None,
            command: 0,
            log: Vec::new(),
            locks: Vec::new(),
            order: None,
            savepoints: Vec::new(),
            released: BTreeMap::new(),
            released_log: Vec::new(),
        }
    }
}
