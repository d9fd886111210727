//! Consumer groups: generations, rebalances, offsets, and who is refused what.

use kafka_engine::{Assignor, Config, Join, Kafka, KafkaError, TopicPartition};

use super::{cluster, joined, waiting};

const SESSION_MS: i64 = 10_000;
const REBALANCE_MS: i64 = 60_000;

fn grouped() -> Kafka {
    cluster(Config { session_timeout_ms: SESSION_MS, rebalance_timeout_ms: REBALANCE_MS, ..Config::default() })
}

fn partitions(range: impl IntoIterator<Item = i32>) -> Vec<TopicPartition> {
    range.into_iter().map(|partition| TopicPartition::new("orders", partition)).collect()
}

#[test]
fn lone_member_reads_everything() {
    let mut kafka = grouped();
    let alone = joined(&mut kafka, None, 0);
    assert_eq!(alone.generation, 1);
    assert!(alone.assignment.into_iter().eq(partitions(0..4)));
}

#[test]
fn second_member_takes_half_once_the_first_has_joined_again() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 1);
    assert_eq!(kafka.heartbeat("relay", first.member, 1, 2), Err(KafkaError::RebalanceInProgress));
    let first = joined(&mut kafka, Some(first.member), 3);
    let second = joined(&mut kafka, Some(second), 3);
    assert_eq!((first.generation, second.generation), (2, 2));
    assert!(first.assignment.into_iter().eq(partitions(0..2)));
    assert!(second.assignment.into_iter().eq(partitions(2..4)));
    assert_eq!(kafka.heartbeat("relay", first.member, 2, 4), Ok(()));
}

#[test]
fn joining_again_without_need_starts_no_rebalance() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    assert_eq!(joined(&mut kafka, Some(first.member), 1), first);
}

#[test]
fn commit_from_a_stale_generation_is_refused() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 1);
    joined(&mut kafka, Some(first.member), 2);
    assert_eq!(kafka.commit("relay", first.member, 1, &[("orders", 3, 10)], 3), Err(KafkaError::IllegalGeneration));
    assert_eq!(kafka.heartbeat("relay", first.member, 1, 3), Err(KafkaError::IllegalGeneration));
    assert_eq!(kafka.committed("relay", "orders", 3), None);
    assert_eq!(kafka.commit("relay", second, 2, &[("orders", 3, 10)], 3), Ok(()));
    assert_eq!(kafka.committed("relay", "orders", 3), Some(10));
}

#[test]
fn old_generation_may_commit_until_the_rebalance_is_complete() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    waiting(&mut kafka, None, 1);
    assert_eq!(kafka.commit("relay", first.member, 1, &[("orders", 0, 5)], 2), Ok(()));
    assert_eq!(kafka.committed("relay", "orders", 0), Some(5));
}

#[test]
fn silent_member_is_dropped_and_its_partitions_go_to_the_others() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 0);
    joined(&mut kafka, Some(first.member), 0);
    let second = joined(&mut kafka, Some(second), 0);
    assert_eq!(kafka.heartbeat("relay", second.member, 2, SESSION_MS - 1), Ok(()));
    let rebalancing = kafka.heartbeat("relay", second.member, 2, SESSION_MS);
    assert_eq!(rebalancing, Err(KafkaError::RebalanceInProgress));
    let second = joined(&mut kafka, Some(second.member), SESSION_MS);
    assert_eq!((second.generation, second.assignment.len()), (3, 4));
    let refused = kafka.commit("relay", first.member, 2, &[("orders", 0, 9)], SESSION_MS);
    assert_eq!(refused, Err(KafkaError::UnknownMemberId));
    let refused = kafka.join("relay", Some(first.member), &["orders"], SESSION_MS);
    assert_eq!(refused, Err(KafkaError::UnknownMemberId));
}

#[test]
fn member_that_does_not_join_again_in_time_is_left_behind() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 0);
    // The first keeps beating, but never joins again; the second keeps asking.
    for now_ms in (0..REBALANCE_MS).step_by(5_000) {
        let rebalancing = kafka.heartbeat("relay", first.member, 1, now_ms);
        assert_eq!(rebalancing, Err(KafkaError::RebalanceInProgress));
        waiting(&mut kafka, Some(second), now_ms);
    }
    let second = joined(&mut kafka, Some(second), REBALANCE_MS);
    assert_eq!((second.generation, second.assignment.len()), (2, 4));
    let refused = kafka.heartbeat("relay", first.member, 1, REBALANCE_MS);
    assert_eq!(refused, Err(KafkaError::UnknownMemberId));
}

#[test]
fn leaving_hands_over_at_once() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 0);
    joined(&mut kafka, Some(first.member), 0);
    joined(&mut kafka, Some(second), 0);
    assert_eq!(kafka.leave("relay", first.member, 1), Ok(()));
    assert_eq!(joined(&mut kafka, Some(second), 2).assignment.len(), 4);
    assert_eq!(kafka.leave("relay", first.member, 3), Err(KafkaError::UnknownMemberId));
}

