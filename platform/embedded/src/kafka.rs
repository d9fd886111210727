//! The `events` port over the Kafka engine: one cluster in the process, idempotent producers and group members on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use kafka_engine::{
    Acks, Config, Joined, Kafka, KafkaError, Membership, Positions, Produce, ProducerId, Stamp, TopicPartition,
};
use ports::clock::Clock;
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, NewRecord, Position};
use tokio::sync::Notify;

use crate::time::Steady;

/// How often elections, rebalances and silent members are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long a poll waits for records.
const POLL_WAIT: Duration = Duration::from_millis(500);
/// How long a member waits before it asks again whether the group is complete.
const JOIN_WAIT: Duration = Duration::from_millis(50);

struct State {
    engine: Kafka,
    time: Steady,
}

/// A cluster of one broker. It ends, with all its data, when the last handle on it is gone.
pub struct KafkaServer {
    state: Mutex<State>,
    appended: Notify,
}

impl KafkaServer {
    /// A cluster with these topics and their numbers of partitions. Starts the task that keeps its time, and so needs a
    /// runtime.
    ///
    /// # Errors
    /// A topic that the engine refuses.
    pub fn start(topics: &[(&str, i32)], clock: Arc<dyn Clock>) -> Result<Arc<Self>, KafkaError> {
        // Members share a process with the broker: one that is silent for ten seconds is gone.
        let config = Config {
            brokers: 1,
            replication_factor: 1,
            min_insync_replicas: 1,
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 10_000,
            ..Config::default()
        };
        let mut state = State { engine: Kafka::new(config), time: Steady::new(clock) };
        let now_ms = state.time.now_ms();
        for (topic, partitions) in topics {
            state.engine.create_topic(topic, *partitions, now_ms)?;
        }
        let server = Arc::new(Self { state: Mutex::new(state), appended: Notify::new() });
        drop(tokio::spawn(Self::keep_time(Arc::downgrade(&server))));
        Ok(server)
    }

    async fn keep_time(server: Weak<Self>) {
        loop {
            tokio::time::sleep(TICK).await;
            let Some(server) = server.upgrade() else { return };
            server.with(|engine, now_ms| engine.advance(now_ms));
        }
    }

    fn with<T>(&self, run: impl FnOnce(&mut Kafka, i64) -> T) -> T {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = state.time.now_ms();
        run(&mut state.engine, now_ms)
    }
}

/// The log of a cluster in the process.
#[derive(Clone)]
pub struct Log(Arc<KafkaServer>);

impl Log {
    /// The log of `server`.
    #[must_use]
    pub fn new(server: Arc<KafkaServer>) -> Self {
        Self(server)
    }
}

#[async_trait]
impl EventLog for Log {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        let id = self.0.with(|engine, _now_ms| engine.init_producer(None));
        Ok(Box::new(Producer { server: self.0.clone(), id, next: Mutex::default() }))
    }

    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        let server = self.0.clone();
        let topics = topics.to_vec();
        Ok(Box::new(Consumer { server, group, topics, membership: Membership::default() }))
    }
}

/// An idempotent session: nothing is lost between it and the broker, so it never has to send twice.
struct Producer {
    server: Arc<KafkaServer>,
    id: ProducerId,
    /// The next sequence in each partition.
    next: Mutex<BTreeMap<(&'static str, i32), i32>>,
}

#[async_trait]
impl EventProducer for Producer {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
        let next = &mut *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            let appended = self.server.with(|engine, now_ms| {
                let partition = engine.partition_for(record.topic, &record.key)?;
                let sequence = next.entry((record.topic, partition)).or_insert(0);
                let stamp = Stamp { producer_id: self.id.id, epoch: self.id.epoch, sequence: *sequence };
                let produced = engine.produce(produce(record, partition, stamp), now_ms)?;
                *sequence += 1;
                Ok(Position { partition: produced.partition, offset: produced.offset })
            });
            positions.push(appended.map_err(refused)?);
        }
        self.server.appended.notify_waiters();
        Ok(positions)
    }
}

