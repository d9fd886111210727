//! Plans: what `bind` makes of a statement and `exec` runs. Names are resolved to slots and columns, types are settled,
//! access paths chosen. Nothing here depends on the rows or on parameter values, so a plan is kept and run again.

mod access;
mod expr;
mod query;
mod statement;

pub(crate) use access::{
    Access, IndexScan, KeySource, RangeEnd, answers_for, choose_access, conjuncts, implies, order_from_index,
};
pub(crate) use expr::{Arithmetic, Comparison, Expr, Function, JsonStep, SubPlan, SubqueryKind, TimeField};
pub(crate) use query::{
    AdvisoryLock, Aggregate, AggregateKind, Body, Cte, CteBody, DistinctPlan, Grouping, JoinKind, JoinStep, LockPlan,
    QueryPlan, SelectPlan, SetOperation, SortKey, Source, Tail, WaitPolicy, Window, WindowKind,
};
pub(crate) use statement::{
    Assignment, ConflictAction, ConflictPlan, DeletePlan, InsertPlan, InsertSource, Outcome, Plan, Returning,
    UpdatePlan,
};
