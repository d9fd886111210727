//! Idempotent producers: `(producer id, epoch, sequence)` per partition.

use std::sync::Arc;

use bytes::Bytes;
use kafka_engine::{Acks, Batch, Config, KafkaError, NewRecord, Produce, ProducerId, Stamp};
use proptest::prelude::*;

use super::{again, at, cluster, stamped, values};

#[test]
fn repeated_sequence_is_acknowledged_with_its_first_offset() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    assert_eq!(kafka.produce(stamped("a", producer.id, producer.epoch, 0), 0), at(0, 0));
    assert_eq!(kafka.produce(stamped("b", producer.id, producer.epoch, 1), 0), at(0, 1));
    assert_eq!(kafka.produce(stamped("a", producer.id, producer.epoch, 0), 0), again(0, 0));
    assert_eq!(values(&mut kafka, 0), ["a", "b"]);
}

#[test]
fn five_latest_records_are_remembered_and_no_more() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    for sequence in 0..6 {
        kafka.produce(stamped("x", producer.id, producer.epoch, sequence), 0).unwrap();
    }
    assert_eq!(kafka.produce(stamped("x", producer.id, producer.epoch, 1), 0), again(0, 1));
    let forgotten = kafka.produce(stamped("x", producer.id, producer.epoch, 0), 0);
    assert_eq!(forgotten, Err(KafkaError::OutOfOrderSequenceNumber));
}

#[test]
fn gap_in_the_sequence_is_refused() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    kafka.produce(stamped("a", producer.id, producer.epoch, 0), 0).unwrap();
    let gap = kafka.produce(stamped("c", producer.id, producer.epoch, 2), 0);
    assert_eq!(gap, Err(KafkaError::OutOfOrderSequenceNumber));
    assert_eq!(values(&mut kafka, 0), ["a"]);
}

#[test]
fn sequence_wraps_to_zero_after_its_maximum() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    kafka.produce(stamped("a", producer.id, producer.epoch, i32::MAX), 0).unwrap();
    assert_eq!(kafka.produce(stamped("b", producer.id, producer.epoch, 0), 0), at(0, 1));
}

#[test]
fn sequences_count_per_partition() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    kafka.produce(stamped("a", producer.id, producer.epoch, 0), 0).unwrap();
    let elsewhere = Produce { partition: Some(1), ..stamped("b", producer.id, producer.epoch, 0) };
    assert_eq!(kafka.produce(elsewhere, 0), at(1, 0));
}

#[test]
fn sessions_without_a_name_do_not_know_each_others_records() {
    let mut kafka = cluster(Config::default());
    let (before, after) = (kafka.init_producer(None), kafka.init_producer(None));
    kafka.produce(stamped("a", before.id, before.epoch, 0), 0).unwrap();
    assert_eq!(kafka.produce(stamped("a", after.id, after.epoch, 0), 0), at(0, 1), "a restart may write twice");
}

#[test]
fn new_session_of_a_name_fences_the_old_one() {
    let mut kafka = cluster(Config::default());
    let old = kafka.init_producer(Some("relay-1"));
    kafka.produce(stamped("a", old.id, old.epoch, 0), 0).unwrap();
    let new = kafka.init_producer(Some("relay-1"));
    assert_eq!((new.id, new.epoch), (old.id, old.epoch + 1));
    assert_eq!(kafka.produce(stamped("b", old.id, old.epoch, 1), 0), Err(KafkaError::ProducerFenced));
    assert_eq!(kafka.produce(stamped("b", new.id, new.epoch, 0), 0), at(0, 1));
}

#[test]
fn new_epoch_starts_its_sequence_at_zero_and_forgets_the_old_one() {
    let mut kafka = cluster(Config::default());
    let old = kafka.init_producer(Some("relay-1"));
    for (sequence, value) in (0..).zip(["a", "b"]) {
        kafka.produce(stamped(value, old.id, old.epoch, sequence), 0).unwrap();
    }
    let new = kafka.init_producer(Some("relay-1"));
    let refused = kafka.produce(stamped("c", new.id, new.epoch, 2), 0);
    assert_eq!(refused, Err(KafkaError::OutOfOrderSequenceNumber));
    assert_eq!(kafka.produce(stamped("c", new.id, new.epoch, 0), 0), at(0, 2));
    assert_eq!(kafka.produce(stamped("d", new.id, new.epoch, 1), 0), at(0, 3));
}

