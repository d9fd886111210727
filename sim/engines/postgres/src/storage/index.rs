//! The entries of one index: rows by key, in key order. An entry means "some version of this row has this key"; readers
//! check the version they see.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::{Key, RowId};

/// Ordered entries of one index.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    by_key: BTreeMap<Key, Rows>,
}

/// The rows of one key: hardly ever more than one.
#[derive(Debug)]
enum Rows {
    One(RowId),
    #[expect(clippy::box_collection, reason = "nearly every key has one row; the set may cost more, the key may not")]
    Many(Box<BTreeSet<RowId>>),
}

impl Rows {
    fn iter(&self) -> impl DoubleEndedIterator<Item = RowId> {
        let (one, many) = match self {
            Self::One(row) => (Some(*row), None),
            Self::Many(rows) => (None, Some(rows.iter().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

impl Entries {
    pub(crate) fn insert(&mut self, key: Key, row: RowId) {
        match self.by_key.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Rows::One(row));
            }
            Entry::Occupied(mut place) => match place.get_mut() {
                Rows::Many(rows) => {
                    rows.insert(row);
                }
                Rows::One(first) if *first == row => {}
                Rows::One(first) => {
                    let both = BTreeSet::from([*first, row]);
                    place.insert(Rows::Many(Box::new(both)));
                }
            },
        }
    }

    pub(crate) fn remove(&mut self, key: Key, row: RowId) {
        let Entry::Occupied(mut place) = self.by_key.entry(key) else { return };
        let is_empty = match place.get_mut() {
            Rows::One(only) => *only == row,
            Rows::Many(rows) => {
                rows.remove(&row);
                rows.is_empty()
            }
        };
        if is_empty {
            place.remove();
        }
    }

    /// Rows with exactly this key, in row order.
    pub(crate) fn equal(&self, key: &Key) -> impl DoubleEndedIterator<Item = RowId> {
        self.by_key.get(key).into_iter().flat_map(Rows::iter)
    }

    /// Rows whose key lies between the bounds, in key order and within a key in row order. Empty when the bounds cross.
    pub(crate) fn range(&self, lower: Bound<Key>, upper: Bound<Key>) -> impl DoubleEndedIterator<Item = (&Key, RowId)> {
        // BTreeMap::range panics on bounds that cross, and on two excluded ones that meet.
        let crossed = match (&lower, &upper) {
            (Bound::Included(a), Bound::Included(b)) => a > b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        };
        let found = (!crossed).then(|| self.by_key.range((lower, upper)));
        found.into_iter().flatten().flat_map(|(key, rows)| rows.iter().map(move |row| (key, row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn key(value: i64) -> Key {
        Key::One(Value::Int(value))
    }

    fn rows(found: impl Iterator<Item = RowId>) -> Vec<RowId> {
        found.collect()
    }

    #[test]
    fn rows_of_one_key_come_in_row_order_and_leave_one_by_one() {
        let mut entries = Entries::default();
        for row in [2, 0, 1, 1] {
            entries.insert(key(7), RowId(row));
        }
        assert_eq!(rows(entries.equal(&key(7))), [RowId(0), RowId(1), RowId(2)]);
        entries.remove(key(7), RowId(1));
        entries.remove(key(7), RowId(5));
        assert_eq!(rows(entries.equal(&key(7)).rev()), [RowId(2), RowId(0)]);
        entries.remove(key(7), RowId(0));
        entries.remove(key(7), RowId(2));
        assert_eq!(rows(entries.equal(&key(7))), []);
    }

    #[test]
    fn a_range_leaves_out_what_its_bounds_exclude_and_is_empty_when_they_cross() {
        let mut entries = Entries::default();
        for value in 1..=4 {
            entries.insert(key(value), RowId(9));
            entries.insert(key(value), RowId(3));
        }
        let between = |lower, upper| entries.range(lower, upper).map(|(_, row)| row).collect::<Vec<_>>();
        assert_eq!(between(Bound::Excluded(key(1)), Bound::Excluded(key(3))), [RowId(3), RowId(9)]);
        assert_eq!(between(Bound::Included(key(4)), Bound::Unbounded), [RowId(3), RowId(9)]);
        assert_eq!(between(Bound::Included(key(3)), Bound::Excluded(key(3))), []);
        assert_eq!(between(Bound::Excluded(key(4)), Bound::Included(key(2))), []);
    }
}
