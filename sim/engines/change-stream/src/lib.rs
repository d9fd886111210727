//! A connector for change data capture without I/O: a replication slot on the Postgres engine's commits on one side,
//! records as Debezium's Postgres connector writes them (JSON without schemas) on the other.
//!
//! | part | what it does |
//! |---|---|
//! | [`ChangeStream`] | the slot, which keeps commits until they are confirmed, and the connector's place in it |
//! | `record` | the envelope: `before`, `after`, `op`, `source` with its `lsn`, `ts_ms` |
//!
//! Delivery is at least once, as Debezium's is: places are stored now and then ([`ChangeStream::store_place`]), and a connector
//! that was killed begins again at the last one stored, so that what it had sent since comes twice. Order within a key holds.

mod record;

use std::collections::VecDeque;

use bytes::Bytes;
use postgres_engine::{CommitRecord, RowChange};

pub use record::lsn_of;

/// A table that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The column that a record's key is made of.
    pub key: &'static str,
}

/// One record for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// The row's key, as a JSON object.
    pub key: Bytes,
    /// The envelope.
    pub value: Bytes,
}

/// A slot with the connector that reads it.
#[derive(Debug)]
pub struct ChangeStream {
    table: Table,
    /// Commits that are not confirmed yet, oldest first.
    slot: VecDeque<CommitRecord>,
    /// How many commits of the slot have been handed out.
    handed_out: usize,
}

impl ChangeStream {
    /// A slot that begins now, for one table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table, slot: VecDeque::new(), handed_out: 0 }
    }

    /// Takes in what the database has committed, in commit order. Commits that do not touch the table are passed over.
    pub fn offer(&mut self, commits: &[CommitRecord]) {
        let concerned = |commit: &&CommitRecord| commit.changes.iter().any(|change| self.follows(change));
        let new: Vec<CommitRecord> = commits.iter().filter(concerned).cloned().collect();
        self.slot.extend(new);
    }

    fn follows(&self, change: &RowChange) -> bool {
        *change.table == *self.table.name
    }

    /// The records of the next commits, of at most `commits` of them; empty when there is nothing new. They are handed out
    /// once, until the connector [begins again](Self::begin_again).
    pub fn next(&mut self, commits: usize) -> Vec<ChangeRecord> {
        let next: Vec<CommitRecord> = self.slot.iter().skip(self.handed_out).take(commits).cloned().collect();
        self.handed_out += next.len();
        let mut records = Vec::new();
        for commit in &next {
            for (number, change) in commit.changes.iter().enumerate().filter(|(_, change)| self.follows(change)) {
                records.push(record::of(&self.table, commit, number, change));
            }
        }
        records
    }

    /// Whether there is something that was not handed out yet.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.handed_out < self.slot.len()
    }

    /// What was handed out since the place was last stored comes again; how many commits that are. Some of it may have
    /// arrived.
    pub fn begin_again(&mut self) -> usize {
        std::mem::take(&mut self.handed_out)
    }

    /// Everything handed out has arrived, and that is written down: the slot lets go of it.
    pub fn store_place(&mut self) {
        self.slot.drain(..self.handed_out);
        self.handed_out = 0;
    }

    /// When the oldest change that was not handed out was committed, in microseconds since the Unix epoch.
    #[must_use]
    pub fn behind_since_us(&self) -> Option<i64> {
        self.slot.get(self.handed_out).map(|commit| commit.committed_at_us)
    }
}
