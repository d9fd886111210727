//! Which partition a record goes to.

use bytes::Bytes;
use kafka_engine::{Acks, Config, KafkaError, Produce, murmur2, partition_of};
use proptest::prelude::*;

use super::{cluster, record};

#[test]
fn murmur2_gives_the_java_clients_values() {
    let cases: [(&str, i32); 8] = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
        ("", 275_646_681),
        // From librdkafka's own test of the same function.
        ("kafka", -798_503_068),
    ];
    for (key, hash) in cases {
        assert_eq!(murmur2(key.as_bytes()), hash, "{key}");
    }
}

#[test]
fn partition_is_the_hash_without_its_sign_modulo_the_count() {
    assert_eq!(partition_of(b"abc", 12), 479_470_107 % 12);
    assert_eq!(partition_of(b"21", 12), (-973_932_308_i32 & i32::MAX) % 12);
}

#[test]
fn records_of_one_key_share_a_partition_and_keep_their_order() {
    let mut kafka = cluster(Config::default());
    let key = Bytes::from_static(b"order-7");
    let partition = kafka.partition_for("orders", &key).unwrap();
    for offset in 0..3 {
        let keyed = Produce { key: Some(key.clone()), partition: None, ..record(&offset.to_string(), Acks::All) };
        let produced = kafka.produce(keyed, 0).unwrap();
        assert_eq!((produced.partition, produced.offset), (partition, offset));
    }
    let read = kafka.fetch("orders", partition, 0, 10, 0).unwrap();
    let read: Vec<(i64, &[u8])> = read.iter().map(|record| (record.offset, &record.value[..])).collect();
    assert_eq!(read, [(0, &b"0"[..]), (1, b"1"), (2, b"2")]);
}

#[test]
fn records_without_a_key_stick_to_a_partition_until_a_batch_is_full() {
    let mut kafka = cluster(Config::default());
    let mut partitions = Vec::new();
    for _ in 0..10 {
        let keyless = Produce { partition: None, ..record(&"x".repeat(4_096), Acks::All) };
        partitions.push(kafka.produce(keyless, 0).unwrap().partition);
    }
    assert_eq!(partitions, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
}

#[test]
fn partition_that_is_not_there_is_refused() {
    let mut kafka = cluster(Config::default());
    for partition in [4, -1] {
        let astray = Produce { partition: Some(partition), ..record("a", Acks::All) };
        assert_eq!(kafka.produce(astray, 0), Err(KafkaError::UnknownTopicOrPartition));
        assert_eq!(kafka.fetch("orders", partition, 0, 1, 0), Err(KafkaError::UnknownTopicOrPartition));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_key_has_a_partition_within_the_count(key in any::<Vec<u8>>(), partitions in 1..=i32::MAX) {
        prop_assert!((0..partitions).contains(&partition_of(&key, partitions)));
    }
}
