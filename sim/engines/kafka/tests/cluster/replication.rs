//! Acknowledgements, the high watermark, and what survives which broker.

use kafka_engine::{Acks, Config, Kafka, KafkaError};

use super::{again, at, cluster, numbered_batch, record, stamped, values};

const LAG_MS: i64 = 100;
const NOTICED_MS: i64 = 9_000;

fn lagging(min_insync_replicas: u8) -> Kafka {
    cluster(Config {
        replication_lag_ms: LAG_MS,
        broker_session_timeout_ms: NOTICED_MS,
        min_insync_replicas,
        ..Config::default()
    })
}

#[test]
fn record_is_readable_only_when_every_replica_in_sync_has_it() {
    let mut kafka = lagging(2);
    assert_eq!(kafka.produce(record("a", Acks::Leader), 0), at(0, 0));
    assert_eq!(values(&mut kafka, LAG_MS - 1), [""; 0]);
    assert_eq!(kafka.next_deadline(), Some(LAG_MS));
    assert_eq!(values(&mut kafka, LAG_MS), ["a"]);
    assert_eq!(kafka.produce(record("b", Acks::All), LAG_MS), at(0, 1));
    assert_eq!(values(&mut kafka, LAG_MS), ["a", "b"]);
}

#[test]
fn record_acknowledged_by_the_leader_alone_dies_with_it() {
    let mut kafka = lagging(2);
    kafka.produce(record("kept", Acks::All), 0).unwrap();
    assert_eq!(kafka.produce(record("lost", Acks::Leader), 1), at(0, 1));
    kafka.kill_broker(0, 2);
    kafka.start_broker(0, 2 + NOTICED_MS);
    assert_eq!(values(&mut kafka, 2 * NOTICED_MS), ["kept"]);
    assert_eq!(kafka.produce(record("next", Acks::All), 2 * NOTICED_MS), at(0, 1), "its offset is given away again");
}

#[test]
fn record_acknowledged_by_all_survives_any_one_broker() {
    for broker in 0..3 {
        let mut kafka = lagging(2);
        kafka.produce(record("a", Acks::All), 0).unwrap();
        kafka.kill_broker(broker, 1);
        assert_eq!(values(&mut kafka, 1 + NOTICED_MS), ["a"]);
        assert_eq!(kafka.produce(record("b", Acks::All), 1 + NOTICED_MS), at(0, 1));
    }
}

#[test]
fn partition_has_no_leader_until_the_death_is_noticed() {
    let mut kafka = lagging(2);
    kafka.kill_broker(0, 0);
    assert_eq!(kafka.leader("orders", 0), Ok(None));
    assert_eq!(kafka.produce(record("a", Acks::All), 1), Err(KafkaError::LeaderNotAvailable));
    assert_eq!(kafka.fetch("orders", 0, 0, 1, 1), Err(KafkaError::LeaderNotAvailable));
    assert_eq!(kafka.next_deadline(), Some(NOTICED_MS));
    assert_eq!(kafka.produce(record("a", Acks::All), NOTICED_MS), at(0, 0));
    assert_eq!(kafka.leader("orders", 0), Ok(Some(1)));
}

#[test]
fn dead_follower_leaves_the_result_unknown_until_it_is_noticed() {
    let mut kafka = lagging(2);
    let producer = kafka.init_producer(None);
    kafka.kill_broker(2, 0);
    let timed_out = kafka.produce(stamped("a", producer.id, producer.epoch, 0), 1);
    assert_eq!(timed_out, Err(KafkaError::RequestTimedOut));
    assert!(KafkaError::RequestTimedOut.may_have_appended());
    assert_eq!(values(&mut kafka, 1), [""; 0]);
    let retried = kafka.produce(stamped("a", producer.id, producer.epoch, 0), NOTICED_MS);
    assert_eq!(retried, again(0, 0), "the retry finds the record instead of adding it again");
    assert_eq!(values(&mut kafka, NOTICED_MS), ["a"]);
}

#[test]
fn too_few_replicas_in_sync_refuse_before_anything_is_appended() {
    let mut kafka = lagging(2);
    kafka.kill_broker(1, 0);
    kafka.kill_broker(2, 0);
    assert_eq!(kafka.produce(record("a", Acks::All), NOTICED_MS), Err(KafkaError::NotEnoughReplicas));
    assert_eq!(kafka.produce(record("b", Acks::Leader), NOTICED_MS), at(0, 0));
    assert_eq!(values(&mut kafka, 2 * NOTICED_MS), ["b"]);
}

#[test]
fn last_replica_in_sync_is_waited_for() {
    let mut kafka = lagging(1);
    kafka.kill_broker(1, 0);
    kafka.kill_broker(2, 0);
    kafka.produce(record("only broker 0 has it", Acks::All), NOTICED_MS).unwrap();
    kafka.kill_broker(0, NOTICED_MS);
    kafka.start_broker(1, 3 * NOTICED_MS);
    assert_eq!(kafka.leader("orders", 0), Ok(None), "broker 1 is up but lacks a record");
    kafka.start_broker(0, 4 * NOTICED_MS);
    assert_eq!(kafka.leader("orders", 0), Ok(Some(0)));
    assert_eq!(values(&mut kafka, 4 * NOTICED_MS), ["only broker 0 has it"]);
    kafka.advance(4 * NOTICED_MS + LAG_MS);
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(2), "broker 1 follows it and is in sync again");
}

