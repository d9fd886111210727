//! Evaluating bound expressions over a joined row. Subqueries are handed to `exec`; nothing here ever waits.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each function picks the expressions it is for; the rest goes on to the next"
)]

mod arithmetic;
mod cast;
mod compare;
mod datetime;
mod function;
mod json;
mod like;

use std::sync::Arc;

pub(crate) use arithmetic::{arithmetic, fits};
pub(crate) use cast::{assign, cast};
pub(crate) use compare::{quantified, rows as compare_rows};
pub(crate) use json::{as_text as json_text, to_json};

use crate::database::Database;
use crate::error::{Fallible, PgError, type_mismatch, unsupported};
use crate::exec::StatementState;
use crate::plan::Expr;
use crate::storage::Snapshot;
use crate::value::{Row, Value};

/// What the columns of an expression refer to.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// One row per slot; an empty row where none is filled yet.
    pub(crate) rows: &'a [Row],
    /// Grouping keys, aggregates, window results.
    pub(crate) computed: &'a [Value],
    /// The row of the query around this one.
    pub(crate) outer: Option<&'a Frame<'a>>,
}

impl Frame<'_> {
    /// A frame without rows.
    pub(crate) const EMPTY: Frame<'static> = Frame { rows: &[], computed: &[], outer: None };
}

/// The database as a statement sees it.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) db: &'a Database,
    pub(crate) snapshot: Snapshot,
    pub(crate) state: &'a StatementState,
}

/// Everything an evaluation may draw on besides the row.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    /// Absent while a constraint or an index predicate is evaluated.
    pub(crate) world: Option<World<'a>>,
    pub(crate) params: &'a [Value],
    /// Start of the transaction, for `now()`.
    pub(crate) now_us: i64,
    /// Start of the statement, for `statement_timestamp()`.
    pub(crate) statement_us: i64,
}

impl<'a> Cx<'a> {
    /// For expressions of the schema that see nothing but their row.
    pub(crate) const SCHEMA: Cx<'static> = Cx { world: None, params: &[], now_us: 0, statement_us: 0 };

    pub(crate) fn world(&self) -> Fallible<World<'a>> {
        self.world.ok_or_else(|| unsupported("a subquery or sequence in a constraint or index"))
    }
}

/// Whether a partial index covers a row. No predicate covers all.
pub(crate) fn schema_predicate(predicate: Option<&Expr>, row: &Row) -> Fallible<bool> {
    let Some(predicate) = predicate else { return Ok(true) };
    let rows = std::slice::from_ref(row);
    is_true(predicate, &Frame { rows, computed: &[], outer: None }, &Cx::SCHEMA)
}

