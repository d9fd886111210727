//! One member of a consumer group: every event takes effect exactly once, although the log delivers at least once.
//!
//! The effect and the event's row in `consumed_events` are one transaction; the offset is committed after it. Whatever
//! dies in between, the event comes again and finds its row.
//!
//! What the database does not take at the moment is tried until it does: an event is never left behind because
//! something was away. A record that nothing can be made of is counted and left behind, or it would hold up its
//! partition for ever.

use std::collections::BTreeSet;
use std::time::Duration;

use ports::events::{ConsumedRecord, EventConsumer, EventError};
use ports::sql::{Isolation, SqlError, SqlTransaction, SqlValue};
use tokio::time::sleep;

use super::outbox::EVENT_ID_HEADER;
use super::{analytics, notification, recommendations, texts, warehouse};
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::messages::{self, ORDER_TOPIC, OrderEvent};
use crate::metrics::Counter;
use crate::texts::TextId;

/// The pause before a member whose group has moved on asks for its new assignment.
const REBALANCE_PAUSE: Duration = Duration::from_millis(5);

/// Who consumes; each is a consumer group of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consumer {
    /// Tells shoppers.
    Notification,
    /// Keeps totals.
    Analytics,
    /// Sends parcels.
    Warehouse,
    /// Counts what was bought together.
    Recommendations,
}

impl Consumer {
    /// The group's name, and the name in `consumed_events.consumer`.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Analytics => "analytics",
            Self::Warehouse => "warehouse",
            Self::Recommendations => "recommendations",
        }
    }

    async fn apply(
        self,
        ctx: &Context,
        transaction: &mut dyn SqlTransaction,
        events: &[&OrderEvent],
    ) -> Result<(), SqlError> {
        match self {
            Self::Notification => notification::send(ctx, transaction, events).await,
            Self::Analytics => analytics::add(ctx, transaction, events).await,
            Self::Warehouse => warehouse::request_parcels(ctx, transaction, events).await,
            Self::Recommendations => recommendations::count(ctx, transaction, events).await,
        }
    }
}

/// Consumes for ever. After an error the member leaves and joins anew, from the committed offsets.
pub async fn run(ctx: Context, consumer: Consumer) {
    loop {
        if let Ok(mut member) = ctx.events.consumer(consumer.group(), &[ORDER_TOPIC]).await {
            consume(&ctx, consumer, &mut *member).await;
        }
        sleep(ctx.config.fulfilment.retry_delay).await;
    }
}

/// Returns when the log can no longer be read through this member. A rebalance is none of these cases: leaving because
/// of one would cause the next.
async fn consume(ctx: &Context, consumer: Consumer, member: &mut dyn EventConsumer) {
    loop {
        let step = consume_batch(ctx, consumer, member).await;
        match step {
            Ok(()) => {}
            Err(EventError::Rebalanced) => {
                ctx.metrics.count(Counter::ConsumerRebalances);
                sleep(REBALANCE_PAUSE).await;
            }
            Err(EventError::Unreachable | EventError::Unacknowledged | EventError::Refused { .. }) => return,
        }
    }
}

async fn consume_batch(ctx: &Context, consumer: Consumer, member: &mut dyn EventConsumer) -> Result<(), EventError> {
    let records = member.poll(ctx.config.fulfilment.consumer_batch).await?;
    if records.is_empty() {
        return Ok(());
    }
    let events: Vec<OrderEvent> = records.iter().filter_map(|record| read(ctx, record)).collect();
    take_effect(ctx, consumer, &events).await;
    member.commit().await
}

/// Lets a batch take effect, however long the database is away. One event that the database refuses for what is in it
/// must not hold up the others: the batch is then taken apart.
async fn take_effect(ctx: &Context, consumer: Consumer, events: &[OrderEvent]) {
    if applied(ctx, consumer, events).await {
        return;
    }
    for event in events {
        if !applied(ctx, consumer, std::slice::from_ref(event)).await {
            ctx.metrics.count(Counter::EventsUnreadable);
        }
    }
}

/// Whether the events took effect; `false` when the database refuses what is in them.
async fn applied(ctx: &Context, consumer: Consumer, events: &[OrderEvent]) -> bool {
    loop {
        match apply(ctx, consumer, events).await {
            Ok(()) => return true,
            Err(error) if is_about_the_data(&error) => return false,
            // An unknown COMMIT included: if it did happen, the next try finds every event's row.
            Err(_) => sleep(ctx.config.fulfilment.retry_delay).await,
        }
    }
}

