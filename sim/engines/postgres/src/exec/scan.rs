//! Finding rows of a stored table: all of them, or those an index range holds, as one snapshot sees them.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use crate::catalog::{Index, Table};
use crate::error::Fallible;
use crate::eval::{Cx, Frame, elements, eval};
use crate::plan::{IndexScan, KeySource, RangeEnd};
use crate::storage::{Key, KeyPart, RowId, has_key};
use crate::value::{Row, Value};

/// Receives rows until it breaks off.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&Row, RowId) -> Fallible<ControlFlow<()>>;

/// Every visible row, in slot order.
pub(super) fn all_rows(table: &Table, cx: &Cx<'_>, visit: Visit<'_>) -> Fallible<ControlFlow<()>> {
    let world = cx.world()?;
    world.state.note_read(table.id, None);
    for (id, chain) in world.db.store(table).heap.iter() {
        if let Some(version) = chain.visible(world.snapshot)
            && visit(&version.row, id)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Visible rows in a range of an index, in index order.
pub(super) fn index_rows(
    table: &Table,
    scan: &IndexScan,
    frame: &Frame<'_>,
    cx: &Cx<'_>,
    visit: Visit<'_>,
) -> Fallible<ControlFlow<()>> {
    let index = &table.indexes[scan.index];
    let mut prefixes: Vec<Vec<Value>> = vec![Vec::with_capacity(scan.prefix.len())];
    for source in &scan.prefix {
        let values = match source {
            KeySource::Equal(expr) => {
                let value = eval(expr, frame, cx)?;
                if value.is_null() {
                    return Ok(ControlFlow::Continue(()));
                }
                for prefix in &mut prefixes {
                    prefix.push(value.clone());
                }
                continue;
            }
            KeySource::IsNull => vec![Value::Null],
            KeySource::AnyOf(array) => elements(&eval(array, frame, cx)?)?.unwrap_or_default(),
            KeySource::In(list) => list.iter().map(|item| eval(item, frame, cx)).collect::<Fallible<Vec<_>>>()?,
        };
        // Each value once, in index order; NULL equals nothing unless it was asked for.
        let wanted = matches!(source, KeySource::IsNull);
        let distinct: BTreeSet<Value> = values.into_iter().filter(|value| wanted || !value.is_null()).collect();
        prefixes = prefixes
            .iter()
            .flat_map(|prefix| distinct.iter().map(|value| prefix.iter().cloned().chain([value.clone()]).collect()))
            .collect();
    }
    let (lower, upper) = (end(scan.lower.as_ref(), frame, cx)?, end(scan.upper.as_ref(), frame, cx)?);
    if matches!(lower, Some((Value::Null, _))) || matches!(upper, Some((Value::Null, _))) {
        return Ok(ControlFlow::Continue(()));
    }
    for prefix in &prefixes {
        if one_prefix(table, index, scan, prefix, lower.as_ref(), upper.as_ref(), cx, visit)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn end(end: Option<&RangeEnd>, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Option<(Value, bool)>> {
    end.map(|end| Ok((eval(&end.value, frame, cx)?, end.inclusive))).transpose()
}

#[expect(clippy::too_many_arguments, reason = "the parts of one range; a struct would be built only to be taken apart")]
fn one_prefix(
    table: &Table,
    index: &Index,
    scan: &IndexScan,
    prefix: &[Value],
    lower: Option<&(Value, bool)>,
    upper: Option<&(Value, bool)>,
    cx: &Cx<'_>,
    visit: Visit<'_>,
) -> Fallible<ControlFlow<()>> {
    let world = cx.world()?;
    let store = world.db.store(table);
    let entries = &store.indexes[scan.index];
    let exact = prefix.len() == index.columns.len();
    if !(exact && index.unique) {
        world.state.note_read(table.id, None);
    }
    let mut one = |id: RowId, key: &Key| -> Fallible<ControlFlow<()>> {
        let Some(version) = store.heap.get(id).and_then(|chain| chain.visible(world.snapshot)) else {
            return Ok(ControlFlow::Continue(()));
        };
        // The entry may belong to another version of the row, which has an entry of its own.
        if !has_key(index, &version.row, key) {
            return Ok(ControlFlow::Continue(()));
        }
        visit(&version.row, id)
    };
    if exact {
        let mut found = false;
        let key = whole_key(index, prefix);
        for id in entries.equal(&key) {
            let visible = store.heap.get(id).is_some_and(|chain| chain.visible(world.snapshot).is_some());
            if index.unique && visible {
                found = true;
                world.state.note_read(table.id, Some(id));
            }
            if one(id, &key)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if !found {
            // Nothing there: whoever inserts it overwrites what was read.
            world.state.note_read(table.id, None);
        }
        return Ok(ControlFlow::Continue(()));
    }
    let (from, to) = bounds(index, prefix, lower, upper);
    let mut range = entries.range(from, to);
    loop {
        let next = if scan.backwards { range.next_back() } else { range.next() };
        let Some((key, id)) = next else { return Ok(ControlFlow::Continue(())) };
        if one(id, key)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

fn part(index: &Index, position: usize, value: Value) -> KeyPart {
    if index.columns[position].descending { KeyPart::Desc(value) } else { KeyPart::Asc(value) }
}

/// The key of a fully given set of columns.
pub(super) fn whole_key(index: &Index, values: &[Value]) -> Key {
    match values {
        [value] if index.columns.len() == 1 => Key::One(value.clone()),
        _ => Key::Many(values.iter().enumerate().map(|(at, value)| part(index, at, value.clone())).collect()),
    }
}

/// Bounds of a range over the column after `prefix`. A descending column exchanges the ends.
fn bounds(
    index: &Index,
    prefix: &[Value],
    lower: Option<&(Value, bool)>,
    upper: Option<&(Value, bool)>,
) -> (Bound<Key>, Bound<Key>) {
    if index.columns.len() == 1 {
        let bound = |end: Option<&(Value, bool)>| match end {
            None => Bound::Unbounded,
            Some((value, true)) => Bound::Included(Key::One(value.clone())),
            Some((value, false)) => Bound::Excluded(Key::One(value.clone())),
        };
        return (bound(lower), bound(upper));
    }
    let position = prefix.len();
    let descending = index.columns[position].descending;
    let (first, last) = if descending { (upper, lower) } else { (lower, upper) };
    let base: Vec<KeyPart> = prefix.iter().enumerate().map(|(at, value)| part(index, at, value.clone())).collect();
    let extended = |value: Option<&Value>, top: bool| {
        let mut parts = base.clone();
        parts.extend(value.map(|value| part(index, position, value.clone())));
        if top {
            parts.push(KeyPart::Top);
        }
        Key::Many(parts.into())
    };
    // A key that stops short sorts before, and one closed by Top after, every longer key it begins.
    let from = match first {
        None => Bound::Included(extended(None, false)),
        Some((value, true)) => Bound::Included(extended(Some(value), false)),
        Some((value, false)) => Bound::Excluded(extended(Some(value), true)),
    };
    let to = match last {
        None => Bound::Included(extended(None, true)),
        Some((value, true)) => Bound::Included(extended(Some(value), true)),
        Some((value, false)) => Bound::Excluded(extended(Some(value), false)),
    };
    (from, to)
}
