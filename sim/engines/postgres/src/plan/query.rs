//! Plans of queries.

use std::sync::Arc;

use super::{Access, Expr, Plan, SubPlan};
use crate::catalog::Table;
use crate::locks::LockMode;
use crate::types::Type;

/// A query with its WITH list, order and limit.
#[derive(Debug)]
pub(crate) struct QueryPlan {
    pub(crate) ctes: Vec<Cte>,
    pub(crate) body: Body,
    /// Output column names.
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) types: Vec<Type>,
    /// Uncorrelated subqueries that lock rows: run before the rest, because only the top of a statement may wait.
    pub(crate) locking_subqueries: Vec<Arc<SubPlan>>,
}

/// `name AS (…)`
#[derive(Debug)]
pub(crate) struct Cte {
    /// Position among the statement's stored results.
    pub(crate) id: usize,
    pub(crate) body: CteBody,
    /// Whether anything reads it; a data-modifying one nobody reads runs last.
    pub(crate) referenced: bool,
}

/// What a CTE holds.
#[derive(Debug)]
pub(crate) enum CteBody {
    Query(Box<QueryPlan>),
    Modify(Box<Plan>),
}

/// The query proper.
#[derive(Debug)]
pub(crate) enum Body {
    Select(Box<SelectPlan>),
    Values { rows: Vec<Vec<Expr>>, tail: Tail },
    Set { operation: SetOperation, all: bool, left: Box<QueryPlan>, right: Box<QueryPlan>, tail: Tail },
}

/// ORDER BY (over output columns), LIMIT and OFFSET of a body that has no rows of its own to sort by.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    pub(crate) order: Vec<SortKey>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
}

/// UNION, EXCEPT, INTERSECT
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperation {
    Union,
    Except,
    Intersect,
}

/// One SELECT.
#[derive(Debug)]
pub(crate) struct SelectPlan {
    /// Number of relation slots.
    pub(crate) slots: usize,
    /// Joins in the order they are run.
    pub(crate) steps: Vec<JoinStep>,
    /// Conditions that need no relation; checked once.
    pub(crate) constant: Vec<Expr>,
    pub(crate) grouping: Option<Grouping>,
    pub(crate) windows: Vec<Window>,
    pub(crate) output: Vec<Expr>,
    pub(crate) distinct: DistinctPlan,
    pub(crate) order: Vec<SortKey>,
    /// The access path already delivers `order`.
    pub(crate) presorted: bool,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    pub(crate) lock: Option<LockPlan>,
    pub(crate) advisory: Option<AdvisoryLock>,
}

/// `SELECT pg_advisory_xact_lock(key)` and `pg_try_advisory_xact_lock(key)`, alone in a select list without FROM.
#[derive(Debug)]
pub(crate) struct AdvisoryLock {
    pub(crate) key: Expr,
    /// Answers whether it got the lock instead of waiting.
    pub(crate) try_only: bool,
    pub(crate) mode: LockMode,
}

/// DISTINCT
#[derive(Debug)]
pub(crate) enum DistinctPlan {
    No,
    /// Over the output columns.
    Output,
    /// DISTINCT ON.
    On(Vec<Expr>),
}

/// A relation joined to those before it.
#[derive(Debug)]
pub(crate) struct JoinStep {
    pub(crate) slot: usize,
    pub(crate) source: Source,
    pub(crate) kind: JoinKind,
    pub(crate) access: Access,
    /// ON conditions of an outer join: they decide what matches, not what stays.
    pub(crate) on: Vec<Expr>,
    /// WHERE and inner ON conditions that can be checked once this slot is filled.
    pub(crate) filter: Vec<Expr>,
    /// More of these, which every row that the access path finds satisfies: checked only when a row has changed since.
    pub(crate) vouched: Vec<Expr>,
}

/// How a relation is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Inner,
    Left,
}

/// Where a relation's rows come from.
#[derive(Debug)]
pub(crate) enum Source {
    Table(Arc<Table>),
    /// Stored result of a CTE.
    Cte {
        id: usize,
        width: usize,
    },
    Query {
        plan: Box<QueryPlan>,
        lateral: bool,
    },
    /// `unnest(a, b, …) [WITH ORDINALITY]`
    Unnest {
        arrays: Vec<Expr>,
        ordinality: bool,
    },
    /// `generate_series(from, to, step)`
    Series {
        from: Expr,
        to: Expr,
        step: Option<Expr>,
        ordinality: bool,
    },
    /// `jsonb_array_elements[_text](…)`
    JsonElements {
        json: Expr,
        as_text: bool,
        ordinality: bool,
    },
}

impl Source {
    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Table(table) => table.columns.len(),
            Self::Cte { width, .. } => *width,
            Self::Query { plan, .. } => plan.types.len(),
            Self::Unnest { arrays, ordinality } => arrays.len() + usize::from(*ordinality),
            Self::Series { ordinality, .. } | Self::JsonElements { ordinality, .. } => 1 + usize::from(*ordinality),
        }
    }

    /// The stored table behind it, if there is one.
    pub(crate) fn table(&self) -> Option<&Arc<Table>> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }
}

/// GROUP BY, aggregates and HAVING. Results are the query's computed values: keys first, then aggregates.
#[derive(Debug)]
pub(crate) struct Grouping {
    pub(crate) keys: Vec<Expr>,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) having: Option<Expr>,
}

/// One aggregate call.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) kind: AggregateKind,
    pub(crate) args: Vec<Expr>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<SortKey>,
    /// Type of the result.
    pub(crate) ty: Type,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateKind {
    CountRows,
    Count,
    Sum,
    Min,
    Max,
    Average,
    BoolAnd,
    BoolOr,
    ArrayAgg,
    StringAgg,
    JsonAgg,
    JsonObjectAgg,
}

/// One window function call. Results follow the grouping's in the computed values.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) kind: WindowKind,
    pub(crate) args: Vec<Expr>,
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<SortKey>,
    /// `ROWS UNBOUNDED PRECEDING`: peers are not taken together.
    pub(crate) by_rows: bool,
    /// The frame is the whole partition.
    pub(crate) whole: bool,
    pub(crate) ty: Type,
}

/// Window functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowKind {
    RowNumber,
    Rank,
    DenseRank,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    Aggregate(AggregateKind),
}

/// One ORDER BY key.
#[derive(Clone, Debug)]
pub(crate) struct SortKey {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// What happens when a row to be locked is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitPolicy {
    Wait,
    /// 55P03.
    NoWait,
    SkipLocked,
}

/// FOR UPDATE and its kin.
#[derive(Debug)]
pub(crate) struct LockPlan {
    pub(crate) mode: LockMode,
    /// The slots whose rows are locked.
    pub(crate) slots: Vec<usize>,
    pub(crate) policy: WaitPolicy,
}
