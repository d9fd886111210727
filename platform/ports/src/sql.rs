//! The SQL port: statement text with `$n` parameters goes in, rows and SQLSTATEs come out.

use std::sync::Arc;

use async_trait::async_trait;

use crate::Outcome;

/// A parameter or a column value.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// SQL NULL.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `smallint`, `integer` and `bigint` alike.
    Int(i64),
    /// `text`.
    Text(Arc<str>),
    /// `timestamptz`, in microseconds since the Unix epoch.
    Timestamp(i64),
    /// `jsonb`, as its text.
    Json(Arc<str>),
    /// `bigint[]`.
    IntArray(Vec<i64>),
    /// `text[]`.
    TextArray(Vec<Arc<str>>),
}

impl From<i64> for SqlValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for SqlValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<bool> for SqlValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// The rows of one statement's answer.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Column names, in order.
    pub columns: Arc<[Arc<str>]>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<SqlValue>>,
    /// Rows inserted, updated or deleted; for a query, rows returned.
    pub affected: u64,
}

impl Rows {
    /// The rows as views that are read by column name.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }

    /// The first row, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<Row<'_>> {
        self.iter().next()
    }
}

/// One row, read by column name. Asking for a column that is not there, or as another type, is a bug of the caller and
/// panics with the column's name.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [Arc<str>],
    values: &'a [SqlValue],
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other type is the same mistake of the caller")]
impl<'a> Row<'a> {
    /// The value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> &'a SqlValue {
        let index = self.columns.iter().position(|name| &**name == column);
        &self.values[index.unwrap_or_else(|| panic!("the statement returns no column {column:?}: {:?}", self.columns))]
    }

    /// An integer column that is not null.
    #[must_use]
    pub fn int(&self, column: &str) -> i64 {
        self.optional_int(column).unwrap_or_else(|| panic!("column {column:?} is null"))
    }

    /// An integer column.
    #[must_use]
    pub fn optional_int(&self, column: &str) -> Option<i64> {
        match self.get(column) {
            SqlValue::Null => None,
            SqlValue::Int(value) => Some(*value),
            other => panic!("column {column:?} is no integer: {other:?}"),
        }
    }

    /// A text or jsonb column that is not null.
    #[must_use]
    pub fn text(&self, column: &str) -> &'a str {
        self.optional_text(column).unwrap_or_else(|| panic!("column {column:?} is null"))
    }

    /// A text or jsonb column.
    #[must_use]
    pub fn optional_text(&self, column: &str) -> Option<&'a str> {
        match self.get(column) {
            SqlValue::Null => None,
            SqlValue::Text(value) | SqlValue::Json(value) => Some(value),
            other => panic!("column {column:?} is no text: {other:?}"),
        }
    }

    /// A boolean column that is not null.
    #[must_use]
    pub fn bool(&self, column: &str) -> bool {
        match self.get(column) {
            SqlValue::Bool(value) => *value,
            other => panic!("column {column:?} is no boolean: {other:?}"),
        }
    }

    /// A timestamp column that is not null, in microseconds since the Unix epoch.
    #[must_use]
    pub fn timestamp_us(&self, column: &str) -> i64 {
        match self.get(column) {
            SqlValue::Timestamp(value) => *value,
            other => panic!("column {column:?} is no timestamp: {other:?}"),
        }
    }
}

/// Why a statement gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The server answered with an error.
    #[error("{sqlstate}: {message}")]
    Refused {
        /// The five characters of the SQLSTATE.
        sqlstate: String,
        /// The server's words.
        message: String,
        /// The constraint that was violated, if one was.
        constraint: Option<String>,
    },
    /// No connection of the pool came free in time: nothing was sent.
    #[error("no connection came free within {waited_ms} ms")]
    PoolExhausted {
        /// How long the caller waited.
        waited_ms: u64,
    },
    /// No connection could be made: nothing was sent.
    #[error("the database could not be reached")]
    Unreachable,
    /// The connection ended while a statement or a COMMIT was under way.
    #[error("the connection was lost before the answer came")]
    ConnectionLost,
    /// The client stopped waiting; the connection is given up.
    #[error("no answer within {waited_ms} ms")]
    TimedOut {
        /// How long the caller waited.
        waited_ms: u64,
    },
}

impl SqlError {
    /// What is known of a COMMIT, or of a statement outside a transaction, that ended in this error.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { .. } | Self::PoolExhausted { .. } | Self::Unreachable => Outcome::NotApplied,
            Self::ConnectionLost | Self::TimedOut { .. } => Outcome::Unknown,
        }
    }

    /// Whether the server refused with this SQLSTATE.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { sqlstate, .. } if sqlstate == wanted)
    }

    /// Whether the same transaction may succeed when run again from its start: serialization failure, deadlock, lock
    /// or statement timeout, shutdown, or no connection.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { sqlstate, .. } => {
                matches!(sqlstate.as_str(), "40001" | "40P01" | "55P03" | "57014" | "57P01" | "57P03" | "53300")
            }
            Self::PoolExhausted { .. } | Self::Unreachable | Self::ConnectionLost | Self::TimedOut { .. } => true,
        }
    }
}

/// Isolation of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// A new snapshot for every statement.
    #[default]
    ReadCommitted,
    /// One snapshot for the transaction; 40001 where it would be violated.
    RepeatableRead,
    /// As if transactions ran one after another; 40001 where not.
    Serializable,
}

impl Isolation {
    /// The statement that begins such a transaction, whatever the server's default is.
    #[must_use]
    pub fn begin(self) -> &'static str {
        match self {
            Self::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::RepeatableRead => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        }
    }
}

/// A pool of connections to one database.
#[async_trait]
pub trait SqlPool: Send + Sync {
    /// Runs one statement on its own: it commits, or leaves nothing.
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError>;

    /// Opens a transaction on a connection of its own.
    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError>;
}

/// An open transaction. Dropping it rolls it back.
#[async_trait]
pub trait SqlTransaction: Send {
    /// Runs one statement. After an error the transaction can only be rolled back.
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError>;

    /// Commits. An error's [`SqlError::outcome`] says whether the commit may have happened.
    async fn commit(self: Box<Self>) -> Result<(), SqlError>;

    /// Rolls back, and gives the connection back to the pool.
    async fn rollback(self: Box<Self>) -> Result<(), SqlError>;
}
