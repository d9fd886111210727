//! The keys and their values: lookup, expiry on access, and every change, each recorded in the journal so that a
//! crash or a failover can take it back. What a command means is left to `commands`.
//!
//! Time stands still while a command, a transaction or a script runs: the keyspace looks at `now_ms`, which the
//! engine sets once per call (rule 23).

mod contents;
mod elements;
mod expiry;
mod recovery;
mod watches;

use bytes::Bytes;

use crate::errors::{CommandError, WRONG_TYPE};
use crate::persistence::{Journal, Undo};
use crate::value::{Stored, Value};

pub(crate) use contents::{Contents, Entry};
pub(crate) use watches::Watches;

/// What a write does to the key's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    Keep,
    Clear,
    At(i64),
}

/// All keys of the one database, and what hangs on their changes.
pub(crate) struct Keyspace {
    /// The time at which the present call runs, Unix milliseconds.
    pub(crate) now_ms: i64,
    pub(crate) contents: Contents,
    pub(crate) journal: Journal,
    pub(crate) watches: Watches,
    /// When expired keys were last collected.
    collected_ms: i64,
    /// Changes since the last snapshot, counted per element as Redis does for `save`.
    pub(crate) changes: u64,
}

impl Keyspace {
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            now_ms: 0,
            contents: Contents::default(),
            journal,
            watches: Watches::default(),
            collected_ms: 0,
            changes: 0,
        }
    }

    /// The key's entry if it is alive; changes nothing, not even an expired key.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<&Entry> {
        let entry = self.contents.entry(self.contents.find(key)?);
        (!self.is_past(entry.expire_at)).then_some(entry)
    }

    /// The slot of a live key. A key found past its deadline is deleted on the way.
    pub(crate) fn find(&mut self, key: &[u8]) -> Option<u32> {
        let slot = self.contents.find(key)?;
        if self.is_past(self.contents.entry(slot).expire_at) {
            self.delete_expired(slot);
            return None;
        }
        Some(slot)
    }

    /// The entry of a live key.
    pub(crate) fn entry(&mut self, key: &[u8]) -> Option<&Entry> {
        let slot = self.find(key)?;
        Some(self.contents.entry(slot))
    }

    /// Whether the key is alive.
    pub(crate) fn exists(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// The value of a live key, if it has the type asked for; `WRONGTYPE` if it has another.
    pub(crate) fn read<T: Stored>(&mut self, key: &[u8]) -> Result<Option<&T>, CommandError> {
        match self.find(key) {
            None => Ok(None),
            Some(slot) => T::of(&self.contents.entry(slot).value).map(Some).ok_or(WRONG_TYPE),
        }
    }

    /// Puts a value under a key, replacing whatever was there.
    pub(crate) fn put(&mut self, key: &[u8], value: Value, deadline: Deadline) {
        if let Some(slot) = self.find(key) {
            let old_deadline = self.contents.entry(slot).expire_at;
            let expire_at = match deadline {
                Deadline::Keep => old_deadline,
                Deadline::Clear => None,
                Deadline::At(at) => Some(at),
            };
            let old = self.contents.replace(slot, Entry { value, expire_at });
            if self.journal.is_on() {
                let key = self.contents.key(slot).clone();
                self.journal.record(self.now_ms, Undo::Entry { key, entry: Some(old) });
            }
        } else {
            let expire_at = if let Deadline::At(at) = deadline { Some(at) } else { None };
            let slot = self.contents.insert(Bytes::copy_from_slice(key), Entry { value, expire_at });
            self.record_birth(slot);
        }
        self.touch(key);
    }

    /// Puts a string under a key.
    pub(crate) fn put_string(&mut self, key: &[u8], value: Bytes, deadline: Deadline) {
        self.put(key, Value::String(value), deadline);
    }

    /// Takes a live key out; whether there was one.
    pub(crate) fn delete(&mut self, key: &[u8]) -> bool {
        let Some(slot) = self.find(key) else {
            return false;
        };
        self.remove_slot(slot);
        self.touch(key);
        true
    }

    /// Moves a live entry to another name, over whatever was there. The caller has checked that it exists.
    pub(crate) fn rename(&mut self, from: &[u8], to: &[u8]) {
        let Some(slot) = self.find(from) else { return };
        // Redis takes this for no change at all.
        if from == to {
            return;
        }
        let entry = self.contents.entry(slot).clone();
        self.delete(from);
        let deadline = entry.expire_at.map_or(Deadline::Clear, Deadline::At);
        self.put(to, entry.value, deadline);
    }

    /// Sets or clears the deadline of a live key.
    pub(crate) fn set_deadline(&mut self, key: &[u8], expire_at: Option<i64>) {
        let Some(slot) = self.find(key) else { return };
        let old = self.contents.set_deadline(slot, expire_at);
        if self.journal.is_on() {
            let key = self.contents.key(slot).clone();
            self.journal.record(self.now_ms, Undo::Deadline { key, expire_at: old });
        }
        self.touch(key);
    }

    /// Empties the database.
    pub(crate) fn flush(&mut self) {
        self.watches.touch_all(&self.contents);
        let everything = std::mem::take(&mut self.contents);
        self.changes += everything.len() as u64;
        if self.journal.is_on() {
            self.journal.record(self.now_ms, Undo::Everything(Box::new(everything)));
        }
    }

    /// Removes a slot and records how to bring it back; does not tell watchers.
    fn remove_slot(&mut self, slot: u32) {
        let (key, entry) = self.contents.remove(slot);
        if self.journal.is_on() {
            self.journal.record(self.now_ms, Undo::Entry { key, entry: Some(entry) });
        }
    }

    /// Records that a key did not exist before now.
    fn record_birth(&mut self, slot: u32) {
        if self.journal.is_on() {
            let key = self.contents.key(slot).clone();
            self.journal.record(self.now_ms, Undo::Entry { key, entry: None });
        }
    }

    /// Counts a change and tells those who watch the key.
    fn touch(&mut self, key: &[u8]) {
        self.changes += 1;
        self.watches.touch(key, &self.contents);
    }
}
