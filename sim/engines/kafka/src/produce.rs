//! The producers' half of [`Kafka`]: sessions, single records, batches.

use std::iter;

use crate::Kafka;
use crate::error::KafkaError;
use crate::partition::{Append, Surroundings};
use crate::producer::ProducerId;
use crate::record::{Acks, Batch, NewRecord, Produce, Produced, Stamp};

impl Kafka {
    /// A producer session. The next session of the same name gets the same id and a higher epoch, and every record
    /// of the earlier one is refused from then on.
    pub fn init_producer(&mut self, name: Option<&str>) -> ProducerId {
        self.producers.init(name)
    }

    /// Appends a record, as a batch of one. Replication for `acks=all` happens within the call: its time is the
    /// host's to add.
    pub fn produce(&mut self, produce: Produce<'_>, now_ms: i64) -> Result<Produced, KafkaError> {
        self.advance(now_ms);
        let acks = produce.acks;
        told(self.produce_one(produce, now_ms), acks)
    }

    /// Appends a batch to its partition, all of it or nothing.
    pub fn produce_batch(&mut self, batch: Batch<'_>, now_ms: i64) -> Result<Produced, KafkaError> {
        self.advance(now_ms);
        let acks = batch.acks;
        told(self.produce_many(batch, now_ms), acks)
    }

    fn produce_one(&mut self, produce: Produce<'_>, now_ms: i64) -> Result<Produced, KafkaError> {
        let Produce { topic, key, value, headers, producer, partition, acks } = produce;
        self.ensure_topic(topic, now_ms)?;
        let topic_state = self.topics.get_mut(topic).ok_or(KafkaError::UnknownTopicOrPartition)?;
        let place = topic_state.choose(partition, key.as_ref(), value.len())?;
        let record = NewRecord { key, value, headers };
        self.check(record.size(), producer, acks)?;
        self.append(topic, place, Append { records: iter::once(record), stamp: producer, acks }, now_ms)
    }

    fn produce_many(&mut self, batch: Batch<'_>, now_ms: i64) -> Result<Produced, KafkaError> {
        let Batch { topic, partition, records, producer, acks } = batch;
        if records.is_empty() {
            return Err(KafkaError::InvalidRequest);
        }
        self.ensure_topic(topic, now_ms)?;
        let topic_state = self.topics.get_mut(topic).ok_or(KafkaError::UnknownTopicOrPartition)?;
        let place = topic_state.choose(Some(partition), None, 0)?;
        self.check(records.iter().map(NewRecord::size).sum(), producer, acks)?;
        self.append(topic, place, Append { records: records.into_iter(), stamp: producer, acks }, now_ms)
    }

    fn ensure_topic(&mut self, topic: &str, now_ms: i64) -> Result<(), KafkaError> {
        match self.config.auto_create_partitions {
            Some(partitions) if !self.topics.contains_key(topic) => self.create_topic(topic, partitions, now_ms),
            Some(_) | None => Ok(()),
        }
    }

    fn check(&self, bytes: usize, producer: Option<Stamp>, acks: Acks) -> Result<(), KafkaError> {
        if bytes > self.config.max_message_bytes {
            return Err(KafkaError::MessageTooLarge);
        }
        match producer {
            Some(_) if acks != Acks::All => Err(KafkaError::InvalidRequiredAcks),
            Some(stamp) => self.producers.check(stamp),
            None => Ok(()),
        }
    }

    fn append(
        &mut self,
        topic: &str,
        place: usize,
        append: Append<impl ExactSizeIterator<Item = NewRecord>>,
        now_ms: i64,
    ) -> Result<Produced, KafkaError> {
        let surroundings = Surroundings {
            running: self.cluster.running,
            fetching: self.cluster.fetching,
            min_insync_replicas: usize::from(self.config.min_insync_replicas),
            replication_lag_ms: self.config.replication_lag_ms,
            max_records: self.config.max_records_per_partition,
        };
        let topic = self.topics.get_mut(topic).ok_or(KafkaError::UnknownTopicOrPartition)?;
        let partition = &mut topic.partitions[place];
        let (offset, duplicate) = partition.append(append, surroundings, now_ms)?;
        let due_ms = partition.replication_due_ms();
        self.wake_at(due_ms);
        Ok(Produced { partition: i32::try_from(place).expect("created from an i32"), offset, duplicate })
    }
}

/// What a producer hears: with `acks=0` neither offset nor error.
fn told(answer: Result<Produced, KafkaError>, acks: Acks) -> Result<Produced, KafkaError> {
    match (acks, answer) {
        (Acks::None, Ok(produced)) => Ok(Produced { offset: -1, ..produced }),
        (Acks::None, Err(_)) => Ok(Produced { partition: -1, offset: -1, duplicate: false }),
        (Acks::Leader | Acks::All, answer) => answer,
    }
}
