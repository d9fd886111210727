//! A sans-IO Kafka: partitions, replication, idempotent producers and consumer groups.
//!
//! `(state, request, now) -> (state, answer)`: no socket, no clock, no randomness. Every request first lets time
//! pass up to its own `now_ms`, which must never go back. Lost requests, lost acknowledgements and service times are
//! the host's.
//!
//! Map: [`Kafka`] (this file, `produce` and `consume`) takes requests; `topic` chooses partitions (`murmur2`);
//! `partition` is one log, `replication` its replicas, `cluster` the brokers under them; `producer` knows ids, epochs
//! and sequences; `group` is one consumer group, `member` what it tells its members, `membership` what they keep of it,
//! `assign` its assignors; `error` the protocol's errors.
//!
//! Outside the subset: transactions, unclean elections, static membership, leader epochs in requests, retention and
//! compaction (a partition keeps `max_records_per_partition` and refuses more).

mod assign;
mod cluster;
mod config;
mod consume;
mod error;
mod group;
mod member;
mod membership;
mod murmur2;
mod partition;
mod produce;
mod producer;
mod record;
mod replication;
mod topic;

use std::collections::BTreeMap;

pub use assign::{Assignor, TopicPartition};
pub use config::Config;
pub use error::KafkaError;
pub use member::{GroupDescription, Join, Joined, MemberId};
pub use membership::{Membership, Positions};
pub use murmur2::{murmur2, partition_of};
pub use producer::ProducerId;
pub use record::{Acks, Batch, Headers, NewRecord, Produce, Produced, Record, Stamp};

use cluster::{BrokerEvent, Cluster};
use group::Group;
use partition::Partition;
use producer::ProducerIds;
use topic::Topic;

/// A cluster with its topics, producers and consumer groups.
#[derive(Debug)]
pub struct Kafka {
    config: Config,
    cluster: Cluster,
    topics: BTreeMap<String, Topic>,
    producers: ProducerIds,
    groups: BTreeMap<String, Group>,
    members: u64,
    /// Nothing happens by itself before this; may be too early, never too late.
    quiet_until_ms: i64,
}

impl Kafka {
    /// A cluster whose brokers all run, without topics.
    ///
    /// # Panics
    /// If there are no brokers or more than 64.
    pub fn new(config: Config) -> Self {
        Self {
            cluster: Cluster::new(config.brokers),
            topics: BTreeMap::new(),
            producers: ProducerIds::default(),
            groups: BTreeMap::new(),
            members: 0,
            quiet_until_ms: i64::MAX,
            config,
        }
    }

    /// Creates a topic, its leaders spread over the brokers. Groups that wait for it rebalance.
    pub fn create_topic(&mut self, name: &str, partitions: i32, now_ms: i64) -> Result<(), KafkaError> {
        self.advance(now_ms);
        topic::check_name(name)?;
        if partitions < 1 {
            return Err(KafkaError::InvalidPartitions);
        }
        if self.topics.contains_key(name) {
            return Err(KafkaError::TopicAlreadyExists);
        }
        let count = usize::try_from(partitions).map_err(|_| KafkaError::InvalidPartitions)?;
        let replicas = self.config.replication_factor;
        if replicas < 1 || replicas > self.config.brokers {
            return Err(KafkaError::InvalidReplicationFactor);
        }
        let first = self.topics.len();
        let place = |index: usize| self.cluster.place(first + index, replicas);
        let mut partitions: Vec<Partition> = (0..count).map(|index| Partition::new(&place(index))).collect();
        let fenced = self.cluster.fenced;
        for broker in (0..self.cluster.size).filter(|broker| fenced.contains(*broker)) {
            partitions.iter_mut().for_each(|partition| partition.fence(broker, fenced, now_ms));
        }
        self.wake_at(partitions.iter().filter_map(Partition::replication_due_ms).min());
        self.topics.insert(name.to_owned(), Topic::new(partitions));
        self.tell_groups_of(name, now_ms);
        Ok(())
    }

    /// How many partitions a topic has.
    pub fn partitions(&self, topic: &str) -> Result<i32, KafkaError> {
        Ok(self.topic(topic)?.partition_count())
    }

