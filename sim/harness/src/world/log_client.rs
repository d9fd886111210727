//! The `events` port over any way to a cluster: an idempotent producer that retries, and consumer-group members.
//!
//! How a request gets to the cluster and its answer back is each world's own, behind [`Cluster`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kafka_engine::{
    Acks, Batch, Join, Joined, KafkaError, MemberId, Membership, Positions, Produced, ProducerId, Record, Stamp,
    TopicPartition,
};
use platform::time_limit::within;
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, NewRecord, Position};
use tokio::sync::Mutex;

use super::hosts::kafka::Answer;

/// A way to the cluster. `None` is an answer that did not come.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// Hands out an idempotent producer's id.
    async fn init_producer(&self) -> Answer<ProducerId>;

    /// The partition of a key.
    async fn partition_for(&self, topic: &str, key: &[u8]) -> Answer<i32>;

    /// Appends batches in order, up to the first that is refused; answers where the first record of each is.
    async fn produce(&self, batches: Vec<Batch<'_>>) -> Answer<Vec<Produced>>;

    /// Joins a group.
    async fn join(&self, group: &str, member: Option<MemberId>, topics: &[&'static str]) -> Answer<Join>;

    /// Keeps a membership alive.
    async fn heartbeat(&self, group: &str, joined: &Joined) -> Answer<()>;

    /// Where a group goes on reading the partitions assigned to a member.
    async fn committed(&self, group: &str, joined: &Joined) -> Answer<Positions>;

    /// The partitions that have records beyond these positions; waits at most `wait` for any to have.
    async fn with_more(&self, next: &Positions, wait: Duration) -> Answer<Vec<TopicPartition>>;

    /// Reads records of a partition.
    async fn fetch(&self, at: &TopicPartition, offset: i64, max: usize) -> Answer<Vec<Record>>;

    /// Commits the next offsets to read.
    async fn commit(&self, group: &str, joined: &Joined, next: &Positions) -> Answer<()>;
}

/// One process's access to the log.
pub struct LogClient<C>(Arc<C>);

/// How long a producer waits for an acknowledgement before it sends again.
const ACK_TIMEOUT: Duration = Duration::from_millis(800);
/// How often it sends before it reports an error.
const SENDS: u32 = 4;
/// How long a poll waits for records.
const POLL_WAIT: Duration = Duration::from_millis(500);
/// How long a member waits before it asks again whether the group is complete.
const JOIN_WAIT: Duration = Duration::from_millis(100);

impl<C> LogClient<C> {
    /// The log as it is reached through `cluster`.
    #[must_use]
    pub fn new(cluster: C) -> Self {
        Self(Arc::new(cluster))
    }
}

#[async_trait]
impl<C: Cluster> EventLog for LogClient<C> {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        let cluster = self.0.clone();
        let session = Session::open(&*cluster).await?;
        Ok(Box::new(Producer { cluster, session: Mutex::new(session) }))
    }

    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        let (cluster, topics) = (self.0.clone(), topics.to_vec());
        Ok(Box::new(Consumer { cluster, group, topics, membership: Membership::default() }))
    }
}

/// An idempotent session: the producer's id and the next sequence in each partition.
struct Session {
    id: ProducerId,
    next: BTreeMap<(&'static str, i32), i32>,
}

impl Session {
    async fn open(cluster: &impl Cluster) -> Result<Self, EventError> {
        match within(ACK_TIMEOUT, cluster.init_producer()).await {
            Ok(Some(Ok(id))) => Ok(Self { id, next: BTreeMap::new() }),
            Ok(Some(Err(error))) => Err(refused(error)),
            Ok(None) | Err(_) => Err(EventError::Unreachable),
        }
    }
}

struct Producer<C> {
    cluster: Arc<C>,
    /// Held across a batch: batches of one producer go out one after the other, or their sequences would mix.
    session: Mutex<Session>,
}

#[async_trait]
impl<C: Cluster> EventProducer for Producer<C> {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
        let session = &mut *self.session.lock().await;
        let shares = self.shares(records).await?;
        let mut failure = EventError::Unacknowledged;
        for _send in 0..SENDS {
            let batches = shares.iter().map(|(place, share)| session.batch(*place, share, records)).collect();
            match within(ACK_TIMEOUT, self.cluster.produce(batches)).await {
                Ok(Some(Ok(appended))) => return Ok(session.advance(&shares, &appended, records.len())),
                Ok(Some(Err(error))) if error.is_retriable() || error.may_have_appended() => {
                    failure = if error.may_have_appended() { EventError::Unacknowledged } else { refused(error) };
                    tokio::time::sleep(JOIN_WAIT).await;
                }
                Ok(Some(Err(error))) => {
                    failure = refused(error);
                    break;
                }
                // Silence is noticed when the wait for it is over; asked again at once, all sends would meet the same fault.
                Ok(None) => {
                    failure = EventError::Unacknowledged;
                    tokio::time::sleep(ACK_TIMEOUT).await;
                }
                Err(_) => failure = EventError::Unacknowledged,
            }
        }
        // Which records are in is not known, so these sequences must never be used for others: a fresh session, as
        // real producers bump their epoch.
        *session = Session::open(&*self.cluster).await?;
        Err(failure)
    }
}

