//! The `events` port over the simulated network: an idempotent producer that retries, and consumer-group members.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kafka_engine::{Acks, Join, Joined, KafkaError, MemberId, Produce, ProducerId, Stamp};
use platform::time_limit::within;
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, NewRecord, Position};
use tokio::sync::Mutex;

use crate::world::hosts::kafka::KafkaHost;
use crate::world::network::NodeIndex;

/// One process's access to the log.
pub struct SimLog {
    host: Arc<KafkaHost>,
    from: NodeIndex,
}

/// How long a producer waits for an acknowledgement before it sends again.
const ACK_TIMEOUT: Duration = Duration::from_millis(800);
/// How often it sends before it reports an error.
const SENDS: u32 = 4;
/// How long a poll waits for records.
const POLL_WAIT: Duration = Duration::from_millis(500);
/// How long a member waits before it asks again whether the group is complete.
const JOIN_WAIT: Duration = Duration::from_millis(100);

impl SimLog {
    /// The log as the process at `from` reaches it.
    #[must_use]
    pub fn new(host: Arc<KafkaHost>, from: NodeIndex) -> Self {
        Self { host, from }
    }
}

#[async_trait]
impl EventLog for SimLog {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        let (host, from) = (self.host.clone(), self.from);
        let session = Session::open(&host, from).await?;
        Ok(Box::new(SimProducer { host, from, session: Mutex::new(session) }))
    }

    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        Ok(Box::new(SimConsumer {
            host: self.host.clone(),
            from: self.from,
            group,
            topics: topics.to_vec(),
            member: None,
            joined: None,
            next: BTreeMap::new(),
        }))
    }
}

/// An idempotent session: the producer's id and the next sequence in each partition.
struct Session {
    id: ProducerId,
    next: BTreeMap<(&'static str, i32), i32>,
}

impl Session {
    async fn open(host: &KafkaHost, from: NodeIndex) -> Result<Self, EventError> {
        match within(ACK_TIMEOUT, host.init_producer(from)).await {
            Ok(Some(Ok(id))) => Ok(Self { id, next: BTreeMap::new() }),
            Ok(Some(Err(error))) => Err(refused(error)),
            Ok(None) | Err(_) => Err(EventError::Unreachable),
        }
    }
}

struct SimProducer {
    host: Arc<KafkaHost>,
    from: NodeIndex,
    /// Held across a batch: batches of one producer go out one after the other, or their sequences would mix.
    session: Mutex<Session>,
}

#[async_trait]
impl EventProducer for SimProducer {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
        let session = &mut *self.session.lock().await;
        let mut failure = EventError::Unacknowledged;
        for _send in 0..SENDS {
            let batch = self.stamp(session, records)?;
            match within(ACK_TIMEOUT, self.host.produce(self.from, batch)).await {
                Ok(Some(Ok(appended))) => {
                    for record in records {
                        let partition = self.partition_of(record)?;
                        *session.next.entry((record.topic, partition)).or_insert(0) += 1;
                    }
                    let position = |p: &kafka_engine::Produced| Position { partition: p.partition, offset: p.offset };
                    return Ok(appended.iter().map(position).collect());
                }
                Ok(Some(Err(error))) if error.is_retriable() || error.may_have_appended() => {
                    failure = if error.may_have_appended() { EventError::Unacknowledged } else { refused(error) };
                    tokio::time::sleep(JOIN_WAIT).await;
                }
                Ok(Some(Err(error))) => {
                    failure = refused(error);
                    break;
                }
                Ok(None) | Err(_) => failure = EventError::Unacknowledged,
            }
        }
        // Which records are in is not known, so these sequences must never be used for others: a fresh session, as
        // real producers bump their epoch.
        *session = Session::open(&self.host, self.from).await?;
        Err(failure)
    }
}

impl SimProducer {
    fn partition_of(&self, record: &NewRecord) -> Result<i32, EventError> {
        self.host.partition_for(record.topic, &record.key).map_err(refused)
    }

