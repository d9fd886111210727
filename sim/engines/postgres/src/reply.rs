//! What a statement answers.

use std::sync::Arc;

use crate::error::PgError;
use crate::value::Value;

/// Result of a statement that succeeded.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Column names; empty when no rows are returned.
    pub columns: Arc<[Arc<str>]>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, updated, deleted or returned.
    pub affected: u64,
    /// Command tag without its numbers: `SELECT`, `INSERT`, `COMMIT`. A COMMIT that rolled back says `ROLLBACK`.
    pub command: &'static str,
}

impl Reply {
    /// A reply without rows.
    pub(crate) fn command(command: &'static str) -> Self {
        Self { columns: Arc::new([]), rows: Vec::new(), affected: 0, command }
    }

    /// Position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &**column == name)
    }
}

/// Answer to a submitted statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It is done.
    Done(Result<Reply, PgError>),
    /// It waits for a lock; its result comes through [`crate::Postgres::take_completions`].
    Blocked,
}

impl Step {
    /// The result, if there is one yet.
    pub fn done(self) -> Option<Result<Reply, PgError>> {
        match self {
            Self::Done(result) => Some(result),
            Self::Blocked => None,
        }
    }
}
