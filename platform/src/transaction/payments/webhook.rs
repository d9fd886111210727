//! `POST /webhooks/payments`: takes in the card gateway's events, once each.
//!
//! An event is a hint. It notes which payment belongs to which order; no order moves on its word, because the gateway's
//! record can be read back and a webhook can be late, doubled or out of order.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ports::sql::SqlValue;
use serde::Deserialize;

use super::signature;
use crate::context::Context;
use crate::metrics::Counter;
use crate::texts::TextId;

/// How far the signature's time may lie from ours, in seconds; the gateway's documentation recommends it.
const TOLERANCE_S: i64 = 300;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

/// A payment intent, or a charge, which names its intent.
#[derive(Deserialize)]
struct Object {
    id: String,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    order_id: Option<String>,
}

/// The intake. 200 for an event taken in now or before; 400 for a bad signature or a body that is none; 503 when it could
/// not be stored, so that the gateway sends it again.
pub fn webhook_router(ctx: Context) -> Router {
    Router::new().route("/webhooks/payments", post(take)).with_state(Arc::new(ctx))
}

async fn take(State(ctx): State<Arc<Context>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now_us = ctx.clock.now_us();
    let now_s = now_us.div_euclid(1_000_000);
    // Without a secret anybody could sign.
    let has_secret = !ctx.config.payment.webhook_secret.is_empty();
    if !has_secret || !signature::is_valid(&ctx.config.payment.webhook_secret, signature, &body, now_s, TOLERANCE_S) {
        return StatusCode::BAD_REQUEST;
    }
    let Ok(event) = serde_json::from_slice::<Event>(&body) else { return StatusCode::BAD_REQUEST };
    let object = event.data.object;
    let intent_id = object.payment_intent.unwrap_or(object.id);
    let params = [
        (&*event.id).into(),
        (&*event.kind).into(),
        (&*intent_id).into(),
        SqlValue::Timestamp(now_us),
        object.metadata.order_id.as_deref().map_or(SqlValue::Null, SqlValue::from),
    ];
    match ctx.sql.query(ctx.texts.get(TextId::PAYMENTS_TAKE_WEBHOOK), &params).await {
        Ok(rows) => {
            let taken = rows.first().is_some();
            ctx.metrics.count(if taken { Counter::WebhooksTaken } else { Counter::WebhooksDuplicate });
            StatusCode::OK
        }
        // Unknown counts as not stored: the event comes again and finds its row if it was.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
