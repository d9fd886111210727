//! One partition: the log, what is appended to it and read from it. How replicas follow and take over is in
//! `replication`.

use std::collections::VecDeque;

use crate::cluster::BrokerSet;
use crate::error::KafkaError;
use crate::producer::{Sequenced, Sequences, StampedBatch};
use crate::record::{Acks, NewRecord, Record, Stamp};

#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) broker: u8,
    /// The offset after the last record this replica holds.
    pub(crate) end: i64,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    /// On the first record of a stamped batch. Replicas end between batches, so none is ever cut in two.
    pub(crate) batch: Option<StampedBatch>,
}

#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) log: Vec<Entry>,
    /// In order of preference.
    pub(crate) replicas: Vec<Replica>,
    pub(crate) in_sync: BrokerSet,
    pub(crate) leader: Option<u8>,
    pub(crate) high_watermark: i64,
    pub(crate) sequences: Sequences,
    /// `(due_ms, end)`: by then the followers that run will have fetched up to there.
    pub(crate) replication: VecDeque<(i64, i64)>,
}

/// A batch on its way into the log.
pub(crate) struct Append<R> {
    pub(crate) records: R,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) acks: Acks,
}

/// The cluster's state and settings that an append depends on.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings {
    pub(crate) running: BrokerSet,
    /// Running and done with catching up.
    pub(crate) fetching: BrokerSet,
    pub(crate) min_insync_replicas: usize,
    pub(crate) replication_lag_ms: i64,
    pub(crate) max_records: usize,
}

impl Partition {
    /// An empty log on `brokers`, the first of which leads.
    pub(crate) fn new(brokers: &[u8]) -> Self {
        let mut in_sync = BrokerSet::default();
        brokers.iter().for_each(|broker| in_sync.insert(*broker));
        Self {
            log: Vec::new(),
            replicas: brokers.iter().map(|broker| Replica { broker: *broker, end: 0 }).collect(),
            in_sync,
            leader: brokers.first().copied(),
            high_watermark: 0,
            sequences: Sequences::default(),
            replication: VecDeque::new(),
        }
    }

    pub(crate) fn leader(&self) -> Option<u8> {
        self.leader
    }

    pub(crate) fn in_sync(&self) -> BrokerSet {
        self.in_sync
    }

    pub(crate) fn high_watermark(&self) -> i64 {
        self.high_watermark
    }

    pub(crate) fn end(&self) -> i64 {
        i64::try_from(self.log.len()).expect("a log is shorter than 2^63")
    }

    pub(crate) fn leader_in(&self, running: BrokerSet) -> Result<u8, KafkaError> {
        self.leader.filter(|leader| running.contains(*leader)).ok_or(KafkaError::LeaderNotAvailable)
    }

    /// Appends a batch, or finds it already there. The offset of its first record, and whether it was.
    pub(crate) fn append(
        &mut self,
        append: Append<impl ExactSizeIterator<Item = NewRecord>>,
        surroundings: Surroundings,
        now_ms: i64,
    ) -> Result<(i64, bool), KafkaError> {
        let leader = self.leader_in(surroundings.running)?;
        if append.acks == Acks::All && self.in_sync.len() < surroundings.min_insync_replicas {
            return Err(KafkaError::NotEnoughReplicas);
        }
        let count = append.records.len();
        let batch = append.stamp.map(|stamp| StampedBatch::new(stamp, count));
        let sequenced = batch.map_or(Ok(Sequenced::Next), |batch| self.sequences.check(batch))?;
        let (offset, duplicate) = match sequenced {
            Sequenced::Duplicate { offset } => (offset, true),
            Sequenced::Next => {
                if self.log.len().saturating_add(count) > surroundings.max_records {
                    return Err(KafkaError::PolicyViolation);
                }
                (self.append_at_leader(leader, append.records, batch, now_ms), false)
            }
        };
        match append.acks {
            Acks::All => {
                self.replicate(self.end(), surroundings.fetching);
                // A follower that died but still counts as in sync holds everyone up. The high watermark lies between
                // batches, so the first record stands for all.
                if self.high_watermark <= offset {
                    return Err(KafkaError::RequestTimedOut);
                }
            }
            Acks::Leader | Acks::None if surroundings.replication_lag_ms == 0 => {
                self.replicate(self.end(), surroundings.fetching);
            }
            Acks::Leader | Acks::None => {
                let due_ms = now_ms.saturating_add(surroundings.replication_lag_ms);
                self.replication.push_back((due_ms, self.end()));
            }
        }
        Ok((offset, duplicate))
    }

    fn append_at_leader(
        &mut self,
        leader: u8,
        records: impl Iterator<Item = NewRecord>,
        mut batch: Option<StampedBatch>,
        now_ms: i64,
    ) -> i64 {
        let first = self.end();
        if let Some(batch) = batch {
            self.sequences.note(batch, first);
        }
        for (offset, NewRecord { key, value, headers }) in (first..).zip(records) {
            let record = Record { offset, key, value, headers, timestamp_ms: now_ms };
            self.log.push(Entry { record, batch: batch.take() });
        }
        let end = self.end();
        let led = self.replicas.iter_mut().find(|replica| replica.broker == leader);
        led.expect("the leader is a replica").end = end;
        first
    }

    /// At most `max_records` from `offset` on, below the high watermark.
    pub(crate) fn fetch(&self, offset: i64, max_records: usize, running: BrokerSet) -> Result<Vec<Record>, KafkaError> {
        self.leader_in(running)?;
        if offset < 0 || offset > self.end() {
            return Err(KafkaError::OffsetOutOfRange);
        }
        let readable = usize::try_from(self.high_watermark).expect("a high watermark is an offset");
        let from = usize::try_from(offset).expect("checked above").min(readable);
        let until = from.saturating_add(max_records).min(readable);
        Ok(self.log[from..until].iter().map(|entry| entry.record.clone()).collect())
    }
}
