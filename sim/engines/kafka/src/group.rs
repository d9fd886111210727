//! One consumer group: its members, its generation, the rebalance between two generations, the committed offsets.
//! States and refusals as in Kafka's classic group protocol, except that the cluster computes the assignment and
//! hands it out with the join; so there is no separate sync.

use std::collections::{BTreeMap, BTreeSet};

use crate::assign::{self, Assignment, Assignor, TopicPartition};
use crate::error::KafkaError;
use crate::member::{GroupDescription, Join, Joined, MemberId};

/// Timeouts and assignor, the same for all groups of the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupSettings {
    pub(crate) session_timeout_ms: i64,
    pub(crate) rebalance_timeout_ms: i64,
    pub(crate) initial_rebalance_delay_ms: i64,
    pub(crate) assignor: Assignor,
}

#[derive(Debug)]
struct Member {
    topics: BTreeSet<String>,
    expires_ms: i64,
    /// Has asked to be in the generation being prepared.
    rejoined: bool,
    /// Has seen the assignment of the current generation.
    informed: bool,
    /// What it was told to read, last time it was told: until it is told otherwise it may be reading this.
    owned: BTreeSet<TopicPartition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Empty,
    /// Waits for members to join again, until the deadline; never completes before `not_before_ms`.
    Preparing {
        not_before_ms: i64,
        deadline_ms: i64,
    },
    Stable,
}

#[derive(Debug)]
pub(crate) struct Group {
    settings: GroupSettings,
    phase: Phase,
    generation: i32,
    members: BTreeMap<MemberId, Member>,
    assignment: Assignment,
    /// Some partition was withheld from its next owner until its last has let go.
    moves_pending: bool,
    offsets: BTreeMap<TopicPartition, i64>,
}

impl Group {
    pub(crate) fn new(settings: GroupSettings) -> Self {
        Self {
            settings,
            phase: Phase::Empty,
            generation: 0,
            members: BTreeMap::new(),
            assignment: Assignment::new(),
            moves_pending: false,
            offsets: BTreeMap::new(),
        }
    }

    /// A new member joins under the id `member`; the others learn of it from their next heartbeat.
    pub(crate) fn admit(&mut self, member: MemberId, topics: BTreeSet<String>, now_ms: i64) {
        let expires_ms = now_ms.saturating_add(self.settings.session_timeout_ms);
        let owned = BTreeSet::new();
        self.members.insert(member, Member { topics, expires_ms, rejoined: true, informed: false, owned });
        self.prepare(now_ms);
    }

    /// A known member joins again: for the generation being prepared, or to hear the current one. A changed
    /// subscription starts a rebalance.
    pub(crate) fn rejoin(
        &mut self,
        member: MemberId,
        topics: &BTreeSet<String>,
        now_ms: i64,
    ) -> Result<(), KafkaError> {
        let expires_ms = now_ms.saturating_add(self.settings.session_timeout_ms);
        let known = self.members.get_mut(&member).ok_or(KafkaError::UnknownMemberId)?;
        known.expires_ms = expires_ms;
        let changed = known.topics != *topics;
        if changed {
            known.topics.clone_from(topics);
        }
        if changed || matches!(self.phase, Phase::Preparing { .. }) {
            known.rejoined = true;
            self.prepare(now_ms);
        }
        Ok(())
    }

    fn prepare(&mut self, now_ms: i64) {
        let delay_ms = match self.phase {
            Phase::Preparing { .. } => return,
            Phase::Empty => self.settings.initial_rebalance_delay_ms,
            Phase::Stable => 0,
        };
        self.phase = Phase::Preparing {
            not_before_ms: now_ms.saturating_add(delay_ms),
            deadline_ms: now_ms.saturating_add(self.settings.rebalance_timeout_ms.max(delay_ms)),
        };
    }

    pub(crate) fn topic_created(&mut self, topic: &str, now_ms: i64) {
        if self.members.values().any(|member| member.topics.contains(topic)) {
            self.prepare(now_ms);
        }
    }

    /// What `member` is told after it joined.
    pub(crate) fn answer(&mut self, member: MemberId) -> Join {
        if self.phase != Phase::Stable {
            return Join::Waiting { member };
        }
        let assignment = self.assignment.get(&member).cloned().unwrap_or_default();
        let known = self.members.get_mut(&member).expect("only a member is answered");
        known.informed = true;
        known.owned.clone_from(&assignment);
        Join::Joined(Joined { member, generation: self.generation, assignment })
    }

    fn check(&self, member: MemberId, generation: i32) -> Result<(), KafkaError> {
        if !self.members.contains_key(&member) {
            return Err(KafkaError::UnknownMemberId);
        }
        if generation != self.generation {
            return Err(KafkaError::IllegalGeneration);
        }
        Ok(())
    }

