//! Kafka as its clients meet it: requests of a connection one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use harness::world::hosts::kafka::{Answer, KafkaHost};
use harness::world::network::NodeIndex;
use kafka_engine::{
    Acks, Batch, Join, Joined, KafkaError, MemberId, NewRecord, Positions, Produced, ProducerId, Record, Stamp,
    TopicPartition,
};
use serde::{Deserialize, Serialize};
use turmoil_net::shim::tokio::net::TcpStream;

use super::{KAFKA_PORT, frames, listen};
use crate::world::fabric::place;

/// A partition: its topic and its number.
pub type Partition = (String, i32);

/// A request.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the engine's operations of the same names")]
pub enum Request {
    /// An idempotent producer's id.
    InitProducer,
    /// The partition of a key.
    PartitionFor { topic: String, key: Vec<u8> },
    /// Appends batches.
    Produce { batches: Vec<Share> },
    /// Joins a group.
    Join { group: String, member: Option<u64>, topics: Vec<String> },
    /// Keeps a membership alive.
    Heartbeat { group: String, member: u64, generation: i32 },
    /// Where a group goes on reading.
    Committed { group: String, partitions: Vec<Partition> },
    /// Which partitions have more.
    WithMore { next: Vec<(Partition, i64)>, wait_ms: u64 },
    /// Reads records.
    Fetch { at: Partition, offset: i64, max: usize },
    /// Commits offsets.
    Commit { group: String, member: u64, generation: i32, next: Vec<(Partition, i64)> },
}

/// A partition's share of what a producer appends.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the engine's batch")]
pub struct Share {
    pub at: Partition,
    pub producer_id: i64,
    pub epoch: i16,
    pub sequence: i32,
    pub records: Vec<Message>,
}

/// A record.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the engine's record")]
pub struct Message {
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub timestamp_ms: i64,
}

/// The answer to a request of the same name.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the engine's answers")]
pub enum Response {
    /// The protocol's number of an error.
    Refused(i16),
    /// Done, and nothing more to say.
    Done,
    Producer {
        id: i64,
        epoch: i16,
    },
    Partition(i32),
    Produced(Vec<(i32, i64, bool)>),
    Joined {
        member: u64,
        generation: i32,
        assignment: Vec<Partition>,
    },
    Waiting {
        member: u64,
    },
    Positions(Vec<(Partition, i64)>),
    Partitions(Vec<Partition>),
    Records(Vec<Message>),
}

/// Takes connections, for as long as the cluster runs. Its brokers die one by one, within the engine.
pub async fn serve(host: Arc<KafkaHost>) {
    let listener = listen(KAFKA_PORT).await;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(tokio::spawn(converse(host.clone(), stream)));
    }
}

async fn converse(host: Arc<KafkaHost>, mut stream: TcpStream) {
    let Ok(peer) = stream.peer_addr() else { return };
    let from = place(peer.ip());
    while let Ok(request) = frames::read::<Request>(&mut stream).await {
        let Some(answer) = answer(&host, from, request).await else {
            // An acknowledgement that is lost: the connection stays open and silent.
            return std::future::pending().await;
        };
        let response = answer.unwrap_or_else(|error| Response::Refused(error.code()));
        if frames::write(&mut stream, &response).await.is_err() {
            return;
        }
    }
}

