//! Bound expressions.

use std::sync::Arc;

use super::QueryPlan;
use crate::types::Type;
use crate::value::Value;

/// `+ - * / %`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// `= <> < <= > >=`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The same comparison with its sides exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Equal => Self::Equal,
            Self::NotEqual => Self::NotEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

/// jsonb operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonStep {
    /// `->`
    Get,
    /// `->>`
    GetText,
    /// `#>`
    Path,
    /// `#>>`
    PathText,
    /// `@>`
    Contains,
    /// `?`
    HasKey,
}

/// Fields `extract` and `date_trunc` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeField {
    Epoch,
    Millisecond,
    Microsecond,
    Second,
    Minute,
    Hour,
    Day,
    Dow,
    Month,
    Year,
}

/// Scalar functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    /// Only as the whole of a select list: it may wait.
    AdvisoryLock {
        try_only: bool,
        shared: bool,
    },
    ArrayLength,
    Cardinality,
    Ceil,
    ClockTimestamp,
    Concat,
    ConcatWs,
    DateTrunc(TimeField),
    Extract(TimeField),
    Floor,
    JsonArrayLength,
    JsonBuildArray,
    JsonBuildObject,
    JsonTypeof,
    Left,
    Length,
    Lower,
    MakeInterval,
    Nextval,
    Now,
    NullIf,
    Power,
    Replace,
    Right,
    Round,
    Setval,
    Sign,
    SplitPart,
    Sqrt,
    StatementTimestamp,
    Strpos,
    Substring,
    ToJsonb,
    ToTimestamp,
    Trim,
    Trunc,
    Upper,
}

/// What a subquery is used as.
#[derive(Clone, Debug)]
pub(crate) enum SubqueryKind {
    /// One row, one column; NULL when empty; 21000 when more.
    Scalar,
    /// `EXISTS`
    Exists,
    /// `left IN (…)`
    In(Box<[Expr]>),
    /// `left <op> ANY/ALL (…)`
    Quantified { left: Box<Expr>, op: Comparison, all: bool },
    /// `ARRAY(…)`
    Array,
}

/// A subquery inside an expression.
#[derive(Debug)]
pub(crate) struct SubPlan {
    /// Position among the statement's subqueries, for its remembered result.
    pub(crate) id: usize,
    pub(crate) query: QueryPlan,
    /// Refers to the query around it, so it runs again for each row.
    pub(crate) correlated: bool,
}

/// An expression over one joined row.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Const(Value),
    /// `$n`, counted from 0.
    Param(usize),
    /// Column of a relation of this query.
    Column {
        slot: usize,
        column: usize,
    },
    /// Column of a relation of a query around this one.
    Outer {
        up: usize,
        slot: usize,
        column: usize,
    },
    /// Grouping key, aggregate or window result of this query.
    Computed(usize),
    Cast {
        expr: Box<Expr>,
        to: Type,
        implicit: bool,
    },
    Arithmetic {
        op: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
        ty: Type,
    },
    Negate {
        expr: Box<Expr>,
        ty: Type,
    },
    Compare {
        op: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `IS [NOT] DISTINCT FROM`
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    /// `IS [NOT] TRUE/FALSE`
    IsBool {
        expr: Box<Expr>,
        wanted: bool,
        negated: bool,
    },
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    Coalesce(Vec<Expr>),
    Greatest(Vec<Expr>),
    Least(Vec<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        negated: bool,
        fold_case: bool,
    },
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// `left op ANY/ALL (array)`
    Quantified {
        op: Comparison,
        left: Box<Expr>,
        array: Box<Expr>,
        all: bool,
    },
    /// `(a, b) = (c, d)` and its kin, compared column by column.
    RowCompare {
        op: Comparison,
        left: Vec<Expr>,
        right: Vec<Expr>,
    },
    Array {
        items: Vec<Expr>,
        ty: Type,
    },
    Element {
        array: Box<Expr>,
        index: Box<Expr>,
    },
    Json {
        op: JsonStep,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Call {
        function: Function,
        args: Vec<Expr>,
    },
    Subquery {
        kind: SubqueryKind,
        negated: bool,
        plan: Arc<SubPlan>,
    },
}

/// The children of an expression, in the order in which they are written: one list for those who read and those who change.
macro_rules! children_of {
    ($expr:expr, $iter:ident, $inner:ident) => {
        match $expr {
            Self::Const(_) | Self::Param(_) | Self::Column { .. } | Self::Outer { .. } | Self::Computed(_) => {
                Vec::new()
            }
            Self::Cast { expr, .. }
            | Self::Negate { expr, .. }
            | Self::Not(expr)
            | Self::IsNull { expr, .. }
            | Self::IsBool { expr, .. } => vec![expr],
            Self::Arithmetic { left, right, .. }
            | Self::Compare { left, right, .. }
            | Self::Distinct { left, right, .. }
            | Self::Concat(left, right)
            | Self::Json { left, right, .. } => vec![left, right],
            Self::Like { expr, pattern, .. } => vec![expr, pattern],
            Self::Quantified { left, array, .. } => vec![left, array],
            Self::Element { array, index } => vec![array, index],
            Self::And(list)
            | Self::Or(list)
            | Self::Coalesce(list)
            | Self::Greatest(list)
            | Self::Least(list)
            | Self::Array { items: list, .. }
            | Self::Call { args: list, .. } => list.$iter().collect(),
            Self::InList { expr, list, .. } => std::iter::once(expr.$inner()).chain(list).collect(),
            Self::RowCompare { left, right, .. } => left.$iter().chain(right).collect(),
            Self::Case { branches, otherwise } => branches
                .$iter()
                .flat_map(|(when, then)| [when, then])
                .chain(std::iter::once(otherwise.$inner()))
                .collect(),
            Self::Subquery { kind, .. } => match kind {
                SubqueryKind::In(left) => left.$iter().collect(),
                SubqueryKind::Quantified { left, .. } => vec![left],
                SubqueryKind::Scalar | SubqueryKind::Exists | SubqueryKind::Array => Vec::new(),
            },
        }
    };
}

impl Expr {
    /// The children, for walks over an expression. A subquery's own expressions are not among them.
    pub(crate) fn children(&self) -> Vec<&Expr> {
        children_of!(self, iter, as_ref)
    }

    /// Calls `visit` on this expression and everything below it, outside subqueries.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// The children, to be changed in place.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Expr> {
        children_of!(self, iter_mut, as_mut)
    }

    /// Moves every column reference to another slot.
    pub(crate) fn move_to_slot(&mut self, to: usize) {
        if let Self::Column { slot, .. } = self {
            *slot = to;
        }
        for child in self.children_mut() {
            child.move_to_slot(to);
        }
    }

    /// Whether the value depends on no row: it may still depend on parameters and the clock.
    pub(crate) fn is_row_free(&self) -> bool {
        let mut free = true;
        self.walk(&mut |expr| {
            let on_row = matches!(expr, Self::Column { .. } | Self::Computed(_))
                || matches!(expr, Self::Subquery { plan, .. } if plan.correlated);
            free &= !on_row;
        });
        free
    }

    /// Slots of this query that must hold a row before the expression can be evaluated. `None` when a correlated
    /// subquery makes that unknowable: then all of them.
    pub(crate) fn slots(&self) -> Option<Vec<usize>> {
        let mut slots = Vec::new();
        let mut known = true;
        self.walk(&mut |expr| {
            if let Self::Column { slot, .. } = expr
                && !slots.contains(slot)
            {
                slots.push(*slot);
            }
            known &= !matches!(expr, Self::Subquery { plan, .. } if plan.correlated);
        });
        known.then_some(slots)
    }
}
