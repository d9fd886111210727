//! Changes inside hashes, sets and sorted sets: the key appears with its first element and goes with its last, and
//! the journal takes the element alone, never a copy of the collection.

use bytes::Bytes;

use super::{Entry, Keyspace};
use crate::errors::{CommandError, WRONG_TYPE};
use crate::persistence::Undo;
use crate::value::{Hash, Set, SortedSet, Stored};

impl Keyspace {
    /// Sets a field of a hash and gives the value it had.
    pub(crate) fn hash_insert(
        &mut self,
        key: &[u8],
        field: &[u8],
        value: Bytes,
    ) -> Result<Option<Bytes>, CommandError> {
        let slot = self.collection::<Hash>(key)?;
        let old = self.in_slot::<Hash>(slot).insert(field, value);
        if self.journal.is_on() {
            let (key, field) = (self.contents.key(slot).clone(), Bytes::copy_from_slice(field));
            self.journal.record(self.now_ms, Undo::FieldSet { key, field, old: old.clone() });
        }
        self.touch(key);
        Ok(old)
    }

    /// Deletes a field of a hash; whether it was there.
    pub(crate) fn hash_remove(&mut self, key: &[u8], field: &[u8]) -> Result<bool, CommandError> {
        let Some(slot) = self.present::<Hash>(key)? else {
            return Ok(false);
        };
        let Some((at, old)) = self.in_slot::<Hash>(slot).remove(field) else {
            return Ok(false);
        };
        if self.journal.is_on() {
            let (key, field) = (self.contents.key(slot).clone(), Bytes::copy_from_slice(field));
            self.journal.record(self.now_ms, Undo::FieldRemoved { key, field, at, old });
        }
        self.after_removal(slot, key);
        Ok(true)
    }

    /// Adds a member to a set; whether it is new.
    pub(crate) fn set_insert(&mut self, key: &[u8], member: &[u8]) -> Result<bool, CommandError> {
        let slot = self.collection::<Set>(key)?;
        let added = self.in_slot::<Set>(slot).insert(member);
        if added {
            self.record_member(slot, member, false);
            self.touch(key);
        }
        Ok(added)
    }

    /// Takes a member out of a set; whether it was there.
    pub(crate) fn set_remove(&mut self, key: &[u8], member: &[u8]) -> Result<bool, CommandError> {
        let Some(slot) = self.present::<Set>(key)? else {
            return Ok(false);
        };
        if !self.in_slot::<Set>(slot).remove(member) {
            return Ok(false);
        }
        self.record_member(slot, member, true);
        self.after_removal(slot, key);
        Ok(true)
    }

    /// Sets a member's score in a sorted set, which is made if need be.
    pub(crate) fn sorted_insert(&mut self, key: &[u8], member: &[u8], score: f64) -> Result<(), CommandError> {
        let slot = self.collection::<SortedSet>(key)?;
        let old = self.in_slot::<SortedSet>(slot).insert(member, score);
        self.record_score(slot, member, old);
        self.touch(key);
        Ok(())
    }

    /// Takes a member out of a sorted set; whether it was there.
    pub(crate) fn sorted_remove(&mut self, key: &[u8], member: &[u8]) -> Result<bool, CommandError> {
        let Some(slot) = self.present::<SortedSet>(key)? else {
            return Ok(false);
        };
        let Some(old) = self.in_slot::<SortedSet>(slot).remove(member) else {
            return Ok(false);
        };
        self.record_score(slot, member, Some(old));
        self.after_removal(slot, key);
        Ok(true)
    }

    /// The slot of a collection that is there, if it has the right type.
    fn present<T: Stored>(&mut self, key: &[u8]) -> Result<Option<u32>, CommandError> {
        match self.find(key) {
            None => Ok(None),
            Some(slot) if T::of(&self.contents.entry(slot).value).is_some() => Ok(Some(slot)),
            Some(_) => Err(WRONG_TYPE),
        }
    }

    /// The slot of a collection, made if the key is free.
    fn collection<T: Stored>(&mut self, key: &[u8]) -> Result<u32, CommandError> {
        if let Some(slot) = self.present::<T>(key)? {
            return Ok(slot);
        }
        let entry = Entry { value: T::empty(), expire_at: None };
        let slot = self.contents.insert(Bytes::copy_from_slice(key), entry);
        self.record_birth(slot);
        Ok(slot)
    }

    fn in_slot<T: Stored>(&mut self, slot: u32) -> &mut T {
        T::of_mut(self.contents.value_mut(slot)).expect("the type was checked when the slot was found")
    }

    fn record_member(&mut self, slot: u32, member: &[u8], was_in: bool) {
        if self.journal.is_on() {
            let (key, member) = (self.contents.key(slot).clone(), Bytes::copy_from_slice(member));
            self.journal.record(self.now_ms, Undo::Member { key, member, was_in });
        }
    }

    fn record_score(&mut self, slot: u32, member: &[u8], old: Option<f64>) {
        if self.journal.is_on() {
            let (key, member) = (self.contents.key(slot).clone(), Bytes::copy_from_slice(member));
            self.journal.record(self.now_ms, Undo::Score { key, member, old });
        }
    }

    /// A collection without elements is no key.
    fn after_removal(&mut self, slot: u32, key: &[u8]) {
        if self.contents.entry(slot).value.is_empty_collection() {
            self.remove_slot(slot);
        }
        self.touch(key);
    }
}
