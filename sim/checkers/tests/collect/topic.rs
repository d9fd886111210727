//! The log, told by a consumer that plays back polls.

use async_trait::async_trait;
use bytes::Bytes;
use checkers::collect::{CollectError, topic};
use ports::events::{ConsumedRecord, EventConsumer, EventError, EventLog, EventProducer, Position};

use crate::now;

#[derive(Clone)]
struct Log {
    polls: Vec<Vec<ConsumedRecord>>,
}

struct Consumer {
    polls: std::vec::IntoIter<Vec<ConsumedRecord>>,
}

#[async_trait]
impl EventLog for Log {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        panic!("an audit writes nothing");
    }

    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        assert_eq!((group, topics), ("audit", &["orders"][..]));
        Ok(Box::new(Consumer { polls: self.polls.clone().into_iter() }))
    }
}

#[async_trait]
impl EventConsumer for Consumer {
    async fn poll(&mut self, _max: usize) -> Result<Vec<ConsumedRecord>, EventError> {
        Ok(self.polls.next().unwrap_or_default())
    }

    async fn commit(&mut self) -> Result<(), EventError> {
        panic!("an audit that commits would not see the records the next time");
    }
}

fn record(partition: i32, offset: i64, headers: &[(&str, &str)]) -> ConsumedRecord {
    ConsumedRecord {
        topic: "orders".to_owned(),
        position: Position { partition, offset },
        key: Bytes::from("ord_1"),
        value: Bytes::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned()))).collect(),
    }
}

#[test]
fn records_come_in_the_order_of_their_partitions_and_offsets() {
    let header = [("event-id", "ord_1:order_confirmed")];
    let polls = vec![vec![record(1, 0, &header)], Vec::new(), vec![record(0, 1, &header), record(0, 0, &header)]];
    let read = now(topic(&Log { polls }, "audit", "orders")).unwrap();
    let places: Vec<(i32, i64)> = read.iter().map(|record| (record.partition, record.offset)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0)]);
    assert_eq!((read[0].event_id.as_str(), read[0].order_id.as_str()), ("ord_1:order_confirmed", "ord_1"));
}

#[test]
fn a_record_that_names_no_event_is_an_error() {
    let polls = vec![vec![record(2, 5, &[("other", "x")])]];
    let error = now(topic(&Log { polls }, "audit", "orders")).unwrap_err();
    assert!(matches!(error, CollectError::Record { partition: 2, offset: 5, .. }));
    assert_eq!(error.to_string(), "the log: partition 2, offset 5 has no event id");
}