#[test]
fn producers_and_epochs_never_handed_out_are_refused() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    assert_eq!(kafka.produce(stamped("a", 99, 0, 0), 0), Err(KafkaError::InvalidProducerIdMapping));
    assert_eq!(kafka.produce(stamped("a", -1, 0, 0), 0), Err(KafkaError::InvalidProducerIdMapping));
    assert_eq!(kafka.produce(stamped("a", producer.id, 1, 0), 0), Err(KafkaError::InvalidProducerEpoch));
}

#[test]
fn idempotent_producer_must_wait_for_all_replicas() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    let hasty = Produce { acks: Acks::Leader, ..stamped("a", producer.id, producer.epoch, 0) };
    assert_eq!(kafka.produce(hasty, 0), Err(KafkaError::InvalidRequiredAcks));
}

/// A batch of `values` for partition 0, numbered from `sequence`.
fn batch(values: &[&'static str], producer: ProducerId, sequence: i32) -> Batch<'static> {
    let record = |value: &&'static str| NewRecord {
        key: None,
        value: Bytes::from_static(value.as_bytes()),
        headers: Arc::from([]),
    };
    Batch {
        topic: "orders",
        partition: 0,
        records: values.iter().map(record).collect(),
        producer: Some(Stamp { producer_id: producer.id, epoch: producer.epoch, sequence }),
        acks: Acks::All,
    }
}

#[test]
fn repeated_batch_is_acknowledged_with_its_first_offset_however_long_it_is() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    let long = ["a", "b", "c", "d", "e", "f", "g"];
    assert_eq!(kafka.produce_batch(batch(&["0"], producer, 0), 0), at(0, 0));
    assert_eq!(kafka.produce_batch(batch(&long, producer, 1), 0), at(0, 1));
    assert_eq!(kafka.produce_batch(batch(&long, producer, 1), 0), again(0, 1));
    assert_eq!(kafka.produce_batch(batch(&["h"], producer, 8), 0), at(0, 8));
    assert_eq!(values(&mut kafka, 0).concat(), "0abcdefgh");
}

#[test]
fn part_of_a_batch_is_no_duplicate_of_it() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    kafka.produce_batch(batch(&["a", "b", "c"], producer, 0), 0).unwrap();
    for (part, sequence) in [(&["a", "b"][..], 0), (&["c"], 2), (&["b", "c", "d"], 1)] {
        let refused = kafka.produce_batch(batch(part, producer, sequence), 0);
        assert_eq!(refused, Err(KafkaError::OutOfOrderSequenceNumber), "{part:?}");
    }
}

#[test]
fn sequences_of_a_batch_wrap_within_it() {
    let mut kafka = cluster(Config::default());
    let producer = kafka.init_producer(None);
    kafka.produce_batch(batch(&["a", "b", "c"], producer, i32::MAX - 1), 0).unwrap();
    assert_eq!(kafka.produce_batch(batch(&["d"], producer, 1), 0), at(0, 3));
}

#[test]
fn batch_is_appended_whole_or_not_at_all() {
    let mut kafka = cluster(Config { max_records_per_partition: 3, max_message_bytes: 3, ..Config::default() });
    let producer = kafka.init_producer(None);
    assert_eq!(kafka.produce_batch(batch(&[], producer, 0), 0), Err(KafkaError::InvalidRequest));
    assert_eq!(kafka.produce_batch(batch(&["ab", "cd"], producer, 0), 0), Err(KafkaError::MessageTooLarge));
    assert_eq!(kafka.produce_batch(batch(&["a", "b"], producer, 0), 0), at(0, 0));
    assert_eq!(kafka.produce_batch(batch(&["c", "d"], producer, 2), 0), Err(KafkaError::PolicyViolation));
    assert_eq!(kafka.produce_batch(batch(&["c"], producer, 2), 0), at(0, 2));
    assert_eq!(values(&mut kafka, 0), ["a", "b", "c"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Each record is sent until it is acknowledged, up to four times, answers being lost on the way.
    #[test]
    fn retries_leave_each_record_once_and_in_order(losses in prop::collection::vec(0..4_usize, 1..40)) {
        let mut kafka = cluster(Config::default());
        let producer = kafka.init_producer(None);
        for (sequence, lost) in (0..).zip(&losses) {
            for attempt in 0..=*lost {
                let sent = kafka.produce(stamped(&sequence.to_string(), producer.id, producer.epoch, sequence), 0);
                let expected = if attempt == 0 { at(0, i64::from(sequence)) } else { again(0, i64::from(sequence)) };
                prop_assert_eq!(sent, expected);
            }
        }
        let expected: Vec<String> = (0..losses.len()).map(|sequence| sequence.to_string()).collect();
        prop_assert_eq!(values(&mut kafka, 0), expected);
    }
}
