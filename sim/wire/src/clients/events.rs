//! The `events` port: the log client of every world, its requests over one connection to the cluster.

use std::time::Duration;

use async_trait::async_trait;
use harness::world::hosts::kafka::Answer;
use harness::world::log_client::{Cluster, LogClient};
use harness::world::network::NodeIndex;
use kafka_engine::{Batch, Join, Joined, MemberId, Positions, Produced, ProducerId, Record, TopicPartition};
use platform::bugs::{Bugs, KnownBug};
use platform::time_limit::within;
use tokio::sync::Mutex;
use turmoil_net::shim::tokio::net::TcpStream;

use crate::servers::kafka::{Message, Partition, Request, Response, Share, error_of, positions};
use crate::servers::{KAFKA_PORT, frames};
use crate::world::fabric::address;

/// How long a request waits for its answer, beyond what it asks the cluster to wait itself.
const PATIENCE: Duration = Duration::from_millis(700);

/// The cluster, over a connection of this client's own.
pub struct WireCluster {
    server: NodeIndex,
    /// A request takes the connection and puts it back when it has been answered; one that was not closes it.
    connection: Mutex<Option<TcpStream>>,
    bugs: Bugs,
}

/// The log on the machine at `server`.
#[must_use]
pub fn log(server: NodeIndex, bugs: Bugs) -> LogClient<WireCluster> {
    LogClient::new(WireCluster { server, connection: Mutex::new(None), bugs })
}

impl WireCluster {
    async fn ask(&self, request: &Request, waits: Duration) -> Answer<Response> {
        let mut connection = self.connection.lock().await;
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => within(PATIENCE, TcpStream::connect((address(self.server), KAFKA_PORT))).await.ok()?.ok()?,
        };
        let exchange = async {
            frames::write(&mut stream, request).await?;
            frames::read::<Response>(&mut stream).await
        };
        let answer = within(PATIENCE + waits, exchange).await;
        // KNOWN BUG, late-answer-taken-for-the-next: only a connection that is idle may be used again.
        if matches!(answer, Ok(Ok(_))) || self.bugs.has(KnownBug::LateAnswerTakenForTheNext) {
            *connection = Some(stream);
        }
        Some(match answer.ok()?.ok()? {
            Response::Refused(code) => Err(error_of(code)),
            response @ (Response::Done
            | Response::Producer { .. }
            | Response::Partition(_)
            | Response::Produced(_)
            | Response::Joined { .. }
            | Response::Waiting { .. }
            | Response::Positions(_)
            | Response::Partitions(_)
            | Response::Records(_)) => Ok(response),
        })
    }
}

fn partition(at: &TopicPartition) -> Partition {
    (at.topic.clone(), at.partition)
}

fn offsets(next: &Positions) -> Vec<(Partition, i64)> {
    next.iter().map(|(at, next)| (partition(at), *next)).collect()
}

/// Takes out of an answer what its request asks for; anything else is as good as none.
macro_rules! expect {
    ($answer:expr, $response:pat => $value:expr) => {
        match $answer? {
            Err(error) => Some(Err(error)),
            Ok($response) => Some(Ok($value)),
            Ok(_other) => None,
        }
    };
}

#[async_trait]
impl Cluster for WireCluster {
    async fn init_producer(&self) -> Answer<ProducerId> {
        let answer = self.ask(&Request::InitProducer, Duration::ZERO).await;
        expect!(answer, Response::Producer { id, epoch } => ProducerId { id, epoch })
    }

    async fn partition_for(&self, topic: &str, key: &[u8]) -> Answer<i32> {
        let request = Request::PartitionFor { topic: topic.to_owned(), key: key.to_vec() };
        expect!(self.ask(&request, Duration::ZERO).await, Response::Partition(partition) => partition)
    }

    async fn produce(&self, batches: Vec<Batch<'_>>) -> Answer<Vec<Produced>> {
        let request = Request::Produce { batches: batches.iter().map(Share::of).collect() };
        let produced = |(partition, offset, duplicate)| Produced { partition, offset, duplicate };
        expect!(self.ask(&request, Duration::ZERO).await, Response::Produced(all) => all.into_iter().map(produced).collect())
    }

    async fn join(&self, group: &str, member: Option<MemberId>, topics: &[&'static str]) -> Answer<Join> {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let request = Request::Join { group: group.to_owned(), member: member.map(|member| member.0), topics };
        let named = |(topic, partition)| TopicPartition { topic, partition };
        match self.ask(&request, Duration::ZERO).await? {
            Err(error) => Some(Err(error)),
            Ok(Response::Waiting { member }) => Some(Ok(Join::Waiting { member: MemberId(member) })),
            Ok(Response::Joined { member, generation, assignment }) => {
                let assignment = assignment.into_iter().map(named).collect();
                Some(Ok(Join::Joined(Joined { member: MemberId(member), generation, assignment })))
            }
            Ok(_other) => None,
        }
    }

    async fn heartbeat(&self, group: &str, joined: &Joined) -> Answer<()> {
        let (group, member, generation) = (group.to_owned(), joined.member.0, joined.generation);
        expect!(self.ask(&Request::Heartbeat { group, member, generation }, Duration::ZERO).await, Response::Done => ())
    }

    async fn committed(&self, group: &str, joined: &Joined) -> Answer<Positions> {
        let partitions = joined.assignment.iter().map(partition).collect();
        let request = Request::Committed { group: group.to_owned(), partitions };
        expect!(self.ask(&request, Duration::ZERO).await, Response::Positions(next) => positions(next))
    }

    async fn with_more(&self, next: &Positions, wait: Duration) -> Answer<Vec<TopicPartition>> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let answer = self.ask(&Request::WithMore { next: offsets(next), wait_ms }, wait).await;
        let named = |(topic, partition)| TopicPartition { topic, partition };
        expect!(answer, Response::Partitions(all) => all.into_iter().map(named).collect())
    }

    async fn fetch(&self, at: &TopicPartition, offset: i64, max: usize) -> Answer<Vec<Record>> {
        let answer = self.ask(&Request::Fetch { at: partition(at), offset, max }, Duration::ZERO).await;
        expect!(answer, Response::Records(records) => records.iter().map(Message::record).collect())
    }

    async fn commit(&self, group: &str, joined: &Joined, next: &Positions) -> Answer<()> {
        let (group, member, generation) = (group.to_owned(), joined.member.0, joined.generation);
        let request = Request::Commit { group, member, generation, next: offsets(next) };
        expect!(self.ask(&request, Duration::ZERO).await, Response::Done => ())
    }
}
