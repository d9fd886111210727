//! Reads what a record in the log says from its event id.

use checkers::history::{EventKind, History, OrderEvent};

/// The event of a record that the log took in; a record without an event id the platform would write is none.
pub(super) fn decode(history: &mut History, event_id: &str, partition: i32, offset: i64) -> Option<EventKind> {
    let (order_id, event) = OrderEvent::split_id(event_id)?;
    Some(EventKind::Published {
        order: history.order(order_id),
        event,
        partition: u16::try_from(partition).ok()?,
        offset,
    })
}
