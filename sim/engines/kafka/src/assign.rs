//! Which member of a group reads which partition. Pure functions of subscriptions and, for the sticky assignor, of
//! who owns what now.

use std::collections::{BTreeMap, BTreeSet};

use crate::member::MemberId;

/// A partition by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: &str, partition: i32) -> Self {
        Self { topic: topic.to_owned(), partition }
    }
}

/// How partitions are dealt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Topic by topic, in contiguous ranges; every rebalance revokes everything first.
    Range,
    /// Balanced, moving as few as it can; a partition that moves is revoked in one generation and given in the next,
    /// while the others are read on (KIP-429).
    CooperativeSticky,
}

pub(crate) type Subscriptions<'a> = BTreeMap<MemberId, &'a BTreeSet<String>>;
pub(crate) type Assignment = BTreeMap<MemberId, BTreeSet<TopicPartition>>;

/// Each topic's partitions in contiguous ranges over its subscribers by member id; the first ones get one more when
/// it does not come out even. `partitions` tells the count of a topic, 0 if there is none.
pub(crate) fn range(subscriptions: &Subscriptions<'_>, partitions: impl Fn(&str) -> i32) -> Assignment {
    let mut assignment: Assignment = subscriptions.keys().map(|member| (*member, BTreeSet::new())).collect();
    for topic in topics(subscriptions) {
        let readers: Vec<MemberId> = readers(subscriptions, topic).collect();
        let count = partitions(topic);
        let readers_count = i32::try_from(readers.len()).expect("fewer than 2^31 members");
        let (each, extra) = (count / readers_count, count % readers_count);
        let mut next = 0;
        for (rank, member) in (0..).zip(readers) {
            let take = each + i32::from(rank < extra);
            let owned = assignment.entry(member).or_default();
            owned.extend((next..next + take).map(|partition| TopicPartition::new(topic, partition)));
            next += take;
        }
        assert!(next == count, "every partition is dealt out once");
    }
    assignment
}

/// Keeps what members own, hands out what nobody owns, then moves partitions from the fullest to the emptiest until
/// no move would even things out.
pub(crate) fn sticky(
    subscriptions: &Subscriptions<'_>,
    partitions: impl Fn(&str) -> i32,
    owned: &Assignment,
) -> Assignment {
    let mut assignment: Assignment = subscriptions.keys().map(|member| (*member, BTreeSet::new())).collect();
    for topic in topics(subscriptions) {
        for partition in 0..partitions(topic) {
            let place = TopicPartition::new(topic, partition);
            let owner = readers(subscriptions, topic)
                .find(|member| owned.get(member).is_some_and(|owned| owned.contains(&place)));
            if let Some(owner) = owner {
                assignment.entry(owner).or_default().insert(place);
            }
        }
    }
    for topic in topics(subscriptions) {
        for partition in 0..partitions(topic) {
            let place = TopicPartition::new(topic, partition);
            if !assignment.values().any(|owned| owned.contains(&place)) {
                let emptiest = readers(subscriptions, topic).min_by_key(|member| (assignment[member].len(), *member));
                let emptiest = emptiest.expect("a subscribed topic has a reader");
                assignment.entry(emptiest).or_default().insert(place);
            }
        }
    }
    while let Some((from, to, place)) = improving_move(subscriptions, &assignment) {
        assignment.entry(from).or_default().remove(&place);
        assignment.entry(to).or_default().insert(place);
    }
    assignment
}

/// A move that leaves its two members closer together. Each lowers the sum of squares, so there is a last one.
fn improving_move(
    subscriptions: &Subscriptions<'_>,
    assignment: &Assignment,
) -> Option<(MemberId, MemberId, TopicPartition)> {
    let mut by_load: Vec<(usize, MemberId)> = assignment.iter().map(|(member, owned)| (owned.len(), *member)).collect();
    by_load.sort_unstable();
    for (low, to) in &by_load {
        for (high, from) in by_load.iter().rev() {
            if *high <= low + 1 {
                break;
            }
            let movable = assignment[from].iter().rev().find(|place| subscriptions[to].contains(&place.topic));
            if let Some(place) = movable {
                return Some((*from, *to, place.clone()));
            }
        }
    }
    None
}

fn topics<'a>(subscriptions: &Subscriptions<'a>) -> BTreeSet<&'a str> {
    subscriptions.values().flat_map(|topics| topics.iter().map(String::as_str)).collect()
}

fn readers(subscriptions: &Subscriptions<'_>, topic: &str) -> impl Iterator<Item = MemberId> {
    subscriptions.iter().filter(move |(_, topics)| topics.contains(topic)).map(|(member, _)| *member)
}
