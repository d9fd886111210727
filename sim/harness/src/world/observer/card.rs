//! Reads what a request did at the card gateway from the request and its answer.

use std::collections::BTreeMap;

use bytes::Bytes;
use checkers::history::{CardStep, EventKind, History, IntentRef, OrderRef};
use http::{Method, Request, Response, StatusCode};
use platform::messages;
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
}

/// Knows which order an intent belongs to: a refund names only the intent.
#[derive(Default)]
pub(super) struct CardWatch {
    orders: BTreeMap<IntentRef, OrderRef>,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalBody,
}

#[derive(Deserialize)]
struct RefusalBody {
    payment_intent: Option<Intent>,
}

impl CardWatch {
    /// The event of a request that changed something; a replayed answer or a refusal changed nothing.
    pub(super) fn decode(
        &mut self,
        history: &mut History,
        request: &Request<Bytes>,
        response: &Response<Bytes>,
    ) -> Option<EventKind> {
        if request.method() != Method::POST || response.headers().contains_key("idempotent-replayed") {
            return None;
        }
        if response.status() == StatusCode::PAYMENT_REQUIRED {
            let refusal: Refusal = messages::read(response.body()).ok()?;
            let intent = refusal.error.payment_intent?;
            return Some(self.moved(history, &intent, CardStep::Declined, intent.amount));
        }
        if response.status() != StatusCode::OK {
            return None;
        }
        if request.uri().path() == "/v1/refunds" {
            let refund: Refund = messages::read(response.body()).ok()?;
            let intent = history.intent(&refund.payment_intent);
            let order = *self.orders.get(&intent)?;
            return Some(EventKind::CardMoved { order, intent, step: CardStep::Refunded, amount_cents: refund.amount });
        }
        let intent: Intent = messages::read(response.body()).ok()?;
        match intent.status.as_str() {
            "requires_capture" => Some(self.moved(history, &intent, CardStep::Authorized, intent.amount)),
            "succeeded" => Some(self.moved(history, &intent, CardStep::Captured, intent.amount_received)),
            "canceled" => Some(self.moved(history, &intent, CardStep::Canceled, intent.amount)),
            _ => None,
        }
    }

    fn moved(&mut self, history: &mut History, told: &Intent, step: CardStep, amount_cents: i64) -> EventKind {
        let order = history.order(&told.metadata.order_id);
        let intent = history.intent(&told.id);
        self.orders.insert(intent, order);
        EventKind::CardMoved { order, intent, step, amount_cents }
    }
}