/// Which of the records to append go to each partition, in their order.
type Shares = BTreeMap<(&'static str, i32), Vec<usize>>;

impl<C: Cluster> Producer<C> {
    async fn shares(&self, records: &[NewRecord]) -> Result<Shares, EventError> {
        let mut shares = Shares::new();
        for (number, record) in records.iter().enumerate() {
            let partition = answered(self.cluster.partition_for(record.topic, &record.key).await).map_err(refused)?;
            shares.entry((record.topic, partition)).or_default().push(number);
        }
        Ok(shares)
    }
}

impl Session {
    /// A partition's share as one batch: a leader recognises what is sent again among the last five batches of a producer,
    /// however many records they hold.
    fn batch(&self, place: (&'static str, i32), share: &[usize], records: &[NewRecord]) -> Batch<'static> {
        let (topic, partition) = place;
        let sequence = self.next.get(&place).copied().unwrap_or(0);
        let stamp = Stamp { producer_id: self.id.id, epoch: self.id.epoch, sequence };
        let record = |number: &usize| {
            let NewRecord { key, value, headers, .. } = &records[*number];
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            kafka_engine::NewRecord { key: Some(key.clone()), value: value.clone(), headers }
        };
        let records = share.iter().map(record).collect();
        Batch { topic, partition, records, producer: Some(stamp), acks: Acks::All }
    }

    /// Takes note of batches that are in the log, and says where each of their `count` records is.
    fn advance(&mut self, shares: &Shares, appended: &[Produced], count: usize) -> Vec<Position> {
        let mut positions = vec![Position { partition: 0, offset: 0 }; count];
        for ((place, share), first) in shares.iter().zip(appended) {
            for (number, offset) in share.iter().zip(first.offset..) {
                positions[*number] = Position { partition: first.partition, offset };
            }
            let further = i32::try_from(share.len()).expect("a batch fits in memory");
            *self.next.entry(*place).or_insert(0) += further;
        }
        positions
    }
}

struct Consumer<C> {
    cluster: Arc<C>,
    group: &'static str,
    topics: Vec<&'static str>,
    membership: Membership,
}

#[async_trait]
impl<C: Cluster> EventConsumer for Consumer<C> {
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        let joined = match self.membership.joined() {
            Some(joined) => joined.clone(),
            None => self.join().await?,
        };
        let alive = answered(self.cluster.heartbeat(self.group, &joined).await);
        self.unless_rebalanced(alive)?;
        // Nothing came within the wait: an empty poll, as a consumer's fetch returns one.
        let next = &mut self.membership.next;
        let with_more = answered(self.cluster.with_more(next, POLL_WAIT).await).map_err(refused)?;
        let mut records = Vec::new();
        for at in with_more {
            let Some(next) = next.get_mut(&at) else { continue };
            if records.len() >= max {
                break;
            }
            let fetched = self.cluster.fetch(&at, *next, max - records.len()).await;
            for record in answered(fetched).map_err(refused)? {
                *next = record.offset + 1;
                records.push(ConsumedRecord {
                    topic: at.topic.clone(),
                    position: Position { partition: at.partition, offset: record.offset },
                    key: record.key.clone().unwrap_or_default(),
                    value: record.value.clone(),
                    headers: record.headers.to_vec(),
                });
            }
        }
        Ok(records)
    }

    async fn commit(&mut self) -> Result<(), EventError> {
        let joined = self.membership.joined().cloned().ok_or(EventError::Rebalanced)?;
        let committed = answered(self.cluster.commit(self.group, &joined, &self.membership.next).await);
        self.unless_rebalanced(committed)
    }
}

impl<C: Cluster> Consumer<C> {
    async fn join(&mut self) -> Result<Joined, EventError> {
        loop {
            let answer = answered(self.cluster.join(self.group, self.membership.member(), &self.topics).await);
            if let Some(joined) = self.membership.join(answer).map_err(refused)? {
                let next = answered(self.cluster.committed(self.group, &joined).await).map_err(refused)?;
                self.membership.begin(joined.clone(), next);
                return Ok(joined);
            }
            tokio::time::sleep(JOIN_WAIT).await;
        }
    }

    fn unless_rebalanced(&mut self, answer: Result<(), KafkaError>) -> Result<(), EventError> {
        answer.map_err(
            |error| {
                if self.membership.is_ended_by(&error) { EventError::Rebalanced } else { refused(error) }
            },
        )
    }
}

/// An answer that did not come within the client's patience is a coordinator that cannot be reached.
fn answered<T>(answer: Option<Result<T, KafkaError>>) -> Result<T, KafkaError> {
    answer.unwrap_or(Err(KafkaError::CoordinatorNotAvailable))
}

fn refused(error: KafkaError) -> EventError {
    EventError::Refused { code: error.name().to_owned(), retriable: error.is_retriable() }
}