#[test]
fn offsets_outlive_the_members_and_the_next_one_goes_on_from_them() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    kafka.commit("relay", first.member, 1, &[("orders", 2, 7)], 1).unwrap();
    kafka.advance(1 + SESSION_MS);
    assert_eq!(kafka.next_deadline(), None, "an empty group waits for nothing");
    let next = joined(&mut kafka, None, 2 * SESSION_MS);
    assert_eq!(next.generation, 3, "the empty group was a generation of its own");
    assert_eq!(kafka.committed("relay", "orders", 2), Some(7));
}

#[test]
fn commit_of_nonsense_is_refused_whole() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0).member;
    let refused = kafka.commit("relay", first, 1, &[("orders", 0, 1), ("orders", 4, 1)], 1);
    assert_eq!(refused, Err(KafkaError::UnknownTopicOrPartition));
    let refused = kafka.commit("relay", first, 1, &[("orders", 0, 1), ("orders", 1, -1)], 1);
    assert_eq!(refused, Err(KafkaError::InvalidRequest));
    assert_eq!(kafka.committed("relay", "orders", 0), None);
    assert_eq!(kafka.join("relay", None, &[], 1), Err(KafkaError::InvalidRequest));
}

#[test]
fn groups_do_not_know_each_others_members_or_offsets() {
    let mut kafka = grouped();
    let first = joined(&mut kafka, None, 0);
    kafka.join("analytics", None, &["orders"], 0).unwrap();
    kafka.commit("relay", first.member, 1, &[("orders", 0, 3)], 1).unwrap();
    assert_eq!(kafka.committed("analytics", "orders", 0), None);
    assert_eq!(kafka.heartbeat("analytics", first.member, 1, 1), Err(KafkaError::UnknownMemberId));
    assert_eq!(kafka.heartbeat("warehouse", first.member, 1, 1), Err(KafkaError::UnknownMemberId));
}

#[test]
fn topic_created_later_reaches_the_group_by_a_rebalance() {
    let mut kafka = grouped();
    let Ok(Join::Joined(first)) = kafka.join("relay", None, &["refunds"], 0) else { panic!("alone in its group") };
    assert_eq!(first.assignment.len(), 0);
    kafka.create_topic("refunds", 2, 1).unwrap();
    assert_eq!(kafka.heartbeat("relay", first.member, 1, 2), Err(KafkaError::RebalanceInProgress));
    let Ok(Join::Joined(first)) = kafka.join("relay", Some(first.member), &["refunds"], 3) else {
        panic!("still alone")
    };
    assert_eq!(first.assignment.len(), 2);
}

#[test]
fn first_generation_waits_for_the_initial_delay() {
    let mut kafka = cluster(Config { initial_rebalance_delay_ms: 3_000, ..Config::default() });
    let first = waiting(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 2_000);
    assert_eq!(kafka.next_deadline(), Some(3_000));
    let (first, second) = (joined(&mut kafka, Some(first), 3_000), joined(&mut kafka, Some(second), 3_000));
    assert_eq!((first.generation, second.generation), (1, 1));
}

#[test]
fn cooperative_member_keeps_reading_what_it_keeps_and_gives_up_before_another_takes() {
    let mut kafka = cluster(Config { assignor: Assignor::CooperativeSticky, ..Config::default() });
    let first = joined(&mut kafka, None, 0);
    let second = waiting(&mut kafka, None, 1);
    let first = joined(&mut kafka, Some(first.member), 2);
    assert!(first.assignment.iter().cloned().eq(partitions(0..2)), "it is told to let go of two");
    let between = joined(&mut kafka, Some(second), 3);
    assert_eq!(between.assignment.len(), 0, "until the first has let go, nobody may take them");
    assert_eq!(kafka.heartbeat("relay", first.member, 2, 4), Err(KafkaError::RebalanceInProgress));
    waiting(&mut kafka, Some(second), 5);
    let first = joined(&mut kafka, Some(first.member), 5);
    assert!(first.assignment.into_iter().eq(partitions(0..2)));
    assert!(joined(&mut kafka, Some(second), 5).assignment.into_iter().eq(partitions(2..4)));
}

#[test]
fn group_cannot_be_reached_while_its_coordinator_is_dead_and_unnoticed() {
    let mut kafka = cluster(Config { broker_session_timeout_ms: 1_000, ..Config::default() });
    let first = joined(&mut kafka, None, 0);
    kafka.commit("relay", first.member, 1, &[("orders", 1, 4)], 0).unwrap();
    let mut unreachable = 0;
    for broker in 0..3 {
        let now_ms = i64::from(broker) * 10_000;
        kafka.kill_broker(broker, now_ms);
        match kafka.heartbeat("relay", first.member, 1, now_ms) {
            Err(KafkaError::CoordinatorNotAvailable) => unreachable += 1,
            other => assert_eq!(other, Ok(())),
        }
        assert_eq!(kafka.heartbeat("relay", first.member, 1, now_ms + 1_000), Ok(()), "another broker took over");
        kafka.start_broker(broker, now_ms + 2_000);
    }
    assert_eq!(unreachable, 1);
    assert_eq!(kafka.committed("relay", "orders", 1), Some(4));
}
