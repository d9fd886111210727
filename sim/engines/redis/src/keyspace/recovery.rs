//! Going back: takes changes back one by one, newest first, until what is left is what survived.

use bytes::Bytes;

use super::{Contents, Keyspace, Watches};
use crate::persistence::Undo;
use crate::value::{Hash, Set, SortedSet, Stored};

impl Keyspace {
    /// What a crash leaves: the state as of the last change that reached the disk.
    pub(crate) fn go_back_to_durable(&mut self) {
        while let Some(undo) = self.journal.take_undurable() {
            self.take_back(undo);
        }
        self.watches = Watches::default();
    }

    /// What a failover leaves: the state as of the last change that had reached the replica.
    pub(crate) fn go_back_to_replicated(&mut self) {
        while let Some(undo) = self.journal.take_unreplicated() {
            self.take_back(undo);
        }
        self.watches = Watches::default();
    }

    /// What a crash without persistence leaves.
    pub(crate) fn lose_everything(&mut self) {
        self.contents = Contents::default();
        self.watches = Watches::default();
        self.journal.clear();
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Entry { key, entry: Some(entry) } => {
                if let Some(slot) = self.contents.find(&key) {
                    self.contents.replace(slot, entry);
                } else {
                    self.contents.insert(key, entry);
                }
            }
            Undo::Entry { key, entry: None } => {
                if let Some(slot) = self.contents.find(&key) {
                    self.contents.remove(slot);
                }
            }
            Undo::Deadline { key, expire_at } => {
                if let Some(slot) = self.contents.find(&key) {
                    self.contents.set_deadline(slot, expire_at);
                }
            }
            Undo::FieldSet { key, field, old: Some(old) } => {
                self.within(&key, |hash: &mut Hash| hash.insert(&field, old));
            }
            Undo::FieldSet { key, field, old: None } => {
                self.within(&key, |hash: &mut Hash| hash.remove(&field));
            }
            Undo::FieldRemoved { key, field, at, old } => {
                self.within(&key, |hash: &mut Hash| hash.restore(at, field, old));
            }
            Undo::Member { key, member, was_in: true } => {
                self.within(&key, |set: &mut Set| set.insert(&member));
            }
            Undo::Member { key, member, was_in: false } => {
                self.within(&key, |set: &mut Set| set.remove(&member));
            }
            Undo::Score { key, member, old: Some(old) } => {
                self.within(&key, |sorted: &mut SortedSet| sorted.insert(&member, old));
            }
            Undo::Score { key, member, old: None } => {
                self.within(&key, |sorted: &mut SortedSet| sorted.remove(&member));
            }
            Undo::Everything(contents) => self.contents = *contents,
        }
    }

    /// Runs `change` on a collection that the journal says is there.
    fn within<T: Stored, R>(&mut self, key: &Bytes, change: impl FnOnce(&mut T) -> R) {
        let slot = self.contents.find(key).expect("changes are taken back newest first, so the key is there");
        change(T::of_mut(self.contents.value_mut(slot)).expect("changes are taken back newest first"));
    }
}
