//! A topic: its partitions, and which of them a record goes to.

use bytes::Bytes;

use crate::error::KafkaError;
use crate::murmur2::partition_of;
use crate::partition::Partition;

/// Kafka's limit on topic names.
const NAME_MAX_CHARS: usize = 249;
/// Records without a key stay on one partition until this much was sent, as the Java client's default batch has it.
const STICKY_BYTES: usize = 16_384;

#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) partitions: Vec<Partition>,
    sticky_partition: usize,
    sticky_bytes: usize,
}

impl Topic {
    pub(crate) fn new(partitions: Vec<Partition>) -> Self {
        assert!(!partitions.is_empty(), "a topic has at least one partition");
        Self { partitions, sticky_partition: 0, sticky_bytes: 0 }
    }

    pub(crate) fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.len()).expect("created from an i32")
    }

    pub(crate) fn partition(&self, partition: i32) -> Result<&Partition, KafkaError> {
        let place = usize::try_from(partition).map_err(|_| KafkaError::UnknownTopicOrPartition)?;
        self.partitions.get(place).ok_or(KafkaError::UnknownTopicOrPartition)
    }

    /// The index of the partition for a record: the one asked for, else by key, else the sticky one.
    pub(crate) fn choose(
        &mut self,
        asked: Option<i32>,
        key: Option<&Bytes>,
        value_bytes: usize,
    ) -> Result<usize, KafkaError> {
        let chosen = match (asked, key) {
            (Some(asked), _) => asked,
            (None, Some(key)) => partition_of(key, self.partition_count()),
            (None, None) => return Ok(self.stick(value_bytes)),
        };
        let place = usize::try_from(chosen).map_err(|_| KafkaError::UnknownTopicOrPartition)?;
        if place < self.partitions.len() { Ok(place) } else { Err(KafkaError::UnknownTopicOrPartition) }
    }

    /// The Java client draws the next sticky partition at random; here it is the next in turn.
    fn stick(&mut self, value_bytes: usize) -> usize {
        if self.sticky_bytes >= STICKY_BYTES {
            self.sticky_bytes = 0;
            self.sticky_partition = (self.sticky_partition + 1) % self.partitions.len();
        }
        self.sticky_bytes = self.sticky_bytes.saturating_add(value_bytes);
        self.sticky_partition
    }
}

/// Letters, digits, `.`, `_`, `-`, and neither empty nor a dot or two.
pub(crate) fn check_name(name: &str) -> Result<(), KafkaError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name == "." || name == ".." || name.len() > NAME_MAX_CHARS || !name.bytes().all(legal) {
        return Err(KafkaError::InvalidTopic);
    }
    Ok(())
}
