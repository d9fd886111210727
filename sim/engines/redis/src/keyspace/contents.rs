//! Where entries lie: slots found by key through a hash index, and a queue of deadlines. A slot keeps its place for
//! as long as its key lives, which is what lets `SCAN` use slot numbers as cursors.

use std::collections::BTreeSet;

use bytes::Bytes;
use rustc_hash::FxBuildHasher;

use crate::value::Value;

#[expect(clippy::disallowed_types, reason = "looked up by key only, never iterated")]
type Index = std::collections::HashMap<Bytes, u32, FxBuildHasher>;

/// A value and the time from which on it is gone.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    /// Unix milliseconds; the key is gone once the clock has passed this.
    pub(crate) expire_at: Option<i64>,
}

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    index: Index,
    slots: Vec<Option<(Bytes, Entry)>>,
    free: Vec<u32>,
    deadlines: BTreeSet<(i64, u32)>,
}

impl Contents {
    /// Number of keys, those past their deadline but not yet collected included.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn find(&self, key: &[u8]) -> Option<u32> {
        self.index.get(key).copied()
    }

    pub(crate) fn key(&self, slot: u32) -> &Bytes {
        &self.slots[slot as usize].as_ref().expect("an indexed slot is filled").0
    }

    pub(crate) fn entry(&self, slot: u32) -> &Entry {
        &self.slots[slot as usize].as_ref().expect("an indexed slot is filled").1
    }

    /// The value in a slot, to be changed in place; the deadline is changed only by [`Contents::set_deadline`].
    pub(crate) fn value_mut(&mut self, slot: u32) -> &mut Value {
        &mut self.slots[slot as usize].as_mut().expect("an indexed slot is filled").1.value
    }

    /// Adds an entry under a key that has none.
    pub(crate) fn insert(&mut self, key: Bytes, entry: Entry) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("fewer than four billion keys fit in memory")
        });
        if let Some(at) = entry.expire_at {
            self.deadlines.insert((at, slot));
        }
        self.index.insert(key.clone(), slot);
        self.slots[slot as usize] = Some((key, entry));
        slot
    }

    /// Exchanges the entry in a slot.
    pub(crate) fn replace(&mut self, slot: u32, entry: Entry) -> Entry {
        let (_, place) = self.slots[slot as usize].as_mut().expect("an indexed slot is filled");
        if place.expire_at != entry.expire_at {
            if let Some(at) = place.expire_at {
                self.deadlines.remove(&(at, slot));
            }
            if let Some(at) = entry.expire_at {
                self.deadlines.insert((at, slot));
            }
        }
        std::mem::replace(place, entry)
    }

    pub(crate) fn remove(&mut self, slot: u32) -> (Bytes, Entry) {
        let (key, entry) = self.slots[slot as usize].take().expect("an indexed slot is filled");
        self.index.remove(&key);
        self.free.push(slot);
        if let Some(at) = entry.expire_at {
            self.deadlines.remove(&(at, slot));
        }
        (key, entry)
    }

    /// Changes a deadline and gives the one before.
    pub(crate) fn set_deadline(&mut self, slot: u32, expire_at: Option<i64>) -> Option<i64> {
        let (_, entry) = self.slots[slot as usize].as_mut().expect("an indexed slot is filled");
        let old = std::mem::replace(&mut entry.expire_at, expire_at);
        if let Some(at) = old {
            self.deadlines.remove(&(at, slot));
        }
        if let Some(at) = expire_at {
            self.deadlines.insert((at, slot));
        }
        old
    }

    /// The slot whose deadline comes first, and that deadline.
    pub(crate) fn first_deadline(&self) -> Option<(i64, u32)> {
        self.deadlines.first().copied()
    }

    /// Filled slots from `from` on, in slot order.
    pub(crate) fn iter_from(&self, from: usize) -> impl Iterator<Item = (usize, &Bytes, &Entry)> {
        let tail = self.slots.iter().enumerate().skip(from);
        tail.filter_map(|(at, slot)| slot.as_ref().map(|(key, entry)| (at, key, entry)))
    }

    /// One past the highest slot.
    pub(crate) fn slot_count(&self) -> usize {
        self.slots.len()
    }
}
