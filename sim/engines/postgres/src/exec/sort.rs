//! ORDER BY, LIMIT and OFFSET.

use std::cmp::Ordering;

use crate::error::{Fallible, PgError};
use crate::eval::{Cx, Frame, cast, eval};
use crate::plan::{Expr, SortKey};
use crate::types::Type;
use crate::value::{Row, Value};

/// Order of two lists of sort values under the same keys.
pub(super) fn compare_keys(keys: &[SortKey], a: &[Value], b: &[Value]) -> Ordering {
    for ((key, a), b) in keys.iter().zip(a).zip(b) {
        let order = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if key.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if key.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) if key.descending => b.cmp(a),
            (false, false) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Values of the keys for one row.
pub(super) fn key_values(keys: &[SortKey], frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Vec<Value>> {
    keys.iter().map(|key| eval(&key.expr, frame, cx)).collect()
}

/// Sorts finished rows; the keys see the row in slot 0.
pub(super) fn sort_rows(
    rows: Vec<Row>,
    keys: &[SortKey],
    outer: Option<&Frame<'_>>,
    cx: &Cx<'_>,
) -> Fallible<Vec<Row>> {
    let keyed: Fallible<Vec<(Vec<Value>, Row)>> = rows
        .into_iter()
        .map(|row| {
            let frame = Frame { rows: std::slice::from_ref(&row), computed: &[], outer };
            Ok((key_values(keys, &frame, cx)?, row))
        })
        .collect();
    let mut keyed = keyed?;
    keyed.sort_by(|(a, _), (b, _)| compare_keys(keys, a, b));
    Ok(keyed.into_iter().map(|(_, row)| row).collect())
}

/// How many rows to skip and how many to keep.
pub(super) fn offset_and_limit(
    offset: Option<&Expr>,
    limit: Option<&Expr>,
    outer: Option<&Frame<'_>>,
    cx: &Cx<'_>,
) -> Fallible<(usize, usize)> {
    let frame = Frame { rows: &[], computed: &[], outer };
    let count = |expr: Option<&Expr>, absent: usize, sqlstate: &'static str, name: &str| -> Fallible<usize> {
        let Some(expr) = expr else { return Ok(absent) };
        // NULL means no limit.
        let Value::Int(count) = cast(&eval(expr, &frame, cx)?, Type::Int8, true)? else { return Ok(absent) };
        usize::try_from(count).map_err(|_| PgError::new(sqlstate, format!("{name} must not be negative")))
    };
    Ok((count(offset, 0, "2201X", "OFFSET")?, count(limit, usize::MAX, "2201W", "LIMIT")?))
}
