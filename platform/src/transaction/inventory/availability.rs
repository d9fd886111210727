//! What can be bought now, for the product page. A figure to look at, not a promise.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::gate::Gate;
use super::keys::SkuKeys;
use super::link::word;
use crate::context::Context;
use crate::messages::{Availability, AvailabilitySource};
use crate::texts::TextId;

/// `GET /internal/products/{sku}/availability`: an [`Availability`], 404 for an unknown SKU, 503 when neither Redis nor
/// Postgres answers.
pub fn inventory_router(ctx: Context) -> Router {
    Router::new().route("/internal/products/{sku}/availability", get(availability)).with_state(Gate::new(ctx))
}

async fn availability(State(gate): State<Arc<Gate>>, Path(sku): Path<String>) -> Response {
    let as_of_ms = gate.ctx.clock.now_ms();
    let (units, source) = match counter(&gate, &sku).await {
        Some(units) => (units, AvailabilitySource::Gate),
        None => match gate.ctx.sql.query(gate.ctx.texts.get(TextId::INVENTORY_AVAILABILITY), &[(&*sku).into()]).await {
            Ok(rows) => match rows.first() {
                Some(row) => (row.int("units"), AvailabilitySource::Database),
                None => return StatusCode::NOT_FOUND.into_response(),
            },
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    };
    // The counter may be below zero for a while: somebody was sold what somebody else held.
    Json(Availability { sku, available: units.max(0), as_of_ms, source }).into_response()
}

async fn counter(gate: &Arc<Gate>, sku: &str) -> Option<i64> {
    let session = gate.session().await.ok()?;
    let stock = gate.command(&session, &["GET", &SkuKeys::of(sku).stock]).await.ok()?;
    std::str::from_utf8(word(&stock)).ok()?.parse().ok()
}
