//! The engine's side.

use std::sync::Arc;

use bytes::Bytes;
use kafka_engine::{Acks, Batch, Config, Join, Joined, Kafka, KafkaError, MemberId, NewRecord, ProducerId, Stamp};

use super::program::{GROUPS, MEMBERS, Place, Record, TOPICS};
use super::side::{Answer, Sent, Side};
use crate::Trouble;

/// The engine during one program. Its clock stands still: no timer of a program is meant to fire.
pub(super) struct EngineSide {
    kafka: Kafka,
    producers: Vec<ProducerId>,
    members: [Option<MemberId>; MEMBERS],
}

const NOW_MS: i64 = 0;

fn coded<T>(answer: Result<T, KafkaError>) -> Answer<T> {
    answer.map_err(KafkaError::code)
}

impl EngineSide {
    /// One broker, as the server is one, and the topics.
    pub(super) fn new() -> Self {
        let one = Config { brokers: 1, replication_factor: 1, min_insync_replicas: 1, ..Config::default() };
        let mut kafka = Kafka::new(Config { replication_lag_ms: 0, ..one });
        for (topic, partitions) in TOPICS {
            kafka.create_topic(topic, partitions, NOW_MS).expect("the topic is new");
        }
        Self { kafka, producers: Vec::new(), members: [None; MEMBERS] }
    }

    /// Asks to join, `again` under the id the member has.
    pub(super) fn ask_to_join(
        &mut self,
        group: usize,
        member: usize,
        topics: &[usize],
        again: bool,
    ) -> Answer<Option<Joined>> {
        let topics: Vec<&str> = topics.iter().map(|topic| TOPICS[*topic].0).collect();
        let known = if again { self.members[member] } else { None };
        match coded(self.kafka.join(GROUPS[group], known, &topics, NOW_MS))? {
            Join::Joined(joined) => {
                self.members[member] = Some(joined.member);
                Ok(Some(joined))
            }
            Join::Waiting { member: id } => {
                self.members[member] = Some(id);
                Ok(None)
            }
        }
    }

    fn id(&self, member: usize) -> MemberId {
        self.members[member].expect("only who has joined is asked for its id")
    }
}

impl Side for EngineSide {
    fn new_producer(&mut self) -> Result<(), Trouble> {
        self.producers.push(self.kafka.init_producer(None));
        Ok(())
    }

    fn produce(&mut self, sent: &Sent) -> Result<Answer<Option<i64>>, Trouble> {
        let record = |record: &Record| NewRecord {
            key: record.key.as_ref().map(|key| Bytes::copy_from_slice(key.as_bytes())),
            value: Bytes::copy_from_slice(record.value.as_bytes()),
            headers: Arc::from_iter(
                record.headers.iter().map(|(name, value)| (name.clone(), Bytes::copy_from_slice(value.as_bytes()))),
            ),
        };
        let stamp = sent.stamp.map(|(producer, sequence)| {
            let ProducerId { id, epoch } = self.producers[producer];
            Stamp { producer_id: id, epoch, sequence }
        });
        let batch = Batch {
            topic: TOPICS[sent.at.topic].0,
            partition: sent.at.partition,
            records: sent.records.iter().map(record).collect(),
            producer: stamp,
            acks: sent.acks,
        };
        let produced = coded(self.kafka.produce_batch(batch, NOW_MS));
        Ok(produced.map(|produced| (sent.acks != Acks::None).then_some(produced.offset)))
    }

    fn fetch(&mut self, at: Place, offset: i64, max: usize) -> Result<Answer<Vec<(i64, Record)>>, Trouble> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let fetched = coded(self.kafka.fetch(TOPICS[at.topic].0, at.partition, offset, max, NOW_MS));
        let record = |record: &kafka_engine::Record| Record {
            key: record.key.as_ref().map(text),
            value: text(&record.value),
            headers: record.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        };
        Ok(fetched.map(|records| records.iter().map(|read| (read.offset, record(read))).collect()))
    }

    fn bounds(&mut self, at: Place) -> Result<Answer<(i64, i64)>, Trouble> {
        Ok(coded(self.kafka.high_watermark(TOPICS[at.topic].0, at.partition)).map(|end| (0, end)))
    }

    fn heartbeat(&mut self, group: usize, member: usize, generation: i32) -> Result<Answer<()>, Trouble> {
        Ok(coded(self.kafka.heartbeat(GROUPS[group], self.id(member), generation, NOW_MS)))
    }

    fn leave(&mut self, group: usize, member: usize) -> Result<Answer<()>, Trouble> {
        Ok(coded(self.kafka.leave(GROUPS[group], self.id(member), NOW_MS)))
    }

    fn commit(
        &mut self,
        group: usize,
        member: usize,
        generation: i32,
        offsets: &[(Place, i64)],
    ) -> Result<Answer<()>, Trouble> {
        let offsets: Vec<(&str, i32, i64)> =
            offsets.iter().map(|(at, offset)| (TOPICS[at.topic].0, at.partition, *offset)).collect();
        Ok(coded(self.kafka.commit(GROUPS[group], self.id(member), generation, &offsets, NOW_MS)))
    }

    fn committed(&mut self, group: usize, at: Place) -> Result<Answer<Option<i64>>, Trouble> {
        Ok(Ok(self.kafka.committed(GROUPS[group], TOPICS[at.topic].0, at.partition)))
    }

    fn describe(&mut self, group: usize) -> Result<(usize, bool), Trouble> {
        let description = self.kafka.describe_group(GROUPS[group]);
        Ok(description.map_or((0, false), |group| (group.members.len(), group.rebalancing)))
    }
}