    /// The partition a record with this key goes to: what an idempotent producer needs to number its records.
    pub fn partition_for(&self, topic: &str, key: &[u8]) -> Result<i32, KafkaError> {
        Ok(partition_of(key, self.topic(topic)?.partition_count()))
    }

    /// The broker that leads a partition, if there is one that runs.
    pub fn leader(&self, topic: &str, partition: i32) -> Result<Option<u8>, KafkaError> {
        let leader = self.topic(topic)?.partition(partition)?.leader();
        Ok(leader.filter(|leader| self.cluster.running.contains(*leader)))
    }

    /// How many replicas of a partition are in sync.
    pub fn in_sync_replicas(&self, topic: &str, partition: i32) -> Result<usize, KafkaError> {
        Ok(self.topic(topic)?.partition(partition)?.in_sync().len())
    }

    /// The offset after the last record consumers can read.
    pub fn high_watermark(&self, topic: &str, partition: i32) -> Result<i64, KafkaError> {
        Ok(self.topic(topic)?.partition(partition)?.high_watermark())
    }

    fn topic(&self, name: &str) -> Result<&Topic, KafkaError> {
        self.topics.get(name).ok_or(KafkaError::UnknownTopicOrPartition)
    }

    /// Lets time pass up to `now_ms`: replication, noticed deaths, silent members, rebalances, in order of time.
    pub fn advance(&mut self, now_ms: i64) {
        if now_ms < self.quiet_until_ms {
            return;
        }
        while let Some(at_ms) = self.next_deadline().filter(|at_ms| *at_ms <= now_ms) {
            self.advance_to(at_ms);
        }
        self.quiet_until_ms = self.next_deadline().unwrap_or(i64::MAX);
    }

    fn wake_at(&mut self, at_ms: Option<i64>) {
        self.quiet_until_ms = self.quiet_until_ms.min(at_ms.unwrap_or(i64::MAX));
    }

    fn advance_to(&mut self, at_ms: i64) {
        let (running, fetching) = (self.cluster.running, self.cluster.fetching);
        for partition in self.topics.values_mut().flat_map(|topic| &mut topic.partitions) {
            partition.replicate_due(running, fetching, at_ms);
        }
        let followed_ms = at_ms.saturating_add(self.config.replication_lag_ms);
        while let Some((broker, event)) = self.cluster.take_due(at_ms) {
            let cluster = &self.cluster;
            for partition in self.topics.values_mut().flat_map(|topic| &mut topic.partitions) {
                match event {
                    BrokerEvent::Fenced => partition.fence(broker, cluster.fenced, followed_ms),
                    BrokerEvent::CaughtUp => partition.catch_up(cluster.running, cluster.fetching),
                }
            }
        }
        self.advance_groups(at_ms);
    }

    /// When [`advance`](Self::advance) next has something to do.
    pub fn next_deadline(&self) -> Option<i64> {
        let partitions = self.topics.values().flat_map(|topic| &topic.partitions);
        let replication = partitions.filter_map(Partition::replication_due_ms).min();
        let groups = self.groups.values().filter_map(Group::next_deadline).min();
        [replication, self.cluster.next_deadline(), groups].into_iter().flatten().min()
    }

    /// A broker dies. What it led is unavailable until the cluster notices and elects the next replica in sync; what
    /// only it had is lost then. Its disk survives. No effect on a broker that does not run.
    pub fn kill_broker(&mut self, broker: u8, now_ms: i64) {
        self.advance(now_ms);
        let noticed_ms = now_ms.saturating_add(self.config.broker_session_timeout_ms);
        if self.cluster.kill(broker, noticed_ms) {
            self.wake_at(Some(now_ms));
            self.advance(now_ms);
        }
    }

    /// A broker starts again with its disk. It leads where nobody could meanwhile, follows elsewhere, and is in sync
    /// after `replication_lag_ms`. No effect on a broker that runs.
    pub fn start_broker(&mut self, broker: u8, now_ms: i64) {
        self.advance(now_ms);
        let caught_up_ms = now_ms.saturating_add(self.config.replication_lag_ms);
        if self.cluster.start(broker, caught_up_ms) {
            let fenced = self.cluster.fenced;
            for partition in self.topics.values_mut().flat_map(|topic| &mut topic.partitions) {
                partition.unfence(fenced, caught_up_ms);
            }
            self.wake_at(Some(now_ms));
            self.advance(now_ms);
        }
    }
}