/// WHERE semantics: NULL counts as false.
pub(crate) fn is_true(expr: &Expr, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<bool> {
    match expr {
        Expr::Compare { op, left, right } => {
            if let (Some(left), Some(right)) = (borrow(left, frame, cx), borrow(right, frame, cx)) {
                return Ok(compare::comparison(*op, left, right)?.unwrap_or(false));
            }
        }
        Expr::And(list) => {
            for item in list {
                if !is_true(item, frame, cx)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        _ => {}
    }
    truth(&eval(expr, frame, cx)?).map(|truth| truth.unwrap_or(false))
}

/// All of the conditions, WHERE-wise.
pub(crate) fn all_true(conditions: &[Expr], frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<bool> {
    for condition in conditions {
        if !is_true(condition, frame, cx)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A boolean, or `None` for NULL.
pub(crate) fn truth(value: &Value) -> Fallible<Option<bool>> {
    match value {
        Value::Bool(value) => Ok(Some(*value)),
        Value::Null => Ok(None),
        Value::Text(_) => cast(value, crate::types::Type::Bool, true).map(|value| value.as_bool()),
        Value::Int(_)
        | Value::Float(_)
        | Value::Numeric(_)
        | Value::Timestamp(_)
        | Value::Interval(_)
        | Value::Json(_)
        | Value::IntArray(_)
        | Value::TextArray(_) => Err(type_mismatch(format_args!("{value} is not of type boolean"))),
    }
}

/// The value without copying it, where it lies ready.
fn borrow<'f>(expr: &'f Expr, frame: &'f Frame<'_>, cx: &Cx<'f>) -> Option<&'f Value> {
    match expr {
        Expr::Const(value) => Some(value),
        Expr::Param(position) => cx.params.get(*position),
        Expr::Column { slot, column } => frame.rows.get(*slot)?.get(*column),
        _ => None,
    }
}

fn outer<'a>(frame: &'a Frame<'a>, up: usize) -> &'a Frame<'a> {
    let mut frame = frame;
    for _ in 0..up {
        frame = frame.outer.expect("the binder counted the levels");
    }
    frame
}

/// The value of an expression.
pub(crate) fn eval(expr: &Expr, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Value> {
    Ok(match expr {
        Expr::Const(value) => value.clone(),
        Expr::Param(position) => cx
            .params
            .get(*position)
            .cloned()
            .ok_or_else(|| PgError::new("08P01", format!("no value was given for parameter ${}", position + 1)))?,
        Expr::Column { slot, column } => frame.rows[*slot][*column].clone(),
        Expr::Outer { up, slot, column } => outer(frame, *up).rows[*slot][*column].clone(),
        Expr::Computed(position) => frame.computed[*position].clone(),
        Expr::Cast { expr, to, implicit } => cast(&eval(expr, frame, cx)?, *to, *implicit)?,
        Expr::Arithmetic { op, left, right, ty } => {
            arithmetic(*op, &eval(left, frame, cx)?, &eval(right, frame, cx)?, *ty)?
        }
        Expr::Negate { expr, ty } => arithmetic::negate(&eval(expr, frame, cx)?, *ty)?,
        Expr::Concat(left, right) => concat(eval(left, frame, cx)?, eval(right, frame, cx)?)?,
        Expr::Like { expr, pattern, negated, fold_case } => {
            let matched = like::like(&eval(expr, frame, cx)?, &eval(pattern, frame, cx)?, *fold_case)?;
            matched.map(|matched| matched != *negated).into()
        }
        Expr::Array { items, ty } => {
            let items: Fallible<Vec<Value>> = items.iter().map(|item| eval(item, frame, cx)).collect();
            array(items?, *ty)?
        }
        Expr::Element { array, index } => element(&eval(array, frame, cx)?, &eval(index, frame, cx)?)?,
        Expr::Json { op, left, right } => json::step(*op, &eval(left, frame, cx)?, &eval(right, frame, cx)?)?,
        Expr::Call { function, args } => {
            let args: Fallible<Vec<Value>> = args.iter().map(|arg| eval(arg, frame, cx)).collect();
            function::call(*function, &args?, cx)?
        }
        Expr::Subquery { kind, negated, plan } => crate::exec::subquery(kind, *negated, plan, frame, cx)?,
        Expr::Compare { .. }
        | Expr::Distinct { .. }
        | Expr::InList { .. }
        | Expr::Quantified { .. }
        | Expr::RowCompare { .. } => compare::eval(expr, frame, cx)?.into(),
        Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::IsNull { .. }
        | Expr::IsBool { .. }
        | Expr::Case { .. }
        | Expr::Coalesce(_)
        | Expr::Greatest(_)
        | Expr::Least(_) => conditional(expr, frame, cx)?,
    })
}

/// Expressions that decide which of their parts to evaluate.
fn conditional(expr: &Expr, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Value> {
    Ok(match expr {
        Expr::And(list) => junction(list, false, frame, cx)?,
        Expr::Or(list) => junction(list, true, frame, cx)?,
        Expr::Not(expr) => truth(&eval(expr, frame, cx)?)?.map(|truth| !truth).into(),
        Expr::IsNull { expr, negated } => Value::Bool(eval(expr, frame, cx)?.is_null() != *negated),
        Expr::IsBool { expr, wanted, negated } => {
            Value::Bool((truth(&eval(expr, frame, cx)?)? == Some(*wanted)) != *negated)
        }
        Expr::Case { branches, otherwise } => {
            for (when, then) in branches {
                if is_true(when, frame, cx)? {
                    return eval(then, frame, cx);
                }
            }
            eval(otherwise, frame, cx)?
        }
        Expr::Coalesce(list) => {
            for item in list {
                let value = eval(item, frame, cx)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Value::Null
        }
        Expr::Greatest(list) | Expr::Least(list) => {
            let values: Fallible<Vec<Value>> = list.iter().map(|item| eval(item, frame, cx)).collect();
            let values = values?.into_iter().filter(|value| !value.is_null());
            let chosen = if matches!(expr, Expr::Greatest(_)) { values.max() } else { values.min() };
            chosen.unwrap_or(Value::Null)
        }
        _ => unreachable!("eval sends only conditional expressions here"),
    })
}

/// AND (`decisive` false) and OR (`decisive` true) with NULL as "unknown".
fn junction(list: &[Expr], decisive: bool, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Value> {
    let mut unknown = false;
    for item in list {
        match truth(&eval(item, frame, cx)?)? {
            Some(value) if value == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
}

/// `||`: jsonb merges, arrays join, everything else becomes text.
fn concat(left: Value, right: Value) -> Fallible<Value> {
    Ok(match (&left, &right) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Json(a), Value::Json(b)) => json::merge(a, b),
        (Value::IntArray(a), Value::IntArray(b)) => Value::IntArray(a.iter().chain(b.iter()).copied().collect()),
        (Value::TextArray(a), Value::TextArray(b)) => Value::TextArray(a.iter().chain(b.iter()).cloned().collect()),
        (Value::IntArray(a), Value::Int(b)) => Value::IntArray(a.iter().copied().chain([*b]).collect()),
        (Value::TextArray(a), Value::Text(b)) => Value::TextArray(a.iter().cloned().chain([b.clone()]).collect()),
        _ => Value::from(format!("{left}{right}")),
    })
}

/// An array from its elements.
pub(crate) fn array(items: Vec<Value>, ty: crate::types::Type) -> Fallible<Value> {
    if ty == crate::types::Type::IntArray {
        let items: Option<Arc<[i64]>> = items.iter().map(Value::as_int).collect();
        return items.map(Value::IntArray).ok_or_else(|| unsupported("NULL or another type inside bigint[]"));
    }
    let items: Option<Arc<[Arc<str>]>> =
        items.into_iter().map(|item| if let Value::Text(text) = item { Some(text) } else { None }).collect();
    items.map(Value::TextArray).ok_or_else(|| unsupported("NULL or another type inside text[]"))
}

/// The elements of an array value; `None` for NULL.
pub(crate) fn elements(array: &Value) -> Fallible<Option<Vec<Value>>> {
    match array {
        Value::Null => Ok(None),
        Value::IntArray(items) => Ok(Some(items.iter().copied().map(Value::Int).collect())),
        Value::TextArray(items) => Ok(Some(items.iter().cloned().map(Value::Text).collect())),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Numeric(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::Interval(_)
        | Value::Json(_) => Err(type_mismatch(format_args!("{array} is not an array"))),
    }
}

/// `array[index]`, counted from 1; NULL outside.
fn element(array: &Value, index: &Value) -> Fallible<Value> {
    let (Some(items), Some(index)) = (elements(array)?, index.as_int()) else { return Ok(Value::Null) };
    let position = usize::try_from(index - 1).unwrap_or(usize::MAX);
    Ok(items.into_iter().nth(position).unwrap_or(Value::Null))
}