/// Whether the statement was refused for its values (SQLSTATE class 22, data exception, or 23, constraint): the same
/// values will be refused again.
fn is_about_the_data(error: &SqlError) -> bool {
    match error {
        SqlError::Refused { sqlstate, .. } => sqlstate.starts_with("22") || sqlstate.starts_with("23"),
        SqlError::PoolExhausted { .. }
        | SqlError::Unreachable
        | SqlError::ConnectionLost
        | SqlError::TimedOut { .. } => false,
    }
}

async fn apply(ctx: &Context, consumer: Consumer, events: &[OrderEvent]) -> Result<(), SqlError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut transaction = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let mut new = record_consumed(ctx, consumer, &mut *transaction, events).await?;
    let deduplicates = !ctx.bugs.has(KnownBug::ConsumerWithoutDeduplication);
    // Taken out of the set when met, so that an event that is twice in one batch takes effect once.
    let fresh: Vec<&OrderEvent> = events.iter().filter(|event| new.remove(&event.event_id) || !deduplicates).collect();
    if !fresh.is_empty() {
        consumer.apply(ctx, &mut *transaction, &fresh).await?;
    }
    transaction.commit().await?;
    ctx.metrics.add(Counter::EventsApplied, fresh.len() as u64);
    ctx.metrics.add(Counter::EventsDuplicate, (events.len() - fresh.len()) as u64);
    Ok(())
}

/// Records the events as consumed; returns the ids of those that were not before.
async fn record_consumed(
    ctx: &Context,
    consumer: Consumer,
    transaction: &mut dyn SqlTransaction,
    events: &[OrderEvent],
) -> Result<BTreeSet<String>, SqlError> {
    let mut ids: Vec<&str> = events.iter().map(|event| &*event.event_id).collect();
    ids.sort_unstable();
    let parameters = [consumer.group().into(), texts(&ids, |id| id), SqlValue::Timestamp(ctx.clock.now_us())];
    let recorded = transaction.query(ctx.texts.get(TextId::CONSUMED_RECORD), &parameters).await?;
    Ok(recorded.iter().map(|row| row.text("event_id").to_owned()).collect())
}

/// The event in a record, or nothing, counted, when it holds none.
fn read(ctx: &Context, record: &ConsumedRecord) -> Option<OrderEvent> {
    let event = decode(record);
    if event.is_none() {
        ctx.metrics.count(Counter::EventsUnreadable);
    }
    event
}

/// The header and the payload must name the same event: what one deduplicates by must be what one applies.
fn decode(record: &ConsumedRecord) -> Option<OrderEvent> {
    let event: OrderEvent = messages::read(&record.value).ok()?;
    let (_, named) = record.headers.iter().find(|(name, _)| name == EVENT_ID_HEADER)?;
    (*named == event.event_id.as_bytes()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fulfilment::outbox::record;
    use crate::messages::{OrderEventKind, OrderView};
    use ports::events::Position;

    fn consumed(event_id: &str, payload: &str) -> ConsumedRecord {
        let record = record(event_id, "ord_1", payload);
        ConsumedRecord {
            topic: record.topic.into(),
            position: Position { partition: 0, offset: 0 },
            key: record.key,
            value: record.value,
            headers: record.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    fn event() -> OrderEvent {
        OrderEvent::of(
            OrderEventKind::OrderConfirmed,
            OrderView {
                order_id: "ord_1".into(),
                shopper_id: "ann".into(),
                sku: "console".into(),
                quantity: 1,
                amount_cents: 49_900,
                currency: "usd".into(),
                status: "confirmed".into(),
                reason: None,
                lines: Vec::new(),
            },
        )
    }

    #[test]
    fn an_event_survives_the_log() {
        let event = event();
        let payload = serde_json::to_string(&event).unwrap();
        assert_eq!(decode(&consumed(&event.event_id, &payload)), Some(event));
    }

    #[test]
    fn a_record_that_names_another_event_than_it_holds_is_not_read() {
        let payload = serde_json::to_string(&event()).unwrap();
        assert_eq!(decode(&consumed("ord_2:order_confirmed", &payload)), None);
        assert_eq!(decode(&consumed("ord_1:order_confirmed", "{")), None);
    }

    #[test]
    fn only_values_the_database_refuses_are_given_up() {
        let refused =
            |sqlstate: &str| SqlError::Refused { sqlstate: sqlstate.into(), message: String::new(), constraint: None };
        assert!(is_about_the_data(&refused("22003")));
        assert!(is_about_the_data(&refused("23514")));
        for passing in ["40001", "40P01", "57014", "53300", "42P01", "25P02"] {
            assert!(!is_about_the_data(&refused(passing)), "{passing}");
        }
        assert!(!is_about_the_data(&SqlError::ConnectionLost));
    }
}
