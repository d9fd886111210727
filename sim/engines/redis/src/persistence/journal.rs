//! How to take changes back, oldest first, with two marks: how far the disk has got, and how far the replica has.
//! A record is dropped once both are past it.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::keyspace::{Contents, Entry};

/// How to take one change back. Applied newest first, so each may rely on the state its change left behind.
#[derive(Debug)]
pub(crate) enum Undo {
    /// The key held this entry, or none.
    Entry { key: Bytes, entry: Option<Entry> },
    /// The key had this deadline.
    Deadline { key: Bytes, expire_at: Option<i64> },
    /// The field of the hash had this value, or was not there.
    FieldSet { key: Bytes, field: Bytes, old: Option<Bytes> },
    /// The field stood at this position of the hash with this value.
    FieldRemoved { key: Bytes, field: Bytes, at: usize, old: Bytes },
    /// The member was in the set, or was not.
    Member { key: Bytes, member: Bytes, was_in: bool },
    /// The member of the sorted set had this score, or was not there.
    Score { key: Bytes, member: Bytes, old: Option<f64> },
    /// These were all the entries (`FLUSHALL`).
    Everything(Box<Contents>),
}

/// Undo records between the older of the two marks and now.
#[derive(Debug)]
pub(crate) struct Journal {
    is_on: bool,
    records: VecDeque<(i64, Undo)>,
    /// How many records at the front are on disk.
    durable: usize,
    /// How many records at the front have reached the replica.
    replicated: usize,
    /// Without a replica nothing waits for one.
    has_replica: bool,
}

impl Journal {
    /// A journal that is off records nothing, because nothing will be taken back.
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, records: VecDeque::new(), durable: 0, replicated: 0, has_replica: false }
    }

    /// The same journal, whose records are kept until the replica has them.
    pub(crate) fn with_replica(self) -> Self {
        Self { is_on: true, has_replica: true, ..self }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Forgets all records: there is nothing left to go back to.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.durable = 0;
        self.replicated = 0;
    }

    /// Adds the record of a change made at `at_ms`.
    pub(crate) fn record(&mut self, at_ms: i64, undo: Undo) {
        self.records.push_back((at_ms, undo));
    }

    /// Whether some change has not reached the disk.
    pub(crate) fn has_undurable(&self) -> bool {
        self.durable < self.records.len()
    }

    /// When the oldest change that has not reached the replica was made.
    pub(crate) fn oldest_unreplicated_ms(&self) -> Option<i64> {
        if !self.has_replica {
            return None;
        }
        self.records.get(self.replicated).map(|(at_ms, _)| *at_ms)
    }

    /// All changes are on disk.
    pub(crate) fn mark_durable(&mut self) {
        self.durable = self.records.len();
        self.drop_settled();
    }

    /// The changes made up to `until_ms` have reached the replica. They arrive in order: one that waits holds up
    /// those behind it.
    pub(crate) fn mark_replicated(&mut self, until_ms: i64) {
        while self.oldest_unreplicated_ms().is_some_and(|at_ms| at_ms <= until_ms) {
            self.replicated += 1;
        }
        self.drop_settled();
    }

    /// Everything has reached the replica: it has just been copied in full.
    pub(crate) fn mark_all_replicated(&mut self) {
        self.replicated = self.records.len();
        self.drop_settled();
    }

    /// The newest record that is not on disk.
    pub(crate) fn take_undurable(&mut self) -> Option<Undo> {
        if !self.has_undurable() {
            return None;
        }
        let (_, undo) = self.records.pop_back()?;
        self.replicated = self.replicated.min(self.records.len());
        Some(undo)
    }

    /// The newest record that has not reached the replica. What is lost to the failover is lost to the disk too.
    pub(crate) fn take_unreplicated(&mut self) -> Option<Undo> {
        if self.replicated >= self.records.len() {
            return None;
        }
        let (_, undo) = self.records.pop_back()?;
        self.durable = self.durable.min(self.records.len());
        Some(undo)
    }

    fn drop_settled(&mut self) {
        let settled = if self.has_replica { self.durable.min(self.replicated) } else { self.durable };
        if settled > 0 {
            self.records.drain(..settled);
            self.durable -= settled;
            self.replicated = self.replicated.saturating_sub(settled);
        }
    }
}
