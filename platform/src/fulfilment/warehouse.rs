//! The warehouse: takes confirmed orders up, and moves them along to the shopper.
//!
//! Taking up is the consumer's effect; moving along is a worker of its own that goes by the time an order has spent in
//! its state. Every move tests the state it starts from, so an order that its shopper cancels meanwhile stays behind.

use std::sync::Arc;
use std::time::Duration;

use ports::sql::{Isolation, Row, SqlError, SqlTransaction, SqlValue};
use tokio::time::sleep;

use super::{outbox, texts};
use crate::context::Context;
use crate::messages::{OrderEvent, OrderEventKind, OrderView};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::orders::views_in;

/// Orders moved along in one transaction.
const MOVE_BATCH: i64 = 200;

/// Asks for a parcel per line of each confirmed order, and moves to `picking` those that are still confirmed.
pub(super) async fn request_parcels(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    events: &[&OrderEvent],
) -> Result<(), SqlError> {
    let confirmed: Vec<&OrderView> =
        events.iter().filter(|event| event.kind == OrderEventKind::OrderConfirmed).map(|event| &event.order).collect();
    if confirmed.is_empty() {
        return Ok(());
    }
    let orders = texts(&confirmed, |order| &order.order_id);
    let parcels: Vec<(&str, &str, i64)> = confirmed
        .iter()
        .flat_map(|order| order.each_line().map(|(sku, quantity, _)| (&*order.order_id, sku, quantity)))
        .collect();
    let parameters = [
        texts(&parcels, |(order_id, _, _)| order_id),
        texts(&parcels, |(_, sku, _)| sku),
        SqlValue::IntArray(parcels.iter().map(|(_, _, quantity)| *quantity).collect()),
        SqlValue::Timestamp(ctx.clock.now_us()),
    ];
    transaction.query(ctx.texts.get(TextId::WAREHOUSE_REQUEST), &parameters).await?;
    move_orders(ctx, transaction, orders, OrderStatus::Confirmed, OrderStatus::Picking).await?;
    Ok(())
}

/// One step of a parcel that time alone brings about.
#[derive(Debug, Clone, Copy)]
struct Step {
    from: OrderStatus,
    to: OrderStatus,
    after: Duration,
    event: OrderEventKind,
}

/// Moves orders along for ever: `picking` to `shipped` to `delivered`.
pub async fn move_along(ctx: Context) {
    let config = &ctx.config.fulfilment;
    let steps = [
        Step {
            from: OrderStatus::Shipped,
            to: OrderStatus::Delivered,
            after: config.transit_time,
            event: OrderEventKind::OrderDelivered,
        },
        Step {
            from: OrderStatus::Picking,
            to: OrderStatus::Shipped,
            after: config.picking_time,
            event: OrderEventKind::OrderShipped,
        },
    ];
    loop {
        for step in steps {
            // An error leaves the orders where they are, or moved: the next round finds out.
            while let Ok(MOVE_BATCH..) = take_step(&ctx, step).await {}
        }
        sleep(config.warehouse_poll).await;
    }
}

/// Moves the orders that are due and says how many there were.
async fn take_step(ctx: &Context, step: Step) -> Result<i64, SqlError> {
    let now_us = ctx.clock.now_us();
    let waited_us = i64::try_from(step.after.as_micros()).unwrap_or(i64::MAX);
    let mut transaction = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let parameters =
        [step.from.as_str().into(), SqlValue::Timestamp(now_us.saturating_sub(waited_us)), MOVE_BATCH.into()];
    let due = transaction.query(ctx.texts.get(TextId::WAREHOUSE_DUE), &parameters).await?;
    if due.rows.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let orders: Vec<OrderView> = views_in(ctx, &mut *transaction, &due).await?;
    let ids = texts(&orders, |order| &order.order_id);
    let moved = move_orders(ctx, &mut *transaction, ids, step.from, step.to).await?;
    let events: Vec<OrderEvent> = orders
        .into_iter()
        .filter(|order| moved.iter().any(|id| **id == order.order_id))
        .map(|order| OrderEvent::of(step.event, OrderView { status: step.to.as_str().to_owned(), ..order }))
        .collect();
    outbox::append(ctx, &mut *transaction, &events).await?;
    transaction.commit().await?;
    if step.to == OrderStatus::Delivered {
        ctx.metrics.add(Counter::OrdersDelivered, events.len() as u64);
    }
    Ok(i64::try_from(due.rows.len()).unwrap_or(i64::MAX))
}

/// Moves those of `orders` that stand in `from`; returns their ids.
async fn move_orders(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    orders: SqlValue,
    from: OrderStatus,
    to: OrderStatus,
) -> Result<Vec<Arc<str>>, SqlError> {
    assert!(from.may_become(to), "{from:?} to {to:?} is no move of the order state machine");
    let parameters = [orders, from.as_str().into(), to.as_str().into(), SqlValue::Timestamp(ctx.clock.now_us())];
    let moved = transaction.query(ctx.texts.get(TextId::ORDERS_MOVE), &parameters).await?;
    Ok(moved.iter().map(|row: Row<'_>| Arc::from(row.text("order_id"))).collect())
}
