//! Reads what a request did at the card gateway from the request and its answer.

use bytes::Bytes;
use checkers::history::{CardStep, EventKind, History};
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Intent {
    id: String,
    amount: i64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    amount_received: i64,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    order_id: String,
}

#[derive(Deserialize)]
struct Refund {
    payment_intent: String,
    amount: i64,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalBody,
}

#[derive(Deserialize)]
struct RefusalBody {
    payment_intent: Option<Intent>,
}

/// The event of a request that changed something; a replayed answer or a refusal changed nothing.
pub(super) fn decode(
    history: &mut History,
    request: &Request<Bytes>,
    response: &Response<Bytes>,
) -> Option<EventKind> {
    if request.method() != Method::POST || response.headers().contains_key("idempotent-replayed") {
        return None;
    }
    if response.status() == StatusCode::PAYMENT_REQUIRED {
        let refusal: Refusal = serde_json::from_slice(response.body()).ok()?;
        let intent = refusal.error.payment_intent?;
        return Some(moved(history, &intent, CardStep::Declined, intent.amount));
    }
    if response.status() != StatusCode::OK {
        return None;
    }
    if request.uri().path() == "/v1/refunds" {
        let refund: Refund = serde_json::from_slice(response.body()).ok()?;
        let intent = history.intent(&refund.payment_intent);
        let order = history.order(&refund.metadata.order_id);
        return Some(EventKind::CardMoved { order, intent, step: CardStep::Refunded, amount_cents: refund.amount });
    }
    let intent: Intent = serde_json::from_slice(response.body()).ok()?;
    match intent.status.as_str() {
        "requires_capture" => Some(moved(history, &intent, CardStep::Authorized, intent.amount)),
        "succeeded" => Some(moved(history, &intent, CardStep::Captured, intent.amount_received)),
        "canceled" => Some(moved(history, &intent, CardStep::Canceled, intent.amount)),
        _ => None,
    }
}

fn moved(history: &mut History, intent: &Intent, step: CardStep, amount_cents: i64) -> EventKind {
    EventKind::CardMoved {
        order: history.order(&intent.metadata.order_id),
        intent: history.intent(&intent.id),
        step,
        amount_cents,
    }
}
