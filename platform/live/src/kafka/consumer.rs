//! A member of a consumer group.
//!
//! librdkafka tells of a rebalance in the middle of a poll. What is taken away then is dropped from the records that
//! poll is about to return, and from the offsets that are still to be committed: the new owner reads it again. Offsets of
//! what this member keeps stand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use ports::events::{ConsumedRecord, EventConsumer, EventError, Position};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use super::settings::KafkaSettings;
use super::{Logged, error};

type Partition = (String, i32);

/// What a member has read and not committed, shared with the rebalance callback.
#[derive(Default)]
struct Progress {
    /// Per partition, the next offset to read.
    uncommitted: BTreeMap<Partition, i64>,
    /// Partitions taken away during the poll under way.
    revoked: BTreeSet<Partition>,
    /// Something that was returned to the caller and not committed was taken away.
    lost: bool,
}

impl Progress {
    fn revoke(&mut self, partition: Partition) {
        self.lost |= self.uncommitted.remove(&partition).is_some();
        self.revoked.insert(partition);
    }

    /// Keeps of a poll's records those that are still this member's, and notes them as read.
    fn take(&mut self, mut records: Vec<ConsumedRecord>) -> Vec<ConsumedRecord> {
        let place = |record: &ConsumedRecord| (record.topic.clone(), record.position.partition);
        records.retain(|record| !self.revoked.contains(&place(record)));
        for record in &records {
            self.uncommitted.insert(place(record), record.position.offset + 1);
        }
        records
    }
}

/// Hears of rebalances and log lines.
struct Membership(Arc<Mutex<Progress>>);

impl ClientContext for Membership {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Logged.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Logged.error(error, reason);
    }
}

impl ConsumerContext for Membership {
    fn pre_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else { return };
        let mut progress = lock(&self.0);
        for partition in partitions.elements() {
            progress.revoke((partition.topic().to_owned(), partition.partition()));
        }
    }
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct KafkaConsumer {
    /// None only while it is dropped.
    member: Option<Arc<StreamConsumer<Membership>>>,
    progress: Arc<Mutex<Progress>>,
    poll_interval: Duration,
    request_timeout: Duration,
    /// What the poll under way has read. A caller who stops waiting for it finds it in the next.
    read: Vec<ConsumedRecord>,
    /// Errors met behind records that had to be returned first.
    errors: VecDeque<EventError>,
}

impl KafkaConsumer {
    pub(super) fn join(settings: &KafkaSettings, group: &str, topics: &[&str]) -> Result<Self, EventError> {
        let progress = Arc::default();
        let context = Membership(Arc::clone(&progress));
        let refused = |refusal: KafkaError| error::refused(&refusal, None);
        let member: StreamConsumer<Membership> =
            settings.member(group).create_with_context(context).map_err(refused)?;
        member.subscribe(topics).map_err(refused)?;
        Ok(Self {
            member: Some(Arc::new(member)),
            progress,
            poll_interval: settings.poll_interval,
            request_timeout: settings.request_timeout,
            read: Vec::new(),
            errors: VecDeque::new(),
        })
    }

    fn member(&self) -> &Arc<StreamConsumer<Membership>> {
        self.member.as_ref().expect("only a drop takes it")
    }

    /// Reads until `max` records are there, or none is left to be had at once.
    async fn read(&mut self, max: usize) {
        let member = Arc::clone(self.member());
        let patience = Instant::now() + self.poll_interval;
        while self.read.len() < max {
            // The first is waited for. A wait of nothing still takes what is there.
            let until = if self.read.is_empty() { patience } else { Instant::now() };
            match timeout_at(until, member.recv()).await {
                Err(_elapsed) => break,
                Ok(Ok(message)) => self.read.push(record_of(&message)),
                Ok(Err(failure)) => {
                    if let Some(failure) = error::of_poll(&failure) {
                        self.errors.push_back(failure);
                        break;
                    }
                }
            }
        }
    }
}

#[async_trait]
impl EventConsumer for KafkaConsumer {
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        if let Some(error) = self.errors.pop_front() {
            return Err(error);
        }
        self.read(max).await;
        let mut progress = lock(&self.progress);
        let records = progress.take(std::mem::take(&mut self.read));
        progress.revoked.clear();
        if !records.is_empty() {
            return Ok(records);
        }
        if std::mem::take(&mut progress.lost) {
            return Err(EventError::Rebalanced);
        }
        self.errors.pop_front().map_or(Ok(records), Err)
    }

    async fn commit(&mut self) -> Result<(), EventError> {
        let committed = {
            let mut progress = lock(&self.progress);
            let mut offsets = TopicPartitionList::new();
            for ((topic, partition), next) in &progress.uncommitted {
                let added = offsets.add_partition_offset(topic, *partition, Offset::Offset(*next));
                added.map_err(|refusal| error::of_commit(&refusal))?;
            }
            if offsets.count() == 0 {
                return if std::mem::take(&mut progress.lost) { Err(EventError::Rebalanced) } else { Ok(()) };
            }
            let member = Arc::clone(self.member());
            // Waits for the broker's answer on a thread of its own.
            Handle::current().spawn_blocking(move || member.commit(&offsets, CommitMode::Sync))
        };
        let answer = timeout(self.request_timeout, committed).await;
        let answered = answer.map_err(|_elapsed| EventError::Unacknowledged)?;
        let outcome = answered.map_err(|_panicked| EventError::Unacknowledged)?;
        outcome.map_err(|failure| error::of_commit(&failure))?;
        let mut progress = lock(&self.progress);
        progress.uncommitted.clear();
        if std::mem::take(&mut progress.lost) { Err(EventError::Rebalanced) } else { Ok(()) }
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        let Some(member) = self.member.take() else { return };
        // Leaving the group waits for the broker.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(member)));
        }
    }
}

fn record_of(message: &BorrowedMessage<'_>) -> ConsumedRecord {
    let bytes = |part: Option<&[u8]>| part.map(Bytes::copy_from_slice).unwrap_or_default();
    let headers = message
        .headers()
        .map(|headers| headers.iter().map(|header| (header.key.to_owned(), bytes(header.value))).collect());
    ConsumedRecord {
        topic: message.topic().to_owned(),
        position: Position { partition: message.partition(), offset: message.offset() },
        key: bytes(message.key()),
        value: bytes(message.payload()),
        headers: headers.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(partition: i32, offset: i64) -> ConsumedRecord {
        ConsumedRecord {
            topic: "orders".into(),
            position: Position { partition, offset },
            key: Bytes::new(),
            value: Bytes::new(),
            headers: vec![],
        }
    }

    #[test]
    fn records_of_a_partition_taken_away_in_the_same_poll_are_not_returned() {
        let mut progress = Progress::default();
        progress.revoke(("orders".into(), 1));
        let kept = progress.take(vec![record(0, 7), record(1, 3)]);
        assert_eq!(kept, [record(0, 7)]);
        assert_eq!(progress.uncommitted, BTreeMap::from([(("orders".into(), 0), 8)]));
        assert!(!progress.lost, "the caller never saw them");
    }

    #[test]
    fn what_was_returned_and_is_taken_away_before_its_commit_is_told() {
        let mut progress = Progress::default();
        progress.take(vec![record(0, 7), record(1, 3)]);
        progress.revoke(("orders".into(), 1));
        assert!(progress.lost);
        assert_eq!(progress.uncommitted, BTreeMap::from([(("orders".into(), 0), 8)]));
    }
}
