//! Window functions over the default frame (up to the current row's peers), over `ROWS UNBOUNDED PRECEDING`, or over
//! whole partitions.

use super::aggregate::Accumulator;
use super::select::Unit;
use super::sort::{compare_keys, key_values};
use crate::error::Fallible;
use crate::eval::{Cx, Frame, cast, eval};
use crate::plan::{Window, WindowKind};
use crate::types::Type;
use crate::value::Value;

/// A row's place: partition, sort values, position in the input.
struct Place {
    partition: Vec<Value>,
    sort: Vec<Value>,
    at: usize,
}

/// Computes one call for every row, and adds the result to the row's computed values.
pub(super) fn append(units: &mut [Unit], call: &Window, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<()> {
    let mut places = Vec::with_capacity(units.len());
    for (at, unit) in units.iter().enumerate() {
        let frame = unit.frame(outer);
        let partition: Fallible<Vec<Value>> = call.partition.iter().map(|expr| eval(expr, &frame, cx)).collect();
        places.push(Place { partition: partition?, sort: key_values(&call.order, &frame, cx)?, at });
    }
    places.sort_by(|a, b| a.partition.cmp(&b.partition).then_with(|| compare_keys(&call.order, &a.sort, &b.sort)));
    let mut results = vec![Value::Null; units.len()];
    for partition in places.chunk_by(|a, b| a.partition == b.partition) {
        let args: Fallible<Vec<Vec<Value>>> = partition
            .iter()
            .map(|place| {
                let frame = units[place.at].frame(outer);
                call.args.iter().map(|arg| eval(arg, &frame, cx)).collect()
            })
            .collect();
        for (place, value) in partition.iter().zip(over(call, partition, &args?)?) {
            results[place.at] = value;
        }
    }
    for (unit, result) in units.iter_mut().zip(results) {
        unit.computed.push(result);
    }
    Ok(())
}

/// The call's value for each row of one partition, in its order.
fn over(call: &Window, partition: &[Place], args: &[Vec<Value>]) -> Fallible<Vec<Value>> {
    let count = partition.len();
    let peers =
        |a: usize, b: usize| !call.by_rows && compare_keys(&call.order, &partition[a].sort, &partition[b].sort).is_eq();
    // Last row of each row's frame.
    let frame_end = |row: usize| {
        if call.whole {
            return count - 1;
        }
        (row..count).take_while(|other| *other == row || peers(row, *other)).last().unwrap_or(row)
    };
    let first_peer = |row: usize| (0..row).rev().take_while(|other| peers(row, *other)).last().unwrap_or(row);
    let argument = |row: usize| args[row].first().cloned().unwrap_or_default();
    let mut values = Vec::with_capacity(count);
    match call.kind {
        WindowKind::RowNumber => values.extend((0..count).map(number)),
        WindowKind::Rank => values.extend((0..count).map(|row| number(first_peer(row)))),
        WindowKind::DenseRank => {
            let mut rank = 0;
            for row in 0..count {
                rank += usize::from(row > 0 && !peers(row - 1, row));
                values.push(number(rank));
            }
        }
        WindowKind::Lag | WindowKind::Lead => {
            for (row, args) in args.iter().enumerate() {
                values.push(shifted(call.kind, row, args, &argument, count)?);
            }
        }
        WindowKind::FirstValue => values.extend((0..count).map(|_| argument(0))),
        WindowKind::LastValue => values.extend((0..count).map(|row| argument(frame_end(row)))),
        WindowKind::Aggregate(kind) => {
            let mut accumulator = Accumulator::default();
            let mut row = 0;
            while row < count {
                let end = frame_end(row);
                for args in &args[row..=end] {
                    accumulator.add(kind, args, call.ty)?;
                }
                let value = accumulator.result(kind, call.ty)?;
                values.extend((row..=end).map(|_| value.clone()));
                row = end + 1;
            }
        }
    }
    Ok(values)
}

fn number(position: usize) -> Value {
    Value::Int(i64::try_from(position + 1).unwrap_or(i64::MAX))
}

/// `lag` and `lead`: the argument some rows away, or the default.
fn shifted(
    kind: WindowKind,
    row: usize,
    args: &[Value],
    argument: &dyn Fn(usize) -> Value,
    count: usize,
) -> Fallible<Value> {
    let offset = match args.get(1) {
        Some(offset) => cast(offset, Type::Int8, true)?.as_int(),
        None => Some(1),
    };
    let Some(offset) = offset else { return Ok(Value::Null) };
    let here = i64::try_from(row).unwrap_or(i64::MAX);
    let there = if kind == WindowKind::Lag { here.checked_sub(offset) } else { here.checked_add(offset) };
    let found = there.and_then(|there| usize::try_from(there).ok()).filter(|there| *there < count);
    Ok(found.map_or_else(|| args.get(2).cloned().unwrap_or_default(), argument))
}