async fn answer(host: &KafkaHost, from: NodeIndex, request: Request) -> Answer<Response> {
    Some(match request {
        Request::InitProducer => {
            host.init_producer(from).await?.map(|ProducerId { id, epoch }| Response::Producer { id, epoch })
        }
        Request::PartitionFor { topic, key } => host.partition_for(&topic, &key).map(Response::Partition),
        Request::Produce { batches } => {
            let batches = batches.iter().map(Share::batch).collect();
            let told = |at: Produced| (at.partition, at.offset, at.duplicate);
            host.produce(from, batches).await?.map(|all| Response::Produced(all.into_iter().map(told).collect()))
        }
        Request::Join { group, member, topics } => {
            let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
            host.join(from, &group, member.map(MemberId), &topics).await?.map(joined)
        }
        Request::Heartbeat { group, member, generation } => {
            host.heartbeat(from, &group, &membership(member, generation)).await?.map(|()| Response::Done)
        }
        Request::Committed { group, partitions } => {
            let next = |at: Partition| {
                let offset = host.committed(&group, &at.0, at.1);
                (at, offset)
            };
            Ok(Response::Positions(partitions.into_iter().map(next).collect()))
        }
        Request::WithMore { next, wait_ms } => {
            let with_more = host.with_more(&positions(next), Duration::from_millis(wait_ms)).await;
            Ok(Response::Partitions(with_more.into_iter().map(|at| (at.topic, at.partition)).collect()))
        }
        Request::Fetch { at, offset, max } => {
            let records = host.fetch(from, &at.0, at.1, offset, max).await?;
            records.map(|records| Response::Records(records.iter().map(Message::of).collect()))
        }
        Request::Commit { group, member, generation, next } => {
            let offsets: Vec<(&str, i32, i64)> =
                next.iter().map(|((topic, at), next)| (&**topic, *at, *next)).collect();
            host.commit(from, &group, &membership(member, generation), &offsets).await?.map(|()| Response::Done)
        }
    })
}

fn membership(member: u64, generation: i32) -> Joined {
    Joined { member: MemberId(member), generation, assignment: BTreeSet::new() }
}

fn joined(join: Join) -> Response {
    match join {
        Join::Waiting { member } => Response::Waiting { member: member.0 },
        Join::Joined(joined) => Response::Joined {
            member: joined.member.0,
            generation: joined.generation,
            assignment: joined.assignment.into_iter().map(|at| (at.topic, at.partition)).collect(),
        },
    }
}

/// Positions as the client keeps them.
#[must_use]
pub fn positions(next: Vec<(Partition, i64)>) -> Positions {
    next.into_iter().map(|((topic, partition), next)| (TopicPartition { topic, partition }, next)).collect()
}

/// The error of a number of the protocol.
///
/// # Panics
/// When no error of the engine has it.
#[must_use]
pub fn error_of(code: i16) -> KafkaError {
    let found = KafkaError::ALL.into_iter().find(|error| error.code() == code);
    found.unwrap_or_else(|| panic!("{code} is no error of this cluster"))
}

impl Share {
    /// The engine's batch as it goes over the wire.
    #[must_use]
    pub fn of(batch: &Batch<'_>) -> Self {
        let Stamp { producer_id, epoch, sequence } = batch.producer.expect("producers here are idempotent");
        let message = |record: &NewRecord| Message {
            offset: 0,
            key: record.key.as_deref().map(Into::into),
            value: record.value.to_vec(),
            headers: headers(&record.headers),
            timestamp_ms: 0,
        };
        let at = (batch.topic.to_owned(), batch.partition);
        Self { at, producer_id, epoch, sequence, records: batch.records.iter().map(message).collect() }
    }

    fn batch(&self) -> Batch<'_> {
        let record = |message: &Message| {
            let Record { key, value, headers, .. } = message.record();
            NewRecord { key, value, headers }
        };
        let producer = Some(Stamp { producer_id: self.producer_id, epoch: self.epoch, sequence: self.sequence });
        let (topic, partition) = (self.at.0.as_str(), self.at.1);
        Batch { topic, partition, records: self.records.iter().map(record).collect(), producer, acks: Acks::All }
    }
}

fn headers(headers: &[(String, Bytes)]) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.clone(), value.to_vec())).collect()
}

impl Message {
    fn of(record: &Record) -> Self {
        Self {
            offset: record.offset,
            key: record.key.as_deref().map(Into::into),
            value: record.value.to_vec(),
            headers: headers(&record.headers),
            timestamp_ms: record.timestamp_ms,
        }
    }

    /// The record as the engine has it.
    #[must_use]
    pub fn record(&self) -> Record {
        let bytes = |bytes: &Vec<u8>| Bytes::copy_from_slice(bytes);
        Record {
            offset: self.offset,
            key: self.key.as_ref().map(bytes),
            value: bytes(&self.value),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), bytes(value))).collect(),
            timestamp_ms: self.timestamp_ms,
        }
    }
}
