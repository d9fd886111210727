//! What is due, and when: a calendar queue.
//!
//! Nearly every entry of a crowd's is a patience that will have become void by the time it is due, half a million of them
//! at once. A heap would pay for each with a walk through cold memory; here an entry is appended to its millisecond and
//! looked at once, when that millisecond comes.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// Microseconds of one page of the calendar; a power of two.
const PAGE_US: i64 = 1_024;

/// Entries by the time they are due; those of equal time in the order they were made.
pub struct Agenda<T> {
    /// Pages not yet begun, by number.
    pages: BTreeMap<i64, Vec<Entry<T>>>,
    /// The page that is being worked through, and whatever was added to it or before it since.
    open: BinaryHeap<Reverse<Entry<T>>>,
    /// Pages up to and with this one have been opened.
    opened: i64,
    sequence: u64,
}

struct Entry<T> {
    at_us: i64,
    sequence: u64,
    what: T,
}

impl<T> Entry<T> {
    fn place(&self) -> (i64, u64) {
        (self.at_us, self.sequence)
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { pages: BTreeMap::new(), open: BinaryHeap::new(), opened: i64::MIN, sequence: 0 }
    }
}

impl<T> Agenda<T> {
    /// Adds an entry.
    pub fn add(&mut self, at_us: i64, what: T) {
        self.sequence += 1;
        let page = at_us.div_euclid(PAGE_US);
        let entry = Entry { at_us, sequence: self.sequence, what };
        if page <= self.opened {
            self.open.push(Reverse(entry));
        } else {
            self.pages.entry(page).or_default().push(entry);
        }
    }

    /// When the next entry is due, in microseconds.
    pub fn next_at(&mut self) -> Option<i64> {
        self.open_next_page();
        self.open.peek().map(|Reverse(entry)| entry.at_us)
    }

    /// Takes the next entry if it is due by `now_us`.
    pub fn take_due(&mut self, now_us: i64) -> Option<T> {
        if self.next_at()? > now_us {
            return None;
        }
        self.open.pop().map(|Reverse(entry)| entry.what)
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
        let mut agenda = Agenda::default();
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
        let mut agenda = Agenda::default();
        agenda.add(100, 'x');
        assert_eq!(agenda.next_at(), Some(100));
        agenda.add(50, 'w');
        assert_eq!(agenda.take_due(60), Some('w'));
        assert_eq!(agenda.take_due(60), None);
        assert_eq!(agenda.take_due(100), Some('x'));
        assert_eq!(agenda.next_at(), None);
    }
}