#[test]
fn restarted_broker_is_in_sync_once_it_has_caught_up() {
    let mut kafka = lagging(2);
    kafka.kill_broker(2, 0);
    kafka.produce(record("a", Acks::All), NOTICED_MS).unwrap();
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(2));
    kafka.start_broker(2, 20_000);
    kafka.advance(20_000 + LAG_MS - 1);
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(2));
    kafka.advance(20_000 + LAG_MS);
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(3));
    assert_eq!(kafka.next_deadline(), None);
}

#[test]
fn broker_back_before_its_death_is_noticed_leads_on_with_its_tail() {
    let mut kafka = lagging(2);
    kafka.produce(record("a", Acks::Leader), 0).unwrap();
    kafka.kill_broker(0, 1);
    kafka.start_broker(0, 2);
    assert_eq!(kafka.leader("orders", 0), Ok(Some(0)));
    assert_eq!(values(&mut kafka, 2 + LAG_MS), ["a"]);
}

#[test]
fn new_leader_knows_the_sequences_it_holds_and_only_those() {
    let mut kafka = lagging(1);
    let producer = kafka.init_producer(None);
    kafka.produce(stamped("a", producer.id, producer.epoch, 0), 0).unwrap();
    kafka.kill_broker(1, 0);
    kafka.kill_broker(2, 0);
    let unknown = kafka.produce(stamped("b", producer.id, producer.epoch, 1), 1);
    assert_eq!(unknown, Err(KafkaError::RequestTimedOut), "appended at broker 0 alone");
    kafka.start_broker(1, 2);
    kafka.start_broker(2, 2);
    kafka.kill_broker(0, 3);
    let now_ms = 3 + NOTICED_MS;
    assert_eq!(kafka.leader("orders", 0).ok(), Some(None));
    assert_eq!(kafka.produce(stamped("a", producer.id, producer.epoch, 0), now_ms), again(0, 0));
    assert_eq!(
        kafka.produce(stamped("b", producer.id, producer.epoch, 1), now_ms),
        at(0, 1),
        "what it lost is new to it"
    );
    assert_eq!(values(&mut kafka, now_ms), ["a", "b"]);
}

#[test]
fn memory_rebuilt_by_a_new_leader_counts_batches_and_not_records() {
    let mut kafka = lagging(2);
    let producer = kafka.init_producer(None);
    kafka.produce(stamped("first", producer.id, producer.epoch, 0), 0).unwrap();
    let long = numbered_batch(6, producer, 1);
    assert_eq!(kafka.produce_batch(long.clone(), 0), at(0, 1));
    kafka.produce(record("lost", Acks::Leader), 1).unwrap();
    kafka.kill_broker(0, 2);
    let now_ms = 2 + NOTICED_MS;
    assert_eq!(kafka.produce_batch(long, now_ms), again(0, 1));
    let first = kafka.produce(stamped("first", producer.id, producer.epoch, 0), now_ms);
    assert_eq!(first, again(0, 0));
}

#[test]
fn returning_replica_is_not_in_sync_before_it_holds_what_consumers_can_read() {
    let mut kafka = lagging(2);
    kafka.kill_broker(1, 0);
    kafka.start_broker(1, 10_000);
    kafka.produce(record("a", Acks::Leader), 10_050).unwrap();
    kafka.produce(record("b", Acks::All), 10_051).unwrap();
    // While broker 1 catches up, the leader is away and back unnoticed: it gets only what was under way to it.
    kafka.kill_broker(0, 10_060);
    kafka.start_broker(0, 10_110);
    kafka.advance(10_150);
    assert_eq!(kafka.high_watermark("orders", 0), Ok(2));
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(2));
    kafka.advance(10_210);
    assert_eq!(kafka.in_sync_replicas("orders", 0), Ok(3));
}

#[test]
fn new_leader_brings_its_followers_up_to_itself() {
    let mut kafka = lagging(2);
    kafka.kill_broker(2, 0);
    kafka.start_broker(2, 1);
    let unknown = kafka.produce(record("a", Acks::All), 2);
    assert_eq!(unknown, Err(KafkaError::RequestTimedOut), "broker 2 is in sync, but still catching up");
    kafka.kill_broker(0, 3);
    kafka.advance(3 + NOTICED_MS);
    assert_eq!(kafka.leader("orders", 0), Ok(Some(1)));
    assert_eq!(values(&mut kafka, 3 + NOTICED_MS), [""; 0]);
    assert_eq!(values(&mut kafka, 3 + NOTICED_MS + LAG_MS), ["a"]);
}

#[test]
fn leaders_are_spread_over_the_brokers() {
    let kafka = lagging(2);
    let leaders: Vec<_> = (0..4).map(|partition| kafka.leader("orders", partition).unwrap()).collect();
    assert_eq!(leaders, [Some(0), Some(1), Some(2), Some(0)]);
}

#[test]
fn killing_twice_or_a_broker_that_is_not_there_changes_nothing() {
    let mut kafka = lagging(2);
    kafka.kill_broker(7, 0);
    kafka.start_broker(1, 0);
    assert_eq!(kafka.next_deadline(), None);
    kafka.kill_broker(1, 0);
    kafka.kill_broker(1, 500);
    assert_eq!(kafka.next_deadline(), Some(NOTICED_MS));
}
