//! Kafka's errors, by the protocol's own names and codes.

/// Why the cluster refused, or could not confirm. Numbers and retriability are those of the protocol's error table
/// (kafka.apache.org/protocol, "Error Codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaError {
    /// The offset to fetch from lies beyond the log.
    OffsetOutOfRange,
    /// No such topic, or no such partition in it.
    UnknownTopicOrPartition,
    /// The partition's leader is away; nothing was appended.
    LeaderNotAvailable,
    /// Appended at the leader, but not replicated in time: whether the record stays is unknown.
    RequestTimedOut,
    /// The record exceeds `max_message_bytes`.
    MessageTooLarge,
    /// The broker that coordinates the group is away.
    CoordinatorNotAvailable,
    /// A topic name Kafka does not allow.
    InvalidTopic,
    /// `acks=all`, and too few replicas are in sync; nothing was appended.
    NotEnoughReplicas,
    /// An idempotent producer must use `acks=all`.
    InvalidRequiredAcks,
    /// The group has moved on to another generation.
    IllegalGeneration,
    /// The group does not know the member: it never joined, left, or timed out.
    UnknownMemberId,
    /// The group is collecting its members for the next generation: join again.
    RebalanceInProgress,
    /// The topic is already there.
    TopicAlreadyExists,
    /// A topic needs at least one partition.
    InvalidPartitions,
    /// More replicas asked for than there are brokers, or none.
    InvalidReplicationFactor,
    /// A malformed request: a negative offset, an empty subscription.
    InvalidRequest,
    /// The partition holds as many records as this engine keeps.
    PolicyViolation,
    /// The sequence is neither the next nor a remembered duplicate.
    OutOfOrderSequenceNumber,
    /// A newer epoch of this producer has written to the partition.
    InvalidProducerEpoch,
    /// The producer id was never handed out.
    InvalidProducerIdMapping,
    /// A newer instance has taken the producer's name.
    ProducerFenced,
}

impl KafkaError {
    /// Every error this cluster knows.
    pub const ALL: [Self; 21] = [
        Self::OffsetOutOfRange,
        Self::UnknownTopicOrPartition,
        Self::LeaderNotAvailable,
        Self::RequestTimedOut,
        Self::MessageTooLarge,
        Self::CoordinatorNotAvailable,
        Self::InvalidTopic,
        Self::NotEnoughReplicas,
        Self::InvalidRequiredAcks,
        Self::IllegalGeneration,
        Self::UnknownMemberId,
        Self::RebalanceInProgress,
        Self::TopicAlreadyExists,
        Self::InvalidPartitions,
        Self::InvalidReplicationFactor,
        Self::InvalidRequest,
        Self::PolicyViolation,
        Self::OutOfOrderSequenceNumber,
        Self::InvalidProducerEpoch,
        Self::InvalidProducerIdMapping,
        Self::ProducerFenced,
    ];

    /// The protocol's number.
    pub fn code(self) -> i16 {
        self.row().0
    }

    /// The protocol's name, such as `NOT_ENOUGH_REPLICAS`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Whether the same request may succeed later.
    pub fn is_retriable(self) -> bool {
        self.row().2
    }

    /// Whether the record may be in the log although the producer was told of an error.
    pub fn may_have_appended(self) -> bool {
        self == Self::RequestTimedOut
    }

    fn row(self) -> (i16, &'static str, bool) {
        match self {
            Self::OffsetOutOfRange => (1, "OFFSET_OUT_OF_RANGE", false),
            Self::UnknownTopicOrPartition => (3, "UNKNOWN_TOPIC_OR_PARTITION", true),
            Self::LeaderNotAvailable => (5, "LEADER_NOT_AVAILABLE", true),
            Self::RequestTimedOut => (7, "REQUEST_TIMED_OUT", true),
            Self::MessageTooLarge => (10, "MESSAGE_TOO_LARGE", false),
            Self::CoordinatorNotAvailable => (15, "COORDINATOR_NOT_AVAILABLE", true),
            Self::InvalidTopic => (17, "INVALID_TOPIC_EXCEPTION", false),
            Self::NotEnoughReplicas => (19, "NOT_ENOUGH_REPLICAS", true),
            Self::InvalidRequiredAcks => (21, "INVALID_REQUIRED_ACKS", false),
            Self::IllegalGeneration => (22, "ILLEGAL_GENERATION", false),
            Self::UnknownMemberId => (25, "UNKNOWN_MEMBER_ID", false),
            Self::RebalanceInProgress => (27, "REBALANCE_IN_PROGRESS", false),
            Self::TopicAlreadyExists => (36, "TOPIC_ALREADY_EXISTS", false),
            Self::InvalidPartitions => (37, "INVALID_PARTITIONS", false),
            Self::InvalidReplicationFactor => (38, "INVALID_REPLICATION_FACTOR", false),
            Self::InvalidRequest => (42, "INVALID_REQUEST", false),
            Self::PolicyViolation => (44, "POLICY_VIOLATION", false),
            Self::OutOfOrderSequenceNumber => (45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false),
            Self::InvalidProducerEpoch => (47, "INVALID_PRODUCER_EPOCH", false),
            Self::InvalidProducerIdMapping => (49, "INVALID_PRODUCER_ID_MAPPING", false),
            Self::ProducerFenced => (90, "PRODUCER_FENCED", false),
        }
    }
}

impl std::fmt::Display for KafkaError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl std::error::Error for KafkaError {}