fn produce(record: &NewRecord, partition: i32, stamp: Stamp) -> Produce<'_> {
    Produce {
        topic: record.topic,
        key: Some(record.key.clone()),
        value: record.value.clone(),
        headers: record.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        producer: Some(stamp),
        partition: Some(partition),
        acks: Acks::All,
    }
}

struct Consumer {
    server: Arc<KafkaServer>,
    group: &'static str,
    topics: Vec<&'static str>,
    membership: Membership,
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if let Some(member) = self.membership.member() {
            // A member the group no longer knows has left already.
            self.server.with(|engine, now_ms| engine.leave(self.group, member, now_ms).unwrap_or(()));
        }
    }
}

#[async_trait]
impl EventConsumer for Consumer {
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        let joined = match self.membership.joined() {
            Some(joined) => joined.clone(),
            None => self.join().await?,
        };
        let group = self.group;
        let alive =
            self.server.with(|engine, now_ms| engine.heartbeat(group, joined.member, joined.generation, now_ms));
        self.unless_rebalanced(alive)?;
        let server = self.server.clone();
        let appended = server.appended.notified();
        let mut records = self.fetch(max)?;
        if records.is_empty() {
            // Nothing there: an empty poll ends after a wait, as a consumer's fetch does.
            drop(tokio::time::timeout(POLL_WAIT, appended).await);
            records = self.fetch(max)?;
        }
        Ok(records)
    }

    async fn commit(&mut self) -> Result<(), EventError> {
        let joined = self.membership.joined().cloned().ok_or(EventError::Rebalanced)?;
        let next = self.membership.next.iter();
        let offsets: Vec<(&str, i32, i64)> = next.map(|(at, next)| (&*at.topic, at.partition, *next)).collect();
        let group = self.group;
        let committed =
            self.server.with(|engine, now_ms| engine.commit(group, joined.member, joined.generation, &offsets, now_ms));
        self.unless_rebalanced(committed)
    }
}

impl Consumer {
    async fn join(&mut self) -> Result<Joined, EventError> {
        loop {
            let (group, member, topics) = (self.group, self.membership.member(), &self.topics);
            let answer = self.server.with(|engine, now_ms| engine.join(group, member, topics, now_ms));
            if let Some(joined) = self.membership.join(answer).map_err(refused)? {
                let next = self.committed(&joined);
                self.membership.begin(joined.clone(), next);
                return Ok(joined);
            }
            tokio::time::sleep(JOIN_WAIT).await;
        }
    }

    fn committed(&self, joined: &Joined) -> Positions {
        self.server.with(|engine, _now_ms| {
            let start = |at: &TopicPartition| engine.committed(self.group, &at.topic, at.partition).unwrap_or(0);
            joined.assignment.iter().map(|at| (at.clone(), start(at))).collect()
        })
    }

    fn fetch(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        let mut records = Vec::new();
        for (TopicPartition { topic, partition }, next) in &mut self.membership.next {
            let wanted = max.saturating_sub(records.len());
            let fetched = self.server.with(|engine, now_ms| engine.fetch(topic, *partition, *next, wanted, now_ms));
            for record in fetched.map_err(refused)? {
                *next = record.offset + 1;
                records.push(ConsumedRecord {
                    topic: topic.clone(),
                    position: Position { partition: *partition, offset: record.offset },
                    key: record.key.clone().unwrap_or_default(),
                    value: record.value.clone(),
                    headers: record.headers.to_vec(),
                });
            }
        }
        Ok(records)
    }

    fn unless_rebalanced(&mut self, answer: Result<(), KafkaError>) -> Result<(), EventError> {
        answer.map_err(
            |error| {
                if self.membership.is_ended_by(&error) { EventError::Rebalanced } else { refused(error) }
            },
        )
    }
}

fn refused(error: KafkaError) -> EventError {
    EventError::Refused { code: error.name().to_owned(), retriable: error.is_retriable() }
}
