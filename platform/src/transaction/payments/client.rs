//! The card gateway's client: one request each, as Stripe takes them: form-encoded, with the secret key as a bearer token.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request};
use ports::http_port::HttpError;

use super::form;
use super::intent::{Intent, Money, Reply, classify, parse_intent, parse_list};
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::messages::CARD_GATEWAY;
use crate::metrics::Counter;
use crate::transaction::order_record::OrderRecord;

/// The version of Stripe's API that the platform was written for. Named in each request: an account's own version, which is
/// moved on by its owner, then changes nothing here.
pub const API_VERSION: &str = "2024-12-18.acacia";
/// The header that names it.
pub const VERSION_HEADER: &str = "stripe-version";

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

/// What a known bug makes of a capture whose connection was reset: a refusal with this code.
pub(super) const RESET: &str = "connection_reset";

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
    /// The secret key, ready to be shown; none is shown to a gateway that asks for none.
    authorization: Option<HeaderValue>,
    /// Orders whose authorize key is spent on an error and whose payment the search does not find, and since when.
    pub(super) known_spent_us: Mutex<BTreeMap<Arc<str>, i64>>,
}

impl Payments {
    /// A client on this process's http port.
    pub(crate) fn new(ctx: Context) -> Self {
        let authorization = bearer(&ctx.config.payment.api_key);
        Self { ctx, authorization, known_spent_us: Mutex::default() }
    }

    /// Creates the order's intent and asks the issuer to hold the money. The body is made from the stored order alone, so
    /// that whoever sends it under this key sends the same.
    pub(super) async fn authorize(&self, order: &OrderRecord, generation: u32) -> Done {
        let amount = order.amount_cents.to_string();
        let body = form::encode(&[
            ("amount", &amount),
            ("currency", &order.currency),
            ("payment_method", &order.payment_method),
            // A card alone: no method that would send the shopper elsewhere to confirm.
            ("payment_method_types[]", "card"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("metadata[order_id]", &order.order_id),
        ]);
        let key = key(&order.order_id, Step::Authorize, generation);
        self.change("/v1/payment_intents", &key, body.into()).await
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
        let body = form::encode(&[("payment_intent", intent_id)]);
        self.send(Method::POST, "/v1/refunds", Some(&key(order_id, Step::Refund, generation)), body.into()).await
    }

    /// Where the order's money is, by the gateway's record; `None` when the gateway does not say. The record is searched
    /// by the order's id, and at Stripe the search trails behind: what it finds was so, what it does not find may be.
    pub(crate) async fn read_back(&self, order_id: &str) -> Option<Money> {
        let query = format!("metadata['order_id']:'{order_id}'");
        let path = format!("/v1/payment_intents/search?{}", form::encode(&[("query", &query)]));
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
        let mut request = Request::builder().method(method).uri(path).header(VERSION_HEADER, API_VERSION);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(body).expect("paths and keys are made of ids, which are visible ASCII");
        let reply = match self.ctx.http.call(CARD_GATEWAY, request, self.ctx.config.payment.timeout).await {
            Ok(response) => classify(&response),
            // KNOWN BUG, payment-made-anew-after-reset: whose connection ends is taken to have refused.
            Err(HttpError::Reset { .. })
                if self.ctx.bugs.has(KnownBug::PaymentMadeAnewAfterReset) && path.ends_with("/capture") =>
            {
                Reply::Refused { code: RESET.to_owned() }
            }
            // Even a request that could not be sent is asked again under its key: nothing is lost by treating it alike.
            Err(_) => Reply::Unknown { spent: false },
        };
        if changes && matches!(reply, Reply::Unknown { .. }) {
            self.ctx.metrics.count(Counter::PaymentsUnknown);
        }
        reply
    }
}

/// A key that no header can carry is shown as none, and the gateway's refusal tells.
fn bearer(api_key: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {api_key}")).ok().filter(|_| !api_key.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_order_and_the_step() {
        assert_eq!(key("ord_1", Step::Authorize, 1), "ord_1:authorize");
        assert_eq!(key("ord_1", Step::Refund, 3), "ord_1:refund:3");
    }

    #[test]
    fn a_key_is_shown_as_a_bearer_token_and_hidden_from_logs() {
        let shown = bearer("sk_test_1").unwrap();
        assert_eq!((shown.to_str().unwrap(), shown.is_sensitive()), ("Bearer sk_test_1", true));
        assert_eq!(bearer(""), None);
        assert_eq!(bearer("two\nlines"), None);
    }
}
