//! The notification consumer: one message to the shopper per event.

use std::sync::Arc;

use ports::sql::{SqlError, SqlTransaction, SqlValue};

use super::texts;
use crate::context::Context;
use crate::messages::{OrderEvent, OrderEventKind};
use crate::texts::TextId;

/// Writes the messages down; what carries them to the shopper reads them from there.
pub(super) async fn send(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    events: &[&OrderEvent],
) -> Result<(), SqlError> {
    let messages = events.iter().map(|event| Arc::from(message(event))).collect();
    let parameters = [
        texts(events, |event| &event.event_id),
        texts(events, |event| &event.order.order_id),
        texts(events, |event| &event.order.shopper_id),
        SqlValue::TextArray(messages),
        SqlValue::Timestamp(ctx.clock.now_us()),
    ];
    transaction.query(ctx.texts.get(TextId::NOTIFICATION_SEND), &parameters).await?;
    Ok(())
}

fn message(event: &OrderEvent) -> String {
    let order = &event.order.order_id;
    match event.kind {
        OrderEventKind::OrderConfirmed => format!("Your order {order} is confirmed."),
        OrderEventKind::OrderRefunded => {
            format!("Your order {order} could not be fulfilled; your money is on its way back.")
        }
        OrderEventKind::OrderCancelled => format!("Your order {order} is cancelled; your money is on its way back."),
        OrderEventKind::OrderShipped => format!("Your order {order} has been shipped."),
        OrderEventKind::OrderDelivered => format!("Your order {order} has been delivered."),
    }
}
