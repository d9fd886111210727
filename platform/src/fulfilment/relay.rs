//! The outbox relay: moves events from the outbox to the log, oldest first, at least once.
//!
//! A batch is locked, appended, and marked in one transaction. A crash after the append and before the commit leaves
//! it unmarked, and it is appended again: consumers deduplicate. Any number of relays may run; the lock lets one work
//! at a time, so that no event overtakes an earlier one of its order (the reason stands in `outbox_next.sql`).

use ports::events::{EventError, EventProducer};
use ports::sql::{Isolation, SqlError, SqlValue};
use tokio::time::sleep;

use super::outbox::record;
use crate::context::Context;
use crate::messages::ORDER_TOPIC;
use crate::metrics::Counter;
use crate::texts::TextId;

/// Why a batch was not published and marked. It stays in the outbox, or at worst is published again.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the outbox: {0}")]
    Outbox(#[from] SqlError),
    #[error("the log: {0}")]
    Log(#[from] EventError),
}

/// Publishes for ever.
pub async fn run(ctx: Context) {
    let config = &ctx.config.fulfilment;
    let mut producer = None;
    loop {
        let pause = match publish_batch(&ctx, &mut producer).await {
            Ok(published) if published >= config.relay_batch.unsigned_abs() => continue,
            Ok(_) => config.relay_poll,
            Err(error) => {
                ctx.metrics.count(Counter::PublishRetries);
                if let RelayError::Log(EventError::Refused { retriable: false, .. }) = error {
                    // The session is spent (fenced, say); a new one starts over.
                    producer = None;
                }
                config.retry_delay
            }
        };
        sleep(pause).await;
    }
}

/// Publishes the oldest unpublished events and says how many there were.
async fn publish_batch(ctx: &Context, session: &mut Option<Box<dyn EventProducer>>) -> Result<u64, RelayError> {
    let producer = match session {
        Some(producer) => producer,
        None => session.insert(ctx.events.producer().await?),
    };
    let mut transaction = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let parameters = [ORDER_TOPIC.into(), ctx.config.fulfilment.relay_batch.into()];
    let batch = transaction.query(ctx.texts.get(TextId::OUTBOX_NEXT), &parameters).await?;
    if batch.rows.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let records: Vec<_> =
        batch.iter().map(|row| record(row.text("event_id"), row.text("event_key"), row.text("payload"))).collect();
    producer.append(&records).await?;
    let published = batch.iter().map(|row| row.int("seq")).collect();
    let parameters = [SqlValue::IntArray(published), SqlValue::Timestamp(ctx.clock.now_us())];
    transaction.query(ctx.texts.get(TextId::OUTBOX_MARK_PUBLISHED), &parameters).await?;
    transaction.commit().await?;
    let count = batch.rows.len() as u64;
    ctx.metrics.add(Counter::EventsPublished, count);
    Ok(count)
}
