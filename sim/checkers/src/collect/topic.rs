//! Reads the order topic from its start, as a consumer group that never commits.

use ports::events::{ConsumedRecord, EventLog};

use super::CollectError;
use crate::snapshot::TopicRecord;

/// The header that names a record's event.
const EVENT_ID_HEADER: &str = "event-id";
/// Records asked for at once.
const POLL_MAX: usize = 1_000;
/// A poll may come back empty because the log was slow; this many in a row mean that there is no more.
const EMPTY_POLLS: u32 = 5;

/// Reads every record of `topic` as `group`, which no one else may use and which has never committed. For a topic that
/// nobody writes to any more.
///
/// # Errors
/// The first error of the log, or a record without the name of its event.
pub async fn topic(
    log: &dyn EventLog,
    group: &'static str,
    topic: &'static str,
) -> Result<Vec<TopicRecord>, CollectError> {
    let mut consumer = log.consumer(group, &[topic]).await?;
    let mut records = Vec::new();
    let mut empty = 0;
    while empty < EMPTY_POLLS {
        let polled = consumer.poll(POLL_MAX).await?;
        empty = if polled.is_empty() { empty + 1 } else { 0 };
        for record in &polled {
            records.push(read(record)?);
        }
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

fn read(record: &ConsumedRecord) -> Result<TopicRecord, CollectError> {
    let (partition, offset) = (record.position.partition, record.position.offset);
    let unreadable = |problem| CollectError::Record { partition, offset, problem };
    let header = record.headers.iter().find(|(name, _)| name == EVENT_ID_HEADER);
    let (_, event_id) = header.ok_or_else(|| unreadable("has no event id"))?;
    let event_id = std::str::from_utf8(event_id).map_err(|_| unreadable("has an event id that is no text"))?;
    let order_id = std::str::from_utf8(&record.key).map_err(|_| unreadable("has a key that is no text"))?;
    Ok(TopicRecord { event_id: event_id.to_owned(), order_id: order_id.to_owned(), partition, offset })
}
