//! Access paths: which index, if any, finds the rows of a relation, given the conditions on it and the slots already
//! filled. The conditions stay in the filter, so a path may return too much but never too little.

#![expect(clippy::wildcard_enum_match_arm, reason = "only a few shapes of condition are of use to an index")]

use super::{Comparison, Expr, SortKey};
use crate::catalog::{Index, Table};
use crate::value::Value;

/// How the rows of a relation are found.
#[derive(Debug)]
pub(crate) enum Access {
    /// All of them.
    Scan,
    /// Through an index.
    Index(IndexScan),
    /// Rows of anything but a stored table, looked up by equality of one or more columns.
    Hash { columns: Vec<usize>, keys: Vec<Expr> },
}

/// A range of an index: some leading columns fixed, the next one perhaps bounded.
#[derive(Debug)]
pub(crate) struct IndexScan {
    pub(crate) index: usize,
    pub(crate) prefix: Vec<KeySource>,
    pub(crate) lower: Option<RangeEnd>,
    pub(crate) upper: Option<RangeEnd>,
    pub(crate) backwards: bool,
    /// Every column of a unique index is fixed: at most one row.
    pub(crate) single: bool,
}

/// What fixes a leading column.
#[derive(Debug)]
pub(crate) enum KeySource {
    Equal(Expr),
    IsNull,
    /// Each element of an array in turn.
    AnyOf(Expr),
    /// Each of a list in turn.
    In(Vec<Expr>),
}

/// One end of a range.
#[derive(Debug)]
pub(crate) struct RangeEnd {
    pub(crate) value: Expr,
    pub(crate) inclusive: bool,
}

/// Splits nested ANDs.
pub(crate) fn conjuncts(expr: Expr, into: &mut Vec<Expr>) {
    if let Expr::And(list) = expr {
        for item in list {
            conjuncts(item, into);
        }
    } else {
        into.push(expr);
    }
}

/// Whether `expr` can be evaluated when only `filled` slots hold rows.
fn is_ready(expr: &Expr, filled: &[usize]) -> bool {
    expr.slots().is_some_and(|slots| slots.iter().all(|slot| filled.contains(slot)))
}

fn is_column(expr: &Expr, slot: usize, column: usize) -> bool {
    matches!(expr, Expr::Column { slot: s, column: c } if *s == slot && *c == column)
}

/// `column op value`, whichever side the column stands on, where `value` is ready.
fn comparison_on<'a>(
    condition: &'a Expr,
    slot: usize,
    column: usize,
    filled: &[usize],
) -> Option<(Comparison, &'a Expr)> {
    let Expr::Compare { op, left, right } = condition else { return None };
    if is_column(left, slot, column) && is_ready(right, filled) {
        Some((*op, right))
    } else if is_column(right, slot, column) && is_ready(left, filled) {
        Some((op.mirrored(), left))
    } else {
        None
    }
}

fn key_source(conditions: &[&Expr], slot: usize, column: usize, filled: &[usize], multi: bool) -> Option<KeySource> {
    for condition in conditions {
        if let Some((Comparison::Equal, value)) = comparison_on(condition, slot, column, filled) {
            return Some(KeySource::Equal(value.clone()));
        }
        if matches!(condition, Expr::IsNull { expr, negated: false } if is_column(expr, slot, column)) {
            return Some(KeySource::IsNull);
        }
    }
    for condition in conditions.iter().filter(|_| multi) {
        match condition {
            Expr::Quantified { op: Comparison::Equal, left, array, all: false }
                if is_column(left, slot, column) && is_ready(array, filled) =>
            {
                return Some(KeySource::AnyOf(array.as_ref().clone()));
            }
            Expr::InList { expr, list, negated: false }
                if is_column(expr, slot, column) && list.iter().all(|item| is_ready(item, filled)) =>
            {
                return Some(KeySource::In(list.clone()));
            }
            _ => {}
        }
    }
    None
}

/// Whether a scan looks up just the elements that a condition `column = ANY (array)` admits.
pub(crate) fn answers_for(scan: &IndexScan, index: &Index, slot: usize, condition: &Expr) -> bool {
    let Expr::Quantified { op: Comparison::Equal, left, array, all: false } = condition else { return false };
    scan.prefix.iter().zip(&index.columns).any(|(source, column)| {
        matches!(source, KeySource::AnyOf(looked_up) if is_column(left, slot, column.position)
            && format!("{looked_up:?}") == format!("{array:?}"))
    })
}

/// Whether the conditions imply an index's predicate: each of its conjuncts is among them.
pub(crate) fn implies(conditions: &[&Expr], predicate: Option<&Expr>, slot: usize) -> bool {
    let Some(predicate) = predicate else { return true };
    let mut needed = Vec::new();
    conjuncts(predicate.clone(), &mut needed);
    needed.iter().all(|part| {
        let moved = format!("{:?}", at_slot(part, slot));
        let not_null = not_null_column(part);
        conditions.iter().any(|condition| {
            format!("{condition:?}") == moved || not_null.is_some_and(|column| rejects_null(condition, slot, column))
        })
    })
}

/// `column IS NOT NULL` follows from any comparison with the column.
fn not_null_column(part: &Expr) -> Option<usize> {
    if let Expr::IsNull { expr, negated: true } = part
        && let Expr::Column { column, .. } = expr.as_ref()
    {
        return Some(*column);
    }
    None
}

fn rejects_null(condition: &Expr, slot: usize, column: usize) -> bool {
    matches!(condition, Expr::Compare { left, right, .. }
        if is_column(left, slot, column) || is_column(right, slot, column))
}

