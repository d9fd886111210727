//! The consumers' half of [`Kafka`]: fetching, membership, offsets.

use std::collections::BTreeSet;

use crate::Kafka;
use crate::error::KafkaError;
use crate::group::{Group, GroupSettings};
use crate::member::{GroupDescription, Join, MemberId};
use crate::murmur2::murmur2;
use crate::record::Record;

impl Kafka {
    /// At most `max_records` from `offset` on, in order, below the high watermark; empty at the end.
    pub fn fetch(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
        max_records: usize,
        now_ms: i64,
    ) -> Result<Vec<Record>, KafkaError> {
        self.advance(now_ms);
        let partition = self.topic(topic)?.partition(partition)?;
        partition.fetch(offset, max_records, self.cluster.running)
    }

    /// Joins `group`, as a new member (`None`) or again. A new member, a lost one and a changed subscription start a
    /// rebalance: the others hear [`KafkaError::RebalanceInProgress`] from their heartbeats and must join again.
    pub fn join(
        &mut self,
        group: &str,
        member: Option<MemberId>,
        topics: &[&str],
        now_ms: i64,
    ) -> Result<Join, KafkaError> {
        self.advance(now_ms);
        self.check_coordinator(group)?;
        if topics.is_empty() {
            return Err(KafkaError::InvalidRequest);
        }
        let topics: BTreeSet<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let member = match member {
            Some(member) => {
                self.group(group)?.rejoin(member, &topics, now_ms)?;
                member
            }
            None => {
                self.members += 1;
                let member = MemberId(self.members);
                let settings = GroupSettings {
                    session_timeout_ms: self.config.session_timeout_ms,
                    rebalance_timeout_ms: self.config.rebalance_timeout_ms,
                    initial_rebalance_delay_ms: self.config.initial_rebalance_delay_ms,
                    assignor: self.config.assignor,
                };
                let group = self.groups.entry(group.to_owned()).or_insert_with(|| Group::new(settings));
                group.admit(member, topics, now_ms);
                member
            }
        };
        self.settle(group, now_ms);
        let answer = self.group(group)?.answer(member);
        self.settle(group, now_ms);
        Ok(answer)
    }

    /// Keeps a member alive.
    pub fn heartbeat(&mut self, group: &str, member: MemberId, generation: i32, now_ms: i64) -> Result<(), KafkaError> {
        self.advance(now_ms);
        self.check_coordinator(group)?;
        self.group(group)?.heartbeat(member, generation, now_ms)
    }

    /// Ends a membership at once, instead of by silence.
    pub fn leave(&mut self, group: &str, member: MemberId, now_ms: i64) -> Result<(), KafkaError> {
        self.advance(now_ms);
        self.check_coordinator(group)?;
        self.group(group)?.leave(member, now_ms)?;
        self.settle(group, now_ms);
        Ok(())
    }

    /// Commits, for each `(topic, partition, offset)`, the next offset to read. All or nothing.
    pub fn commit(
        &mut self,
        group: &str,
        member: MemberId,
        generation: i32,
        offsets: &[(&str, i32, i64)],
        now_ms: i64,
    ) -> Result<(), KafkaError> {
        self.advance(now_ms);
        self.check_coordinator(group)?;
        for (topic, partition, next_offset) in offsets {
            self.topic(topic)?.partition(*partition)?;
            if *next_offset < 0 {
                return Err(KafkaError::InvalidRequest);
            }
        }
        self.group(group)?.commit(member, generation, offsets, now_ms)
    }

    /// The next offset `group` will read, if it ever committed one.
    pub fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        self.groups.get(group)?.committed(topic, partition)
    }

    /// Who is in `group`, and reads what; `None` if nobody ever joined it.
    pub fn describe_group(&self, group: &str) -> Option<GroupDescription> {
        self.groups.get(group).map(Group::describe)
    }

    pub(crate) fn advance_groups(&mut self, now_ms: i64) {
        let topics = &self.topics;
        for group in self.groups.values_mut() {
            group.advance(|topic| topics.get(topic).map_or(0, |topic| topic.partition_count()), now_ms);
        }
    }

    /// A topic is there now: who subscribed to it before must hear of its partitions.
    pub(crate) fn tell_groups_of(&mut self, topic: &str, now_ms: i64) {
        let mut deadline_ms = None;
        for group in self.groups.values_mut() {
            group.topic_created(topic, now_ms);
            deadline_ms = deadline_ms.into_iter().chain(group.next_deadline()).min();
        }
        self.wake_at(deadline_ms);
    }

    /// Lets the group draw the consequences of what just happened to it.
    fn settle(&mut self, group: &str, now_ms: i64) {
        let topics = &self.topics;
        if let Some(group) = self.groups.get_mut(group) {
            group.advance(|topic| topics.get(topic).map_or(0, |topic| topic.partition_count()), now_ms);
            let at_ms = group.next_deadline();
            self.wake_at(at_ms);
        }
    }

    fn group(&mut self, group: &str) -> Result<&mut Group, KafkaError> {
        self.groups.get_mut(group).ok_or(KafkaError::UnknownMemberId)
    }

    /// A group's state survives its coordinator; it cannot be reached until another broker takes over.
    fn check_coordinator(&self, group: &str) -> Result<(), KafkaError> {
        let hash = murmur2(group.as_bytes()).to_le_bytes()[0];
        self.cluster.coordinator(hash).map(|_| ()).ok_or(KafkaError::CoordinatorNotAvailable)
    }
}
