//! A set. Members that are all integers are listed in numeric order, as Redis's intset does; Redis leaves the order
//! of other sets open, and here they are listed by bytes.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::number::parse_integer;

/// Members without duplicates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    members: BTreeSet<Bytes>,
    /// How many members are not integers.
    words: usize,
}

impl Set {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        self.members.contains(member)
    }

    /// Whether the member is new.
    pub(crate) fn insert(&mut self, member: &[u8]) -> bool {
        if self.members.contains(member) {
            return false;
        }
        self.words += usize::from(parse_integer(member).is_none());
        self.members.insert(Bytes::copy_from_slice(member))
    }

    /// Whether the member was there.
    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        let removed = self.members.remove(member);
        if removed {
            self.words -= usize::from(parse_integer(member).is_none());
        }
        removed
    }

    /// Every member, in the order described above.
    pub(crate) fn listed(&self) -> Vec<Bytes> {
        let mut members: Vec<Bytes> = self.members.iter().cloned().collect();
        if self.words == 0 {
            members.sort_by_key(|member| parse_integer(member));
        }
        members
    }
}
