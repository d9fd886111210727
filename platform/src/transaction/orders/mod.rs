//! Orders: what one is now, and its cancellation.
//!
//! The router is the `orders` service's part for the gateway. Refunding a cancelled order and returning its stock is
//! the compensation worker's work.

mod cancel;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use ports::sql::{Row, Rows, SqlError, SqlTransaction};

use super::order_lines::{FurtherLines, all_lines, of_several_lines};
use crate::context::Context;
use crate::messages::{OrderLine, OrderView};
use crate::texts::TextId;

/// `GET /internal/orders/{id}` and `POST /internal/orders/{id}/cancel`.
pub fn router(ctx: Context) -> Router {
    Router::new()
        .route("/internal/orders/{id}", get(show))
        .route("/internal/orders/{id}/cancel", post(cancel::cancel))
        .with_state(ctx)
}

/// The order of an id, if there is one.
pub async fn order_by_id(ctx: &Context, order_id: &str) -> Result<Option<OrderView>, SqlError> {
    let rows = ctx.sql.query(ctx.texts.get(TextId::ORDERS_BY_ID), &[order_id.into()]).await?;
    let lines = match of_several_lines(&rows) {
        Some(ids) => ctx.sql.query(ctx.texts.get(TextId::ORDERS_LINES), &[ids]).await?,
        None => Rows::default(),
    };
    Ok(order_views(&rows, &lines).pop())
}

/// Reads rows that have the columns of an order as shoppers see it, inside a transaction.
pub(crate) async fn views_in(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    rows: &Rows,
) -> Result<Vec<OrderView>, SqlError> {
    let lines = match of_several_lines(rows) {
        Some(ids) => transaction.query(ctx.texts.get(TextId::ORDERS_LINES), &[ids]).await?,
        None => Rows::default(),
    };
    Ok(order_views(rows, &lines))
}

fn order_views(rows: &Rows, lines: &Rows) -> Vec<OrderView> {
    let mut further = FurtherLines::from_rows(lines);
    rows.iter().map(|row| order_view(row, &further.take(row.text("order_id")))).collect()
}

fn order_view(row: Row<'_>, further: &[OrderLine]) -> OrderView {
    let (sku, quantity, amount_cents) = (row.text("sku"), row.int("quantity"), row.int("amount_cents"));
    OrderView {
        order_id: row.text("order_id").to_owned(),
        shopper_id: row.text("shopper_id").to_owned(),
        sku: sku.to_owned(),
        quantity,
        amount_cents,
        currency: row.text("currency").to_owned(),
        status: row.text("status").to_owned(),
        reason: row.optional_text("reason").map(str::to_owned),
        lines: if further.is_empty() { Vec::new() } else { all_lines(sku, quantity, amount_cents, further) },
    }
}

async fn show(State(ctx): State<Context>, Path(order_id): Path<String>) -> Response {
    match order_by_id(&ctx, &order_id).await {
        Ok(Some(order)) => Json(order).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
