//! A shopper cancels an order that is confirmed and not yet with the carrier.
//!
//! The order is locked, looked at and moved in one transaction, so that it cannot be shipped in between. The same
//! request again finds the order cancelling or cancelled and changes nothing.

use axum::Json;
use axum::extract::{Path, State};
use ports::Outcome;
use ports::sql::{Isolation, SqlError, SqlTransaction, SqlValue};

use super::views_in;
use crate::context::Context;
use crate::messages::{CancelAnswer, CancelRequest, OrderView};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;

pub(super) async fn cancel(
    State(ctx): State<Context>,
    Path(order_id): Path<String>,
    Json(request): Json<CancelRequest>,
) -> Json<CancelAnswer> {
    Json(cancel_order(&ctx, &order_id, &request.shopper_id).await)
}

async fn cancel_order(ctx: &Context, order_id: &str, shopper_id: &str) -> CancelAnswer {
    let mut transaction = match ctx.sql.begin(Isolation::ReadCommitted).await {
        Ok(transaction) => transaction,
        Err(_) => return CancelAnswer::Unavailable,
    };
    let moved = match lock_and_move(ctx, &mut *transaction, order_id, shopper_id).await {
        Ok(Decision::Move(order)) => order,
        Ok(Decision::Answer(answer)) => return answer,
        Err(_) => return CancelAnswer::Unavailable,
    };
    match transaction.commit().await.map_err(|error| error.outcome()) {
        Ok(()) | Err(Outcome::Applied) => {
            ctx.metrics.count(Counter::OrdersCancelled);
            CancelAnswer::Cancelling { order: moved }
        }
        Err(Outcome::NotApplied) => CancelAnswer::Unavailable,
        Err(Outcome::Unknown) => CancelAnswer::Unknown,
    }
}

/// What is to be done with the transaction.
enum Decision {
    /// Commit it: the order is moved.
    Move(OrderView),
    /// Drop it: there is nothing to change.
    Answer(CancelAnswer),
}

async fn lock_and_move(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    order_id: &str,
    shopper_id: &str,
) -> Result<Decision, SqlError> {
    let parameters = [order_id.into(), shopper_id.into()];
    let found = transaction.query(ctx.texts.get(TextId::ORDERS_LOCK_OWN), &parameters).await?;
    let Some(order) = views_in(ctx, transaction, &found).await?.pop() else {
        return Ok(Decision::Answer(CancelAnswer::UnknownOrder));
    };
    let status = OrderStatus::parse(&order.status).expect("orders.status is checked to be a word of the state machine");
    match status {
        OrderStatus::Cancelling => return Ok(Decision::Answer(CancelAnswer::Cancelling { order })),
        OrderStatus::Cancelled => return Ok(Decision::Answer(CancelAnswer::Cancelled { order })),
        OrderStatus::Confirmed | OrderStatus::Picking => {}
        OrderStatus::Placed
        | OrderStatus::Compensating
        | OrderStatus::Failed
        | OrderStatus::Refunded
        | OrderStatus::Shipped
        | OrderStatus::Delivered => return Ok(Decision::Answer(CancelAnswer::Refused { order })),
    }
    let parameters = [order_id.into(), order.status.as_str().into(), SqlValue::Timestamp(ctx.clock.now_us())];
    let moved = transaction.query(ctx.texts.get(TextId::ORDERS_CANCEL), &parameters).await?;
    assert_eq!(moved.rows.len(), 1, "{order_id} is locked in the status it was just read in");
    let order = OrderView {
        status: OrderStatus::Cancelling.as_str().to_owned(),
        reason: Some("cancelled".to_owned()),
        ..order
    };
    Ok(Decision::Move(order))
}
