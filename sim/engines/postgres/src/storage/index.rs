//! The entries of one index: an ordered set of (key, row). An entry means "some version of this row has this key";
//! readers check the version they see.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::{Key, RowId};

/// Ordered entries of one index.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    set: BTreeSet<(Key, RowId)>,
}

impl Entries {
    pub(crate) fn insert(&mut self, key: Key, row: RowId) {
        self.set.insert((key, row));
    }

    pub(crate) fn remove(&mut self, key: Key, row: RowId) {
        self.set.remove(&(key, row));
    }

    /// Rows with exactly this key.
    pub(crate) fn equal(&self, key: &Key) -> impl DoubleEndedIterator<Item = RowId> {
        let from = (key.clone(), RowId(0));
        let to = (key.clone(), RowId::NONE);
        self.set.range(from..=to).map(|(_, row)| *row)
    }

    /// Rows whose key lies between the bounds, in key order. Empty when the bounds cross.
    pub(crate) fn range(&self, lower: Bound<Key>, upper: Bound<Key>) -> impl DoubleEndedIterator<Item = &(Key, RowId)> {
        let lower = match lower {
            Bound::Included(key) => Bound::Included((key, RowId(0))),
            Bound::Excluded(key) => Bound::Excluded((key, RowId::NONE)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let upper = match upper {
            Bound::Included(key) => Bound::Included((key, RowId::NONE)),
            Bound::Excluded(key) => Bound::Excluded((key, RowId(0))),
            Bound::Unbounded => Bound::Unbounded,
        };
        // BTreeSet::range panics on crossed bounds.
        let crossed = match (&lower, &upper) {
            (Bound::Included(a), Bound::Included(b)) => a > b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
            _ => false,
        };
        (!crossed).then(|| self.set.range((lower, upper))).into_iter().flatten()
    }
}
