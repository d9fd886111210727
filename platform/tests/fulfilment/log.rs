//! A log of one partition, whose answers can be made to fail.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, NewRecord, Position};
use tokio::time::sleep;

#[derive(Default)]
struct State {
    records: Vec<NewRecord>,
    committed: BTreeMap<&'static str, usize>,
    /// What the next appends answer, after appending all the same if the outcome is unknown.
    append_errors: VecDeque<EventError>,
    /// What the next offset commits answer, without committing.
    commit_errors: VecDeque<EventError>,
}

/// The log.
#[derive(Default, Clone)]
pub(crate) struct Log(Arc<Mutex<State>>);

impl Log {
    pub(crate) fn fail_append(&self, error: EventError) {
        self.0.lock().unwrap().append_errors.push_back(error);
    }

    pub(crate) fn fail_commit(&self, error: EventError) {
        self.0.lock().unwrap().commit_errors.push_back(error);
    }

    pub(crate) fn append(&self, records: &[NewRecord]) {
        self.0.lock().unwrap().records.extend_from_slice(records);
    }

    /// The ids in the records' headers, in order.
    pub(crate) fn event_ids(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        state.records.iter().map(|record| String::from_utf8(record.headers[0].1.to_vec()).unwrap()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().records.len()
    }

    pub(crate) fn keys(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().records.iter().map(|record| record.key.clone()).collect()
    }

    pub(crate) fn committed(&self, group: &'static str) -> usize {
        self.0.lock().unwrap().committed.get(group).copied().unwrap_or(0)
    }
}

#[async_trait]
impl EventLog for Log {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Ok(Box::new(self.clone()))
    }

    async fn consumer(
        &self,
        group: &'static str,
        _topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        Ok(Box::new(Member { log: self.clone(), group, next: self.committed(group) }))
    }
}

#[async_trait]
impl EventProducer for Log {
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError> {
        let mut state = self.0.lock().unwrap();
        let error = state.append_errors.pop_front();
        if matches!(error, None | Some(EventError::Unacknowledged)) {
            state.records.extend_from_slice(records);
        }
        match error {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        }
    }
}

struct Member {
    log: Log,
    group: &'static str,
    next: usize,
}

#[async_trait]
impl EventConsumer for Member {
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        sleep(Duration::from_millis(10)).await;
        let state = self.log.0.lock().unwrap();
        let records: Vec<ConsumedRecord> = state.records.iter().skip(self.next).take(max).map(consumed).collect();
        self.next += records.len();
        Ok(records)
    }

    async fn commit(&mut self) -> Result<(), EventError> {
        let mut state = self.log.0.lock().unwrap();
        if let Some(error) = state.commit_errors.pop_front() {
            self.next = state.committed.get(self.group).copied().unwrap_or(0);
            return Err(error);
        }
        state.committed.insert(self.group, self.next);
        Ok(())
    }
}

fn consumed(record: &NewRecord) -> ConsumedRecord {
    ConsumedRecord {
        topic: record.topic.to_owned(),
        position: Position { partition: 0, offset: 0 },
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}
