//! One partition: the log, the replicas that hold a prefix of it, the leader among them, the high watermark.
//!
//! One `Vec` stands for all replicas, each with its own end. That is exact as long as only replicas in sync are
//! elected (unclean election is outside the subset): a tail that the new leader lacks is cut off for everyone, and
//! a replica out of sync is never asked what it holds beyond.

use std::collections::VecDeque;

use crate::cluster::BrokerSet;
use crate::error::KafkaError;
use crate::producer::{Sequenced, Sequences, StampedBatch};
use crate::record::{Acks, NewRecord, Record, Stamp};

#[derive(Debug)]
struct Replica {
    broker: u8,
    /// The offset after the last record this replica holds.
    end: i64,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    /// On the first record of a stamped batch. Replicas end between batches, so none is ever cut in two.
    batch: Option<StampedBatch>,
}

#[derive(Debug)]
pub(crate) struct Partition {
    log: Vec<Entry>,
    /// In order of preference.
    replicas: Vec<Replica>,
    in_sync: BrokerSet,
    leader: Option<u8>,
    high_watermark: i64,
    sequences: Sequences,
    /// `(due_ms, end)`: by then the followers that run will have fetched up to there.
    replication: VecDeque<(i64, i64)>,
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
            replicas: brokers
                .iter()
                .map(|broker| Replica {
                    broker: *broker,
                    end: 0,
                })
                .collect(),
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

    fn end(&self) -> i64 {
        i64::try_from(self.log.len()).expect("a log is shorter than 2^63")
    }

    fn leader_in(&self, running: BrokerSet) -> Result<u8, KafkaError> {
        self.leader
            .filter(|leader| running.contains(*leader))
            .ok_or(KafkaError::LeaderNotAvailable)
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
                (
                    self.append_at_leader(leader, append.records, batch, now_ms),
                    false,
                )
            }
        };
        match append.acks {
            Acks::All => {
                self.replicate(self.end(), surroundings.fetching);
                // A follower that died but still counts as in sync holds everyone up.
                let last = offset + i64::try_from(count).expect("a batch fits in memory") - 1;
                if self.high_watermark <= last {
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
        for (
            offset,
            NewRecord {
                key,
                value,
                headers,
            },
        ) in (first..).zip(records)
        {
            let record = Record {
                offset,
                key,
                value,
                headers,
                timestamp_ms: now_ms,
            };
            self.log.push(Entry {
                record,
                batch: batch.take(),
            });
        }
        let end = self.end();
        let led = self
            .replicas
            .iter_mut()
            .find(|replica| replica.broker == leader);
        led.expect("the leader is a replica").end = end;
        first
    }

    /// The followers in `fetching` fetch up to `end`; whoever then has all that consumers can read is in sync.
    fn replicate(&mut self, end: i64, fetching: BrokerSet) {
        let all = self.end();
        for replica in self
            .replicas
            .iter_mut()
            .filter(|replica| fetching.contains(replica.broker))
        {
            replica.end = replica.end.max(end.min(all));
            if replica.end >= self.high_watermark {
                self.in_sync.insert(replica.broker);
            }
        }
        self.raise_high_watermark();
    }

    /// The high watermark is the smallest end among the replicas in sync, and never goes back.
    fn raise_high_watermark(&mut self) {
        let in_sync = self
            .replicas
            .iter()
            .filter(|replica| self.in_sync.contains(replica.broker));
        let smallest = in_sync
            .map(|replica| replica.end)
            .min()
            .expect("one replica is always in sync");
        self.high_watermark = self.high_watermark.max(smallest);
        assert!(
            self.high_watermark <= self.end(),
            "the high watermark lies within the log"
        );
    }

    /// When followers next fetch something.
    pub(crate) fn replication_due_ms(&self) -> Option<i64> {
        self.replication.front().map(|(due_ms, _)| *due_ms)
    }

    /// Replication that is due by `now_ms`; nobody fetches from a leader that is away.
    pub(crate) fn replicate_due(&mut self, running: BrokerSet, fetching: BrokerSet, now_ms: i64) {
        while let Some((_, end)) = self
            .replication
            .pop_front_if(|(due_ms, _)| *due_ms <= now_ms)
        {
            if self.leader_in(running).is_ok() {
                self.replicate(end, fetching);
            }
        }
    }

    /// A broker that started again has caught up: as a follower it is in sync, as a leader it is followed.
    pub(crate) fn catch_up(&mut self, running: BrokerSet, fetching: BrokerSet) {
        if self.leader_in(running).is_ok() {
            self.replicate(self.end(), fetching);
        }
    }

    /// The cluster has noticed that `broker` is gone: it leaves the replicas in sync, unless it is the last of them,
    /// and if it led, the first other replica in sync takes over. Followers have fetched from it by `followed_ms`.
    pub(crate) fn fence(&mut self, broker: u8, fenced: BrokerSet, followed_ms: i64) {
        if self.in_sync.contains(broker) && self.in_sync.len() > 1 {
            self.in_sync.remove(broker);
        }
        if self.leader == Some(broker) {
            self.leader = None;
            self.elect(fenced, followed_ms);
        } else if self.leader.is_some() {
            self.raise_high_watermark();
        }
    }

    /// A broker is back: it leads if nobody could meanwhile.
    pub(crate) fn unfence(&mut self, fenced: BrokerSet, followed_ms: i64) {
        if self.leader.is_none() {
            self.elect(fenced, followed_ms);
        }
    }

    fn elect(&mut self, fenced: BrokerSet, followed_ms: i64) {
        let eligible = |replica: &&Replica| {
            self.in_sync.contains(replica.broker) && !fenced.contains(replica.broker)
        };
        let Some((leader, end)) = self
            .replicas
            .iter()
            .find(eligible)
            .map(|replica| (replica.broker, replica.end))
        else {
            return;
        };
        assert!(
            self.high_watermark <= end,
            "a replica in sync holds everything below the high watermark"
        );
        self.leader = Some(leader);
        self.replication.clear();
        self.replication.push_back((followed_ms, end));
        if end < self.end() {
            self.cut_off(end);
        }
        self.raise_high_watermark();
    }

    /// Drops what the new leader does not hold, and with it what the partition knew of those sequences.
    fn cut_off(&mut self, end: i64) {
        self.log
            .truncate(usize::try_from(end).expect("an end is an offset"));
        for replica in &mut self.replicas {
            replica.end = replica.end.min(end);
        }
        self.sequences = Sequences::default();
        for entry in &self.log {
            if let Some(batch) = entry.batch {
                self.sequences.note(batch, entry.record.offset);
            }
        }
    }

    /// At most `max_records` from `offset` on, below the high watermark.
    pub(crate) fn fetch(
        &self,
        offset: i64,
        max_records: usize,
        running: BrokerSet,
    ) -> Result<Vec<Record>, KafkaError> {
        self.leader_in(running)?;
        if offset < 0 || offset > self.end() {
            return Err(KafkaError::OffsetOutOfRange);
        }
        let readable = usize::try_from(self.high_watermark).expect("a high watermark is an offset");
        let from = usize::try_from(offset)
            .expect("checked above")
            .min(readable);
        let until = from.saturating_add(max_records).min(readable);
        Ok(self.log[from..until]
            .iter()
            .map(|entry| entry.record.clone())
            .collect())
    }
}
