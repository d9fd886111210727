//! The transactional outbox: an event is written down in the transaction that makes it true, and nowhere else.

use bytes::Bytes;
use ports::events::{EventError, NewRecord};
use ports::sql::{SqlError, SqlTransaction, SqlValue};

use super::texts;
use crate::context::Context;
use crate::messages::{ORDER_TOPIC, OrderEvent};
use crate::texts::TextId;

/// The header under which a record carries its event's id.
pub const EVENT_ID_HEADER: &str = "event-id";

/// Writes `events` down in `transaction`; one that is there already stays as it is.
pub async fn append(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    events: &[OrderEvent],
) -> Result<(), SqlError> {
    if events.is_empty() {
        return Ok(());
    }
    let payloads = events.iter().map(|event| payload(event).into()).collect();
    let parameters = [
        texts(events, |event| &event.event_id),
        ORDER_TOPIC.into(),
        texts(events, |event| &event.order.order_id),
        texts(events, |event| event.kind.as_str()),
        SqlValue::TextArray(payloads),
        SqlValue::Timestamp(ctx.clock.now_us()),
    ];
    transaction.query(ctx.texts.get(TextId::OUTBOX_APPEND), &parameters).await?;
    Ok(())
}

/// Sends an event to the log past the outbox. Only the known bug `event-published-before-commit` does so: the event
/// is out, whatever becomes of the transaction it tells of.
pub async fn publish_now(ctx: &Context, event: &OrderEvent) -> Result<(), EventError> {
    let producer = ctx.events.producer().await?;
    let record = record(&event.event_id, &event.order.order_id, &payload(event));
    producer.append(&[record]).await?;
    Ok(())
}

/// An event as the log keeps it. The order's id is the key, so that the events of one order keep their order.
pub(super) fn record(event_id: &str, event_key: &str, payload: &str) -> NewRecord {
    NewRecord {
        topic: ORDER_TOPIC,
        key: Bytes::copy_from_slice(event_key.as_bytes()),
        value: Bytes::copy_from_slice(payload.as_bytes()),
        headers: vec![(EVENT_ID_HEADER, Bytes::copy_from_slice(event_id.as_bytes()))],
    }
}

fn payload(event: &OrderEvent) -> String {
    serde_json::to_string(event).expect("an event has string keys and no failing parts")
}
