//! The card gateway's client: one request each.

use bytes::Bytes;
use http::{Method, Request};
use serde::Serialize;

use super::intent::{Intent, Money, Reply, classify, parse_intent, parse_list};
use crate::context::Context;
use crate::messages::CARD_GATEWAY;
use crate::metrics::Counter;
use crate::transaction::order_record::OrderRecord;

/// The step of a payment, the second half of its idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Authorize,
    Capture,
    Cancel,
    Refund,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// `<order>:<step>`; from the second generation on `<order>:<step>:<n>`.
///
/// A new generation is begun only where the step cannot take effect twice by its nature (a full refund, a cancellation)
/// and its key is known to be spent on an error. Authorize and capture have one generation.
pub(super) fn key(order_id: &str, step: Step, generation: u32) -> String {
    match generation {
        1 => format!("{order_id}:{}", step.name()),
        later => format!("{order_id}:{}:{later}", step.name()),
    }
}

#[derive(Serialize)]
struct NewIntent<'a> {
    amount: i64,
    currency: &'a str,
    payment_method: &'a str,
    capture_method: &'static str,
    confirm: bool,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    order_id: &'a str,
}

#[derive(Serialize)]
struct NewRefund<'a> {
    payment_intent: &'a str,
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    Intent(Intent),
    Declined { code: String },
    Refused { code: String },
    Unknown { spent: bool },
}

/// The client of one process.
pub(crate) struct Payments {
    pub(super) ctx: Context,
}

impl Payments {
    /// A client on this process's http port.
    pub(crate) fn new(ctx: Context) -> Self {
        Self { ctx }
    }

    /// Creates the order's intent and asks the issuer to hold the money. The body is made from the stored order alone, so
    /// that whoever sends it under this key sends the same.
    pub(super) async fn authorize(&self, order: &OrderRecord, generation: u32) -> Done {
        let body = NewIntent {
            amount: order.amount_cents,
            currency: &order.currency,
            payment_method: &order.payment_method,
            capture_method: "manual",
            confirm: true,
            metadata: Metadata { order_id: &order.order_id },
        };
        let key = key(&order.order_id, Step::Authorize, generation);
        self.change("/v1/payment_intents", &key, to_json(&body)).await
    }

    /// Takes the money that is held.
    pub(super) async fn capture(&self, order_id: &str, intent_id: &str, generation: u32) -> Done {
        let path = format!("/v1/payment_intents/{intent_id}/capture");
        self.change(&path, &key(order_id, Step::Capture, generation), Bytes::new()).await
    }

    /// Lets go of money that is held.
    pub(super) async fn cancel(&self, order_id: &str, intent_id: &str, generation: u32) -> Done {
        let path = format!("/v1/payment_intents/{intent_id}/cancel");
        self.change(&path, &key(order_id, Step::Cancel, generation), Bytes::new()).await
    }

    /// Gives back all money that was taken.
    pub(super) async fn request_refund(&self, order_id: &str, intent_id: &str, generation: u32) -> Reply {
        let body = to_json(&NewRefund { payment_intent: intent_id });
        self.send(Method::POST, "/v1/refunds", Some(&key(order_id, Step::Refund, generation)), body).await
    }

    /// Where the order's money is, by the gateway's record; `None` when the gateway does not say.
    pub(crate) async fn read_back(&self, order_id: &str) -> Option<Money> {
        let path = format!("/v1/payment_intents?order_id={order_id}");
        match self.send(Method::GET, &path, None, Bytes::new()).await {
            Reply::Done(body) => parse_list(&body).map(|intents| Money::of(&intents)),
            Reply::Declined { .. } | Reply::Refused { .. } | Reply::Unknown { .. } => None,
        }
    }

    async fn change(&self, path: &str, key: &str, body: Bytes) -> Done {
        match self.send(Method::POST, path, Some(key), body).await {
            Reply::Done(body) => parse_intent(&body).map_or(Done::Unknown { spent: false }, Done::Intent),
            Reply::Declined { code } => Done::Declined { code },
            Reply::Refused { code } => Done::Refused { code },
            Reply::Unknown { spent } => Done::Unknown { spent },
        }
    }

    async fn send(&self, method: Method, path: &str, key: Option<&str>, body: Bytes) -> Reply {
        let changes = key.is_some();
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(body).expect("paths and keys are made of ids, which are visible ASCII");
        let reply = match self.ctx.http.call(CARD_GATEWAY, request, self.ctx.config.payment.timeout).await {
            Ok(response) => classify(&response),
            // Even a request that could not be sent is asked again under its key: nothing is lost by treating it alike.
            Err(_) => Reply::Unknown { spent: false },
        };
        if changes && matches!(reply, Reply::Unknown { .. }) {
            self.ctx.metrics.count(Counter::PaymentsUnknown);
        }
        reply
    }
}

fn to_json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("strings and integers have no way to fail").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_order_and_the_step() {
        assert_eq!(key("ord_1", Step::Authorize, 1), "ord_1:authorize");
        assert_eq!(key("ord_1", Step::Refund, 3), "ord_1:refund:3");
    }
}
