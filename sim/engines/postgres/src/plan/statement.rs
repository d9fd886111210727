//! Plans of whole statements.

use std::sync::Arc;

use super::{Cte, Expr, QueryPlan, SelectPlan, SubPlan};
use crate::catalog::Table;
use crate::types::Type;
use crate::value::Row;

/// A statement that reads or writes rows.
#[derive(Debug)]
pub(crate) enum Plan {
    Query(QueryPlan),
    Insert(InsertPlan),
    Update(UpdatePlan),
    Delete(DeletePlan),
}

/// Where inserted rows come from.
#[derive(Debug)]
pub(crate) enum InsertSource {
    /// One expression per column of the table, defaults filled in.
    Values(Vec<Vec<Expr>>),
    /// One expression per column of the table, over the query's output in slot 0.
    Query { query: Box<QueryPlan>, columns: Vec<Expr> },
}

/// INSERT. RETURNING sees the new row in slot 0.
#[derive(Debug)]
pub(crate) struct InsertPlan {
    pub(crate) table: Arc<Table>,
    pub(crate) ctes: Vec<Cte>,
    pub(crate) source: InsertSource,
    pub(crate) conflict: Option<ConflictPlan>,
    pub(crate) returning: Option<Returning>,
    pub(crate) locking_subqueries: Vec<Arc<SubPlan>>,
}

/// RETURNING list.
#[derive(Debug)]
pub(crate) struct Returning {
    pub(crate) output: Vec<Expr>,
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) types: Vec<Type>,
}

/// ON CONFLICT
#[derive(Debug)]
pub(crate) struct ConflictPlan {
    /// Unique indexes whose conflicts are taken; all of them when no target was named.
    pub(crate) arbiters: Vec<usize>,
    pub(crate) action: ConflictAction,
}

/// What a conflict does.
#[derive(Debug)]
pub(crate) enum ConflictAction {
    Nothing,
    /// Over the existing row in slot 0 and `excluded` in slot 1.
    Update {
        assignments: Vec<Assignment>,
        filter: Option<Expr>,
    },
}

/// `column = value`
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) column: usize,
    pub(crate) value: Expr,
}

/// UPDATE. The target is slot 0 of `from`.
#[derive(Debug)]
pub(crate) struct UpdatePlan {
    pub(crate) table: Arc<Table>,
    pub(crate) ctes: Vec<Cte>,
    pub(crate) from: SelectPlan,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) returning: Option<Returning>,
    pub(crate) locking_subqueries: Vec<Arc<SubPlan>>,
}

/// DELETE. The target is slot 0 of `from`.
#[derive(Debug)]
pub(crate) struct DeletePlan {
    pub(crate) table: Arc<Table>,
    pub(crate) ctes: Vec<Cte>,
    pub(crate) from: SelectPlan,
    pub(crate) returning: Option<Returning>,
    pub(crate) locking_subqueries: Vec<Arc<SubPlan>>,
}

impl Plan {
    /// Names of the result columns; empty when it returns none.
    pub(crate) fn columns(&self) -> Arc<[Arc<str>]> {
        let returning = match self {
            Self::Query(query) => return query.names.clone(),
            Self::Insert(insert) => &insert.returning,
            Self::Update(update) => &update.returning,
            Self::Delete(delete) => &delete.returning,
        };
        match returning {
            Some(returning) => returning.names.clone(),
            None => Arc::new([]),
        }
    }
}

/// Rows a statement produced and how many it touched.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) affected: u64,
}
