//! What is due, and when: a calendar queue.
//!
//! Nearly every entry is a patience that will have become void by the time it is due, half a million of them at once. A
//! heap would pay for each with a walk through cold memory; here an entry is appended to its millisecond and looked at
//! once, when that millisecond comes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Microseconds of one page of the calendar; a power of two.
const PAGE_US: i64 = 1_024;

/// Entries by the time they are due; those of equal time in the order they were made.
pub(super) struct Agenda<T> {
    /// Pages not yet begun, by number.
    pages: BTreeMap<i64, Vec<(i64, u64, T)>>,
    /// The page that is being worked through, and whatever was added to it or before it since.
    open: BinaryHeap<Reverse<(i64, u64, T)>>,
    /// Pages up to and with this one have been opened.
    opened: i64,
    sequence: u64,
}

impl<T: Ord> Agenda<T> {
    /// An empty agenda.
    pub(super) fn new() -> Self {
        Self { pages: BTreeMap::new(), open: BinaryHeap::new(), opened: i64::MIN, sequence: 0 }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, at_us: i64, what: T) {
        self.sequence += 1;
        let page = at_us.div_euclid(PAGE_US);
        if page <= self.opened {
            self.open.push(Reverse((at_us, self.sequence, what)));
        } else {
            self.pages.entry(page).or_default().push((at_us, self.sequence, what));
        }
    }

    /// When the next entry is due.
    pub(super) fn next_at(&mut self) -> Option<i64> {
        self.open_next_page();
        self.open.peek().map(|Reverse((at_us, _, _))| *at_us)
    }

    /// Takes the next entry if it is due by `now_us`.
    pub(super) fn take_due(&mut self, now_us: i64) -> Option<T> {
        if self.next_at()? > now_us {
            return None;
        }
        self.open.pop().map(|Reverse((_, _, what))| what)
    }

    fn open_next_page(&mut self) {
        if self.open.is_empty()
            && let Some((page, entries)) = self.pages.pop_first()
        {
            self.opened = page;
            self.open = entries.into_iter().map(Reverse).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_the_order_of_their_times_and_then_of_their_making() {
        let mut agenda = Agenda::new();
        for (at_us, name) in [(5_000, 'c'), (10, 'a'), (900_000, 'd'), (10, 'b')] {
            agenda.add(at_us, name);
        }
        let mut taken = Vec::new();
        while let Some(name) = agenda.take_due(1_000_000) {
            taken.push(name);
        }
        assert_eq!(taken, ['a', 'b', 'c', 'd']);
    }

    #[test]
    fn an_entry_added_to_an_open_page_is_not_lost() {
        let mut agenda = Agenda::new();
        agenda.add(100, 'x');
        assert_eq!(agenda.next_at(), Some(100));
        agenda.add(50, 'w');
        assert_eq!(agenda.take_due(60), Some('w'));
        assert_eq!(agenda.take_due(60), None);
        assert_eq!(agenda.take_due(100), Some('x'));
        assert_eq!(agenda.next_at(), None);
    }
}
