//! Appending and fetching on a healthy cluster, and what is refused.

use std::sync::Arc;

use bytes::Bytes;
use kafka_engine::{Acks, Config, Kafka, KafkaError, Produce, Record};

use super::{at, cluster, record, values};

#[test]
fn record_comes_back_as_it_was_written() {
    let mut kafka = cluster(Config::default());
    let headers = Arc::from([("event-id".to_owned(), Bytes::from_static(b"e-1"))]);
    let key = Some(Bytes::from_static(b"o-1"));
    let written = Produce { key: key.clone(), headers: Arc::clone(&headers), ..record("paid", Acks::All) };
    kafka.produce(written, 77).unwrap();
    let expected = Record { offset: 0, key, value: Bytes::from_static(b"paid"), headers, timestamp_ms: 77 };
    assert_eq!(kafka.fetch("orders", 0, 0, 10, 80).unwrap(), [expected]);
}

#[test]
fn fetch_starts_at_its_offset_and_ends_at_its_maximum() {
    let mut kafka = cluster(Config::default());
    for value in ["a", "b", "c", "d"] {
        kafka.produce(record(value, Acks::All), 0).unwrap();
    }
    let offsets = |records: Vec<Record>| records.iter().map(|record| record.offset).collect::<Vec<_>>();
    assert_eq!(offsets(kafka.fetch("orders", 0, 1, 2, 0).unwrap()), [1, 2]);
    assert_eq!(offsets(kafka.fetch("orders", 0, 3, usize::MAX, 0).unwrap()), [3]);
    assert_eq!(offsets(kafka.fetch("orders", 0, 4, 10, 0).unwrap()), [], "the end is a place to wait");
    assert_eq!(kafka.fetch("orders", 0, 5, 10, 0), Err(KafkaError::OffsetOutOfRange));
    assert_eq!(kafka.fetch("orders", 0, -1, 10, 0), Err(KafkaError::OffsetOutOfRange));
}

#[test]
fn unacknowledged_sender_learns_neither_offset_nor_error() {
    let mut kafka = cluster(Config::default());
    assert_eq!(kafka.produce(record("a", Acks::None), 0).map(|produced| produced.offset), Ok(-1));
    let astray = Produce { topic: "nowhere", ..record("b", Acks::None) };
    assert_eq!(kafka.produce(astray, 0).map(|produced| produced.offset), Ok(-1));
    assert_eq!(values(&mut kafka, 10), ["a"]);
}

#[test]
fn oversized_record_is_refused() {
    let mut kafka = cluster(Config { max_message_bytes: 4, ..Config::default() });
    assert_eq!(kafka.produce(record("12345", Acks::All), 0), Err(KafkaError::MessageTooLarge));
    assert_eq!(kafka.produce(record("1234", Acks::All), 0), at(0, 0));
}

#[test]
fn full_partition_refuses_records() {
    let mut kafka = cluster(Config { max_records_per_partition: 1, ..Config::default() });
    assert_eq!(kafka.produce(record("a", Acks::All), 0), at(0, 0));
    assert_eq!(kafka.produce(record("b", Acks::All), 0), Err(KafkaError::PolicyViolation));
}

#[test]
fn topic_is_created_by_its_first_record_only_where_that_is_configured() {
    let mut kafka = Kafka::new(Config::default());
    assert_eq!(kafka.produce(record("a", Acks::All), 0), Err(KafkaError::UnknownTopicOrPartition));
    let mut kafka = Kafka::new(Config { auto_create_partitions: Some(2), ..Config::default() });
    assert_eq!(kafka.produce(record("a", Acks::All), 0), at(0, 0));
    assert_eq!(kafka.partitions("orders"), Ok(2));
}

#[test]
fn impossible_topics_are_refused() {
    let mut kafka = cluster(Config::default());
    assert_eq!(kafka.create_topic("orders", 4, 0), Err(KafkaError::TopicAlreadyExists));
    assert_eq!(kafka.create_topic("payments", 0, 0), Err(KafkaError::InvalidPartitions));
    for name in ["", ".", "..", "a b", "a/b", &"x".repeat(250)] {
        assert_eq!(kafka.create_topic(name, 1, 0), Err(KafkaError::InvalidTopic), "{name}");
    }
    let mut alone = Kafka::new(Config { brokers: 1, ..Config::default() });
    assert_eq!(alone.create_topic("orders", 1, 0), Err(KafkaError::InvalidReplicationFactor));
}

#[test]
fn errors_carry_the_protocols_names_and_numbers() {
    let cases = [
        (KafkaError::NotEnoughReplicas, 19, "NOT_ENOUGH_REPLICAS", true),
        (KafkaError::IllegalGeneration, 22, "ILLEGAL_GENERATION", false),
        (KafkaError::RebalanceInProgress, 27, "REBALANCE_IN_PROGRESS", false),
        (KafkaError::OutOfOrderSequenceNumber, 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false),
        (KafkaError::ProducerFenced, 90, "PRODUCER_FENCED", false),
    ];
    for (error, code, name, retriable) in cases {
        assert_eq!((error.code(), error.name(), error.is_retriable()), (code, name, retriable));
    }
}