    fn stamp<'a>(&self, session: &Session, records: &'a [NewRecord]) -> Result<Vec<Produce<'a>>, EventError> {
        let mut next = session.next.clone();
        records
            .iter()
            .map(|record| {
                let partition = self.partition_of(record)?;
                let sequence = next.entry((record.topic, partition)).or_insert(0);
                let stamp = Stamp { producer_id: session.id.id, epoch: session.id.epoch, sequence: *sequence };
                *sequence += 1;
                let headers = record.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
                Ok(Produce {
                    topic: record.topic,
                    key: Some(record.key.clone()),
                    value: record.value.clone(),
                    headers,
                    producer: Some(stamp),
                    partition: Some(partition),
                    acks: Acks::All,
                })
            })
            .collect()
    }
}

struct SimConsumer {
    host: Arc<KafkaHost>,
    from: NodeIndex,
    group: &'static str,
    topics: Vec<&'static str>,
    member: Option<MemberId>,
    joined: Option<Joined>,
    /// Per owned partition, the next offset to read.
    next: BTreeMap<(String, i32), i64>,
}

#[async_trait]
impl EventConsumer for SimConsumer {
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        if self.joined.is_none() {
            self.join().await?;
        }
        let joined = self.joined.clone().expect("just joined");
        let alive = answered(self.host.heartbeat(self.from, self.group, &joined).await);
        self.unless_rebalanced(alive)?;
        if !self.has_more() {
            // Nothing came within the wait: an empty poll, as a consumer's fetch returns one.
            let _waited = within(POLL_WAIT, self.host.appended()).await;
        }
        let mut records = Vec::new();
        for ((topic, partition), next) in &mut self.next {
            if !self.host.has_more(topic, *partition, *next) || records.len() >= max {
                continue;
            }
            let fetched = self.host.fetch(self.from, topic, *partition, *next, max - records.len()).await;
            for record in answered(fetched).map_err(refused)? {
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

    async fn commit(&mut self) -> Result<(), EventError> {
        let joined = self.joined.clone().ok_or(EventError::Rebalanced)?;
        let offsets: Vec<(&str, i32, i64)> =
            self.next.iter().map(|((topic, partition), next)| (topic.as_str(), *partition, *next)).collect();
        let committed = answered(self.host.commit(self.from, self.group, &joined, &offsets).await);
        self.unless_rebalanced(committed)
    }
}

impl SimConsumer {
    async fn join(&mut self) -> Result<(), EventError> {
        loop {
            let answer = answered(self.host.join(self.from, self.group, self.member, &self.topics).await);
            match answer {
                Ok(Join::Waiting { member }) => {
                    self.member = Some(member);
                    tokio::time::sleep(JOIN_WAIT).await;
                }
                Ok(Join::Joined(joined)) => {
                    self.member = Some(joined.member);
                    let place = |at: &kafka_engine::TopicPartition| {
                        let next = self.host.committed(self.group, &at.topic, at.partition);
                        ((at.topic.clone(), at.partition), next)
                    };
                    self.next = joined.assignment.iter().map(place).collect();
                    self.joined = Some(joined);
                    return Ok(());
                }
                Err(error) => {
                    if error == KafkaError::UnknownMemberId {
                        self.member = None;
                    }
                    return Err(refused(error));
                }
            }
        }
    }

    fn has_more(&self) -> bool {
        self.next.iter().any(|((topic, partition), next)| self.host.has_more(topic, *partition, *next))
    }

    fn unless_rebalanced(&mut self, answer: Result<(), KafkaError>) -> Result<(), EventError> {
        let Err(error) = answer else { return Ok(()) };
        let rebalanced = matches!(
            error,
            KafkaError::RebalanceInProgress | KafkaError::IllegalGeneration | KafkaError::UnknownMemberId
        );
        if rebalanced {
            self.joined = None;
            self.next.clear();
            if error == KafkaError::UnknownMemberId {
                self.member = None;
            }
            return Err(EventError::Rebalanced);
        }
        Err(refused(error))
    }
}

/// An answer that did not come within the client's patience is a coordinator that cannot be reached.
fn answered<T>(answer: Option<Result<T, KafkaError>>) -> Result<T, KafkaError> {
    answer.unwrap_or(Err(KafkaError::CoordinatorNotAvailable))
}

fn refused(error: KafkaError) -> EventError {
    EventError::Refused { code: error.name().to_owned(), retriable: error.is_retriable() }
}
