//! The change feed: what each commit did to which rows, in commit order, for readers that follow the log.

use std::sync::Arc;

use crate::value::{Row, Value};

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOp {
    /// The row is new.
    Insert,
    /// The row has a new version.
    Update,
    /// The row is gone.
    Delete,
}

/// One change of one row. A row changed twice in a transaction appears twice.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// Table name.
    pub table: Arc<str>,
    /// What happened.
    pub op: ChangeOp,
    /// The row before, for updates and deletes.
    pub old: Option<Row>,
    /// The row after, for inserts and updates.
    pub new: Option<Row>,
    /// Column names, in the order of the rows' values.
    pub columns: Arc<[Arc<str>]>,
}

impl RowChange {
    /// A column of the row before the change.
    pub fn old_value(&self, column: &str) -> Option<&Value> {
        self.value_in(self.old.as_ref(), column)
    }

    /// A column of the row after the change.
    pub fn new_value(&self, column: &str) -> Option<&Value> {
        self.value_in(self.new.as_ref(), column)
    }

    fn value_in<'a>(&self, row: Option<&'a Row>, column: &str) -> Option<&'a Value> {
        let position = self.columns.iter().position(|name| &**name == column)?;
        row?.get(position)
    }
}

/// Everything one transaction changed.
#[derive(Clone, Debug)]
pub struct CommitRecord {
    /// Position in the order of commits; strictly increasing.
    pub sequence: u64,
    /// When the commit happened, microseconds since the Unix epoch.
    pub committed_at_us: i64,
    /// The changes, in the order they were made.
    pub changes: Vec<RowChange>,
}
