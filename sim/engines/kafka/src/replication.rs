//! How the replicas of a partition follow their leader, and which of them takes over when it is gone.
//!
//! One `Vec` stands for all replicas, each with its own end. That is exact as long as only replicas in sync are
//! elected (unclean election is outside the subset): a tail that the new leader lacks is cut off for everyone, and
//! a replica out of sync is never asked what it holds beyond.

use crate::cluster::BrokerSet;
use crate::partition::{Partition, Replica};
use crate::producer::Sequences;

impl Partition {
    /// The followers in `fetching` fetch up to `end`; whoever then has all that consumers can read is in sync.
    pub(crate) fn replicate(&mut self, end: i64, fetching: BrokerSet) {
        let all = self.end();
        for replica in self.replicas.iter_mut().filter(|replica| fetching.contains(replica.broker)) {
            replica.end = replica.end.max(end.min(all));
            if replica.end >= self.high_watermark {
                self.in_sync.insert(replica.broker);
            }
        }
        self.raise_high_watermark();
    }

    /// The high watermark is the smallest end among the replicas in sync, and never goes back.
    fn raise_high_watermark(&mut self) {
        let in_sync = self.replicas.iter().filter(|replica| self.in_sync.contains(replica.broker));
        let smallest = in_sync.map(|replica| replica.end).min().expect("one replica is always in sync");
        self.high_watermark = self.high_watermark.max(smallest);
        assert!(self.high_watermark <= self.end(), "the high watermark lies within the log");
    }

    /// When followers next fetch something.
    pub(crate) fn replication_due_ms(&self) -> Option<i64> {
        self.replication.front().map(|(due_ms, _)| *due_ms)
    }

    /// Replication that is due by `now_ms`; nobody fetches from a leader that is away.
    pub(crate) fn replicate_due(&mut self, running: BrokerSet, fetching: BrokerSet, now_ms: i64) {
        while let Some((_, end)) = self.replication.pop_front_if(|(due_ms, _)| *due_ms <= now_ms) {
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
        let eligible = |replica: &&Replica| self.in_sync.contains(replica.broker) && !fenced.contains(replica.broker);
        let Some((leader, end)) = self.replicas.iter().find(eligible).map(|replica| (replica.broker, replica.end))
        else {
            return;
        };
        assert!(self.high_watermark <= end, "a replica in sync holds everything below the high watermark");
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
        self.log.truncate(usize::try_from(end).expect("an end is an offset"));
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
}