/// A schema expression, whose columns are all in slot 0, moved to another slot.
fn at_slot(expr: &Expr, slot: usize) -> Expr {
    let mut moved = expr.clone();
    moved.move_to_slot(slot);
    moved
}

/// The best index for a relation, with a rank (lower is better), or `None` when only a scan will do.
pub(crate) fn choose_access(
    table: &Table,
    slot: usize,
    conditions: &[&Expr],
    filled: &[usize],
) -> Option<(u32, IndexScan)> {
    let mut best: Option<(u32, IndexScan)> = None;
    for (position, index) in table.indexes.iter().enumerate() {
        if !index.live || !implies(conditions, index.predicate.as_ref(), slot) {
            continue;
        }
        let scan = scan_of(index, position, slot, conditions, filled);
        let fixed = u32::try_from(scan.prefix.len()).unwrap_or(u32::MAX);
        let bounded = u32::from(scan.lower.is_some()) + u32::from(scan.upper.is_some());
        if fixed == 0 && bounded == 0 && index.predicate.is_none() {
            continue;
        }
        let rank = match (scan.single, fixed, bounded) {
            (true, _, _) => 0,
            (false, 0, 0) => 60,
            (false, 0, bounded) => 50 - 5 * bounded,
            (false, fixed, bounded) => 30 - 3 * fixed.min(5) - bounded,
        } - u32::from(index.predicate.is_some() && !scan.single);
        if best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, scan));
        }
    }
    best
}

fn scan_of(index: &Index, position: usize, slot: usize, conditions: &[&Expr], filled: &[usize]) -> IndexScan {
    let mut scan =
        IndexScan { index: position, prefix: Vec::new(), lower: None, upper: None, backwards: false, single: false };
    for key in &index.columns {
        let multi = scan.prefix.iter().all(|source| matches!(source, KeySource::Equal(_) | KeySource::IsNull));
        match key_source(conditions, slot, key.position, filled, multi) {
            Some(source) => scan.prefix.push(source),
            None => break,
        }
    }
    scan.single = index.unique
        && scan.prefix.len() == index.columns.len()
        && scan.prefix.iter().all(|source| matches!(source, KeySource::Equal(_)));
    if let Some(key) = index.columns.get(scan.prefix.len()) {
        for condition in conditions {
            let Some((op, value)) = comparison_on(condition, slot, key.position, filled) else { continue };
            let inclusive = matches!(op, Comparison::LessOrEqual | Comparison::GreaterOrEqual);
            let end = RangeEnd { value: value.clone(), inclusive };
            match op {
                Comparison::Greater | Comparison::GreaterOrEqual if scan.lower.is_none() => scan.lower = Some(end),
                Comparison::Less | Comparison::LessOrEqual if scan.upper.is_none() => scan.upper = Some(end),
                Comparison::Greater
                | Comparison::GreaterOrEqual
                | Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Equal
                | Comparison::NotEqual => {}
            }
        }
    }
    scan
}

/// An index scan that delivers `order`, if there is one: preferably `chosen` itself, else any index whose predicate
/// holds, when the result is cut short by a limit.
pub(crate) fn order_from_index(
    table: &Table,
    slot: usize,
    conditions: &[&Expr],
    chosen: Option<&IndexScan>,
    order: &[SortKey],
    limited: bool,
) -> Option<IndexScan> {
    let candidates = table.indexes.iter().enumerate().filter(|(_, index)| index.live);
    let mut found: Option<IndexScan> = None;
    for (position, index) in candidates {
        if !implies(conditions, index.predicate.as_ref(), slot) {
            continue;
        }
        let mut scan = scan_of(index, position, slot, conditions, &[]);
        if scan.prefix.iter().any(|source| matches!(source, KeySource::AnyOf(_) | KeySource::In(_))) {
            continue;
        }
        let Some(backwards) = direction(index, scan.prefix.len(), slot, order) else { continue };
        scan.backwards = backwards;
        let as_narrow = chosen.is_none_or(|chosen| scan.prefix.len() >= chosen.prefix.len());
        if as_narrow && (limited || chosen.is_some_and(|chosen| chosen.index == position)) {
            let better = found.as_ref().is_none_or(|best| {
                (scan.prefix.len(), index.predicate.is_some())
                    > (best.prefix.len(), table.indexes[best.index].predicate.is_some())
            });
            if better {
                found = Some(scan);
            }
        }
    }
    found
}

/// Whether the index columns after `fixed` follow `order` forwards (`false`) or backwards (`true`).
fn direction(index: &Index, fixed: usize, slot: usize, order: &[SortKey]) -> Option<bool> {
    let fixed_columns = &index.columns[..fixed];
    // A key that is fixed to one value orders nothing.
    let mut keys = order.iter().filter(|key| {
        !fixed_columns.iter().any(|column| is_column(&key.expr, slot, column.position))
            && !matches!(key.expr, Expr::Const(Value::Int(_)))
    });
    let mut backwards = None;
    let mut columns = index.columns[fixed..].iter();
    for key in keys.by_ref() {
        let column = columns.next()?;
        // NULLs sort above everything in an index column and below in a descending one.
        if !is_column(&key.expr, slot, column.position) || key.nulls_first != key.descending {
            return None;
        }
        let reversed = key.descending != column.descending;
        if *backwards.get_or_insert(reversed) != reversed {
            return None;
        }
    }
    Some(backwards.unwrap_or(false))
}
