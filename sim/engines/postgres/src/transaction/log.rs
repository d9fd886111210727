//! The state of an open transaction.

use crate::catalog::Catalog;
use crate::locks::{LockKey, LockMode};
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

/// A named point to go back to.
#[derive(Debug)]
pub(crate) struct Savepoint {
    pub(crate) name: String,
    pub(crate) log: usize,
    pub(crate) locks: usize,
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
    /// Locks taken, oldest first, each with what was held before.
    pub(crate) locks: Vec<(LockKey, Option<LockMode>)>,
    pub(crate) savepoints: Vec<Savepoint>,
}

impl Transaction {
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
            savepoints: Vec::new(),
        }
    }
}
