//! What a member of a consumer group is told: who it is, its generation, its partitions.

use std::collections::{BTreeMap, BTreeSet};

use crate::assign::TopicPartition;

/// A member of a group, named by the cluster when it first joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberId(pub u64);

/// A member's place in a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Who it is.
    pub member: MemberId,
    /// To be presented with heartbeats and commits.
    pub generation: i32,
    /// The partitions it reads now; any other it must stop reading.
    pub assignment: BTreeSet<TopicPartition>,
}

/// Where a join got to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// The generation is complete.
    Joined(Joined),
    /// The others are still being waited for: join again as this member. Waiting counts as a heartbeat.
    Waiting {
        /// Who it is.
        member: MemberId,
    },
}

/// A group as the cluster sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// The newest generation.
    pub generation: i32,
    /// Members are being collected for the next one.
    pub rebalancing: bool,
    /// Everyone who was not dropped, with the partitions of the newest generation.
    pub members: BTreeMap<MemberId, BTreeSet<TopicPartition>>,
}
