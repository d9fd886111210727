//! Index keys and their order.

use std::cmp::Ordering;

use crate::value::Value;

/// One column of a composite key.
#[derive(Clone, Debug)]
pub(crate) enum KeyPart {
    /// Ascending column.
    Asc(Value),
    /// Descending column: ordered the other way round.
    Desc(Value),
    /// Above every value; closes a range over a prefix.
    Top,
}

/// What an index entry is found by. Single-column keys, the commonest, need no allocation of their own.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    One(Value),
    Many(Box<[KeyPart]>),
}

impl Ord for KeyPart {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Asc(a), Self::Asc(b)) => a.cmp(b),
            (Self::Desc(a), Self::Desc(b)) => b.cmp(a),
            (Self::Top, Self::Top) => Ordering::Equal,
            (Self::Top, Self::Asc(_) | Self::Desc(_)) => Ordering::Greater,
            (Self::Asc(_) | Self::Desc(_), Self::Top) => Ordering::Less,
            (Self::Asc(_), Self::Desc(_)) => Ordering::Less,
            (Self::Desc(_), Self::Asc(_)) => Ordering::Greater,
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::One(a), Self::One(b)) => a.cmp(b),
            (Self::Many(a), Self::Many(b)) => a.cmp(b),
            (Self::One(_), Self::Many(_)) => Ordering::Less,
            (Self::Many(_), Self::One(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for KeyPart {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyPart {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyPart {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}
