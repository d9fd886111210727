//! The `events` port over the simulated network: an idempotent producer that retries, and consumer-group members.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use harness::world::hosts::kafka::KafkaHost;
use harness::world::network::NodeIndex;
use kafka_engine::{Acks, Batch, Join, Joined, KafkaError, MemberId, Produced, ProducerId, Stamp};
use platform::time_limit::within;
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, NewRecord, Position};
use tokio::sync::Mutex;

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
        let shares = self.shares(records)?;
        let mut failure = EventError::Unacknowledged;
        for _send in 0..SENDS {
            let batches = shares.iter().map(|(place, share)| session.batch(*place, share, records)).collect();
            match within(ACK_TIMEOUT, self.host.produce(self.from, batches)).await {
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
        *session = Session::open(&self.host, self.from).await?;
        Err(failure)
    }
}

/// Which of the records to append go to each partition, in their order.
type Shares = BTreeMap<(&'static str, i32), Vec<usize>>;

impl SimProducer {
    fn shares(&self, records: &[NewRecord]) -> Result<Shares, EventError> {
        let mut shares = Shares::new();
        for (number, record) in records.iter().enumerate() {
            let partition = self.host.partition_for(record.topic, &record.key).map_err(refused)?;
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use checkers::Limits;
    use harness::world::hosts::kafka::KafkaCosts;
    use harness::world::network::{Network, NetworkOptions};
    use harness::world::observer::Observer;
    use harness::world::time::{RuntimeClock, Timeline};
    use harness::world::trace::Trace;
    use madsim::Config;
    use madsim::runtime::Runtime;
    use platform::texts::Texts;

    use super::*;

    const TOPIC: &str = "orders";

    fn cluster() -> Arc<KafkaHost> {
        let options = NetworkOptions { latency_min_us: 100, latency_mean_us: 250, drop_ppm: 0, retransmit_us: 200_000 };
        let costs = KafkaCosts { parallelism: 1, produce_us: 1_000, fetch_us: 500 };
        let limits =
            Limits { skus: Vec::new(), admission_jitter_us: 0, drain_limit_us: 1_000_000, targets: Vec::new() };
        let observer = Observer::new(&limits, Texts::embedded().scripts(), Trace::new(None));
        let network = Network::new(options, 1);
        KafkaHost::new(
            NodeIndex(0),
            &[(TOPIC, 2)],
            costs,
            network,
            Timeline::begin(RuntimeClock::start(), 0),
            observer,
            1,
        )
    }

    fn record(number: u32) -> NewRecord {
        let id = Bytes::from(format!("ord_{number}:order_confirmed"));
        NewRecord { topic: TOPIC, key: id.clone(), value: id.clone(), headers: vec![("event-id", id)] }
    }

    #[test]
    fn a_batch_whose_acknowledgement_is_lost_is_in_the_log_once() {
        Runtime::with_seed_and_config(1, Config::default()).block_on(async {
            let host = cluster();
            let producer = SimLog::new(host.clone(), NodeIndex(1)).producer().await.expect("the cluster is up");
            let records: Vec<NewRecord> = (0..40).map(record).collect();
            host.set_ack_lost_ppm(1_000_000);
            let healing = tokio::spawn({
                let host = host.clone();
                async move {
                    tokio::time::sleep(ACK_TIMEOUT / 2).await;
                    host.set_ack_lost_ppm(0);
                }
            });
            // The relay, too, appends what it does not know to be in.
            let positions = loop {
                if let Ok(positions) = producer.append(&records).await {
                    break positions;
                }
            };
            healing.await.expect("the task does not panic");
            let mut logged = host.records(TOPIC);
            assert_eq!(logged.len(), records.len(), "records in the log");
            logged.sort();
            let named = |(position, record): (&Position, &NewRecord)| {
                let id = String::from_utf8_lossy(&record.value).into_owned();
                (position.partition, position.offset, id)
            };
            let mut told: Vec<(i32, i64, String)> = positions.iter().zip(&records).map(named).collect();
            told.sort();
            assert_eq!(told, logged, "each record is told where it is");
        });
    }
}
