//! One client's connection: its settings, its open transaction, and what it waits for.

use std::fmt;

use crate::error::PgError;
use crate::locks::{LockKey, LockMode};
use crate::storage::Xid;
use crate::transaction::{Isolation, Transaction};

/// Names a connection. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub(crate) u32);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Settings a session can change. Times in microseconds; 0 switches a timeout off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) statement_timeout_us: u64,
    pub(crate) lock_timeout_us: u64,
    pub(crate) deadlock_timeout_us: u64,
    pub(crate) isolation: Isolation,
}

/// What a blocked statement waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A turn in a lock's queue.
    Lock(LockKey),
    /// The end of a transaction, or of what it does under a savepoint (0: under none).
    Transaction(Xid, u64),
}

/// A wait in progress, with its alarms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) target: Target,
    pub(crate) deadlock_at: Option<i64>,
    pub(crate) lock_timeout_at: Option<i64>,
    pub(crate) statement_timeout_at: Option<i64>,
    /// Keeps what the statement sees from being vacuumed.
    pub(crate) snapshot: u64,
}

/// How a wait ended.
#[derive(Debug)]
pub(crate) enum Wake {
    /// The lock is held, or the transaction has moved on.
    Ready,
    /// A timeout, a cancel or a deadlock.
    Failed(Box<PgError>),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Session {
    /// In force now.
    pub(crate) settings: Settings,
    /// In force after COMMIT: SET changes both, SET LOCAL only `settings`.
    pub(crate) lasting: Settings,
    /// In force after ROLLBACK.
    pub(crate) before: Settings,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) statement_started_us: i64,
    pub(crate) wait: Option<Wait>,
    pub(crate) wake: Option<Wake>,
    /// The lock of a row's version that it holds while it waits for the version's lockers.
    pub(crate) version_lock: Option<(LockKey, LockMode)>,
    /// Counts the waits of all sessions: who began to wait first.
    pub(crate) waited_since: u64,
    /// What a woken statement sees, kept from being vacuumed until it runs on.
    pub(crate) woken_snapshot: Option<u64>,
}

impl Session {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            lasting: settings,
            before: settings,
            transaction: None,
            statement_started_us: 0,
            wait: None,
            wake: None,
            version_lock: None,
            waited_since: 0,
            woken_snapshot: None,
        }
    }

    /// The open transaction of a session that is known to have one.
    pub(crate) fn open(&mut self) -> &mut Transaction {
        self.transaction.as_mut().expect("a statement runs inside a transaction")
    }
}
