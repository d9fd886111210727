//! Table definitions: columns, indexes and constraints, with their expressions already bound to column positions.

use std::sync::Arc;

use crate::plan::Expr;
use crate::storage::TableId;
use crate::types::Type;

/// A table as plans refer to it. Changed by replacing it whole.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) id: TableId,
    pub(crate) name: Arc<str>,
    pub(crate) columns: Vec<Column>,
    /// Column names, shared with every change record.
    pub(crate) column_names: Arc<[Arc<str>]>,
    /// Dropped indexes stay, dead, so that positions hold.
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Foreign keys of other tables (or this one) that point here: table and position.
    pub(crate) referenced_by: Vec<(TableId, usize)>,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: Arc<str>,
    pub(crate) ty: Type,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Expr>,
    /// `GENERATED ALWAYS AS IDENTITY`: an explicit value is refused (428C9).
    pub(crate) generated_always: bool,
    /// Sequence a `bigserial` or identity column draws from.
    pub(crate) owned_sequence: Option<usize>,
}

/// A column of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexColumn {
    pub(crate) position: usize,
    pub(crate) descending: bool,
}

/// A btree index, perhaps unique, perhaps partial.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) name: Arc<str>,
    pub(crate) columns: Vec<IndexColumn>,
    pub(crate) unique: bool,
    pub(crate) primary: bool,
    /// Made by a constraint rather than by CREATE INDEX.
    pub(crate) constraint: bool,
    pub(crate) predicate: Option<Expr>,
    /// Key and predicate columns: an update that leaves them alone leaves the index alone.
    pub(crate) used_columns: Vec<usize>,
    pub(crate) live: bool,
}

/// A CHECK constraint.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) name: Arc<str>,
    pub(crate) expr: Expr,
}

/// What deleting a referenced row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDelete {
    /// NO ACTION and RESTRICT: 23503.
    Refuse,
    /// CASCADE: the referencing rows go too.
    Cascade,
    /// SET NULL.
    SetNull,
}

/// A foreign key. Deleting or re-keying a referenced row is refused unless it says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct ForeignKey {
    pub(crate) name: Arc<str>,
    pub(crate) columns: Vec<usize>,
    pub(crate) parent: TableId,
    /// Position of the parent's unique index that is referred to.
    pub(crate) parent_index: usize,
    /// Parent columns, in the order of `columns`.
    pub(crate) parent_columns: Vec<usize>,
    pub(crate) on_delete: OnDelete,
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &*column.name == name)
    }

    pub(crate) fn primary_key(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.primary && index.live)
    }

    /// Whether a column belongs to a unique index a foreign key could point at: updating it takes the strongest lock.
    pub(crate) fn is_key_column(&self, column: usize) -> bool {
        self.indexes.iter().any(|index| {
            index.live
                && index.unique
                && index.predicate.is_none()
                && index.columns.iter().any(|key| key.position == column)
        })
    }
}
