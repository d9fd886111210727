//! Comparisons, with NULL as "unknown".

#![expect(clippy::wildcard_enum_match_arm, reason = "only comparisons arrive here")]

use std::cmp::Ordering;

use super::{Cx, Frame, elements, eval as value_of};
use crate::error::{Fallible, PgError};
use crate::plan::{Comparison, Expr};
use crate::types::Type;
use crate::value::Value;

/// Whether an ordering satisfies an operator.
pub(crate) fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// `left op right`; `None` when either is NULL.
pub(crate) fn comparison(op: Comparison, left: &Value, right: &Value) -> Fallible<Option<bool>> {
    Ok(order(left, right)?.map(|order| holds(op, order)))
}

/// How two values order. Untyped text meets the other side's type, as an untyped literal would.
fn order(left: &Value, right: &Value) -> Fallible<Option<Ordering>> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    if left.is_comparable(right) {
        return Ok(Some(left.cmp(right)));
    }
    match (left, right) {
        (Value::Text(_), _) => Ok(Some(super::cast(left, type_of(right), true)?.cmp(right))),
        (_, Value::Text(_)) => Ok(Some(left.cmp(&super::cast(right, type_of(left), true)?))),
        _ => Err(PgError::new("42883", format!("operator does not exist: {left} = {right}"))),
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Unknown,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int8,
        Value::Float(_) => Type::Float8,
        Value::Numeric(_) => Type::Numeric(None),
        Value::Text(_) => Type::Text,
        Value::Timestamp(_) => Type::Timestamptz,
        Value::Interval(_) => Type::Interval,
        Value::Json(_) => Type::Jsonb,
        Value::IntArray(_) => Type::IntArray,
        Value::TextArray(_) => Type::TextArray,
    }
}

/// The comparing expressions.
pub(super) fn eval(expr: &Expr, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Option<bool>> {
    match expr {
        Expr::Compare { op, left, right } => comparison(*op, &value_of(left, frame, cx)?, &value_of(right, frame, cx)?),
        Expr::Distinct { left, right, negated } => {
            let (left, right) = (value_of(left, frame, cx)?, value_of(right, frame, cx)?);
            let distinct = match order(&left, &right)? {
                Some(order) => order.is_ne(),
                None => left.is_null() != right.is_null(),
            };
            Ok(Some(distinct != *negated))
        }
        Expr::InList { expr, list, negated } => {
            let left = value_of(expr, frame, cx)?;
            let mut items = list.iter().map(|item| value_of(item, frame, cx));
            Ok(any(Comparison::Equal, &left, &mut items)?.map(|found| found != *negated))
        }
        Expr::Quantified { op, left, array, all } => {
            let left = value_of(left, frame, cx)?;
            let Some(items) = elements(&value_of(array, frame, cx)?)? else { return Ok(None) };
            quantified(*op, &left, items, *all)
        }
        Expr::RowCompare { op, left, right } => {
            let values = |list: &[Expr]| list.iter().map(|e| value_of(e, frame, cx)).collect::<Fallible<Vec<_>>>();
            rows(*op, &values(left)?, &values(right)?)
        }
        _ => unreachable!("eval sends only comparisons here"),
    }
}

/// `left op ANY/ALL (items)`
pub(crate) fn quantified(op: Comparison, left: &Value, items: Vec<Value>, all: bool) -> Fallible<Option<bool>> {
    let mut items = items.into_iter().map(Ok);
    if all {
        let opposite = match op {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        };
        return Ok(any(opposite, left, &mut items)?.map(|found| !found));
    }
    any(op, left, &mut items)
}

fn any(op: Comparison, left: &Value, items: &mut dyn Iterator<Item = Fallible<Value>>) -> Fallible<Option<bool>> {
    let mut unknown = false;
    for item in items {
        match comparison(op, left, &item?)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(false) })
}

/// Row comparison: the first column that differs decides (Postgres manual, 9.24.5).
pub(crate) fn rows(op: Comparison, left: &[Value], right: &[Value]) -> Fallible<Option<bool>> {
    let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
    let mut unknown = false;
    for (left, right) in left.iter().zip(right) {
        match order(left, right)? {
            Some(Ordering::Equal) => {}
            Some(order) => return Ok(Some(holds(op, order))),
            None if equality => unknown = true,
            None => return Ok(None),
        }
    }
    Ok(if unknown { None } else { Some(holds(op, Ordering::Equal)) })
}
