//! The cluster from outside: records in, records out, members that come and go, brokers that die. One file per area.

mod groups;
mod idempotence;
mod log;
mod membership;
mod outages;
mod partitioning;
mod replication;

use std::sync::Arc;

use bytes::Bytes;
use kafka_engine::{
    Acks, Batch, Config, Join, Joined, Kafka, KafkaError, MemberId, NewRecord, Produce, Produced, ProducerId, Stamp,
};

/// A cluster of three with the topic `orders` in four partitions.
fn cluster(config: Config) -> Kafka {
    let mut kafka = Kafka::new(config);
    kafka.create_topic("orders", 4, 0).expect("the topic is new");
    kafka
}

/// A record for partition 0 of `orders`, led by broker 0 at first.
fn record(value: &str, acks: Acks) -> Produce<'static> {
    Produce {
        topic: "orders",
        key: None,
        value: Bytes::copy_from_slice(value.as_bytes()),
        headers: Arc::from([]),
        producer: None,
        partition: Some(0),
        acks,
    }
}

fn stamped(value: &str, producer_id: i64, epoch: i16, sequence: i32) -> Produce<'static> {
    Produce { producer: Some(Stamp { producer_id, epoch, sequence }), ..record(value, Acks::All) }
}

/// An idempotent producer's batch for partition 0: `count` records, each with its sequence for a value.
fn numbered_batch(count: i32, producer: ProducerId, sequence: i32) -> Batch<'static> {
    let record = |sequence: i32| NewRecord {
        key: None,
        value: Bytes::from(format!("numbered {sequence}")),
        headers: Arc::from([]),
    };
    let producer = Stamp { producer_id: producer.id, epoch: producer.epoch, sequence };
    Batch {
        topic: "orders",
        partition: 0,
        records: (sequence..sequence + count).map(record).collect(),
        producer: Some(producer),
        acks: Acks::All,
    }
}

fn at(partition: i32, offset: i64) -> Result<Produced, KafkaError> {
    Ok(Produced { partition, offset, duplicate: false })
}

fn again(partition: i32, offset: i64) -> Result<Produced, KafkaError> {
    Ok(Produced { partition, offset, duplicate: true })
}

/// What a consumer reads in partition 0.
fn values(kafka: &mut Kafka, now_ms: i64) -> Vec<String> {
    let records = kafka.fetch("orders", 0, 0, usize::MAX, now_ms).expect("partition 0 has a leader");
    records.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect()
}

/// Joins, and expects to be in the generation at once.
fn joined(kafka: &mut Kafka, member: Option<MemberId>, now_ms: i64) -> Joined {
    match kafka.join("relay", member, &["orders"], now_ms) {
        Ok(Join::Joined(joined)) => joined,
        other => panic!("not joined: {other:?}"),
    }
}

/// Joins, and expects to be kept waiting for the others.
fn waiting(kafka: &mut Kafka, member: Option<MemberId>, now_ms: i64) -> MemberId {
    match kafka.join("relay", member, &["orders"], now_ms) {
        Ok(Join::Waiting { member }) => member,
        other => panic!("not waiting: {other:?}"),
    }
}