    fn keep_alive(&mut self, member: MemberId, now_ms: i64) {
        if let Some(known) = self.members.get_mut(&member) {
            known.expires_ms = now_ms.saturating_add(self.settings.session_timeout_ms);
        }
    }

    pub(crate) fn heartbeat(&mut self, member: MemberId, generation: i32, now_ms: i64) -> Result<(), KafkaError> {
        self.check(member, generation)?;
        self.keep_alive(member, now_ms);
        match self.phase {
            Phase::Preparing { .. } => Err(KafkaError::RebalanceInProgress),
            Phase::Stable | Phase::Empty => Ok(()),
        }
    }

    pub(crate) fn leave(&mut self, member: MemberId, now_ms: i64) -> Result<(), KafkaError> {
        self.members.remove(&member).ok_or(KafkaError::UnknownMemberId)?;
        self.prepare(now_ms);
        Ok(())
    }

    /// Stores offsets. While a rebalance is prepared the old generation may still commit; once it is complete, not.
    /// Whether the member owns the partitions is not asked: Kafka does not ask either.
    pub(crate) fn commit(
        &mut self,
        member: MemberId,
        generation: i32,
        offsets: &[(&str, i32, i64)],
        now_ms: i64,
    ) -> Result<(), KafkaError> {
        self.check(member, generation)?;
        self.keep_alive(member, now_ms);
        for (topic, partition, next_offset) in offsets {
            self.offsets.insert(TopicPartition::new(topic, *partition), *next_offset);
        }
        Ok(())
    }

    pub(crate) fn committed(&self, topic: &str, partition: i32) -> Option<i64> {
        self.offsets.get(&TopicPartition::new(topic, partition)).copied()
    }

    pub(crate) fn describe(&self) -> GroupDescription {
        let assigned = |member: &MemberId| self.assignment.get(member).cloned().unwrap_or_default();
        GroupDescription {
            generation: self.generation,
            rebalancing: matches!(self.phase, Phase::Preparing { .. }),
            members: self.members.keys().map(|member| (*member, assigned(member))).collect(),
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<i64> {
        let sessions = self.members.values().map(|member| member.expires_ms);
        let rebalance = match self.phase {
            Phase::Preparing { not_before_ms, deadline_ms } => {
                Some(if self.all_rejoined() { not_before_ms } else { deadline_ms })
            }
            Phase::Empty | Phase::Stable => None,
        };
        sessions.chain(rebalance).min()
    }

    fn all_rejoined(&self) -> bool {
        self.members.values().all(|member| member.rejoined)
    }

    /// Lets time pass: drops members that fell silent, completes or gives up waiting for a rebalance.
    pub(crate) fn advance(&mut self, partitions: impl Fn(&str) -> i32, now_ms: i64) {
        let before = self.members.len();
        self.members.retain(|_, member| member.expires_ms > now_ms);
        let moved_on = self.moves_pending && self.members.values().all(|member| member.informed);
        if self.members.len() < before || (self.phase == Phase::Stable && moved_on) {
            self.prepare(now_ms);
        }
        if let Phase::Preparing { not_before_ms, deadline_ms } = self.phase {
            if now_ms >= deadline_ms {
                self.members.retain(|_, member| member.rejoined);
            }
            if now_ms >= not_before_ms && self.all_rejoined() {
                self.complete(partitions);
            }
        }
    }

    /// The next generation: everyone who is in it gets a new assignment.
    fn complete(&mut self, partitions: impl Fn(&str) -> i32) {
        self.generation += 1;
        self.moves_pending = false;
        self.phase = if self.members.is_empty() { Phase::Empty } else { Phase::Stable };
        let subscriptions = self.members.iter().map(|(member, known)| (*member, &known.topics)).collect();
        self.assignment = match self.settings.assignor {
            Assignor::Range => assign::range(&subscriptions, partitions),
            Assignor::CooperativeSticky => {
                let owned = self.members.iter().map(|(member, known)| (*member, known.owned.clone())).collect();
                assign::sticky(&subscriptions, partitions, &owned)
            }
        };
        if self.settings.assignor == Assignor::CooperativeSticky {
            self.withhold_what_others_still_read();
        }
        for member in self.members.values_mut() {
            member.rejoined = false;
            member.informed = false;
        }
    }

    fn withhold_what_others_still_read(&mut self) {
        for (member, assigned) in &mut self.assignment {
            let before = assigned.len();
            let read_elsewhere = |place: &TopicPartition| {
                self.members.iter().any(|(other, known)| other != member && known.owned.contains(place))
            };
            assigned.retain(|place| !read_elsewhere(place));
            self.moves_pending |= assigned.len() < before;
        }
    }
}
