//! The card gateway's answers, read and classified. Pure.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::messages;

/// A payment intent, as far as the platform cares.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) last_payment_error: Option<GatewayError>,
}

/// Why the gateway refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct GatewayError {
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) decline_code: Option<String>,
}

impl GatewayError {
    /// The most telling of its codes.
    pub(crate) fn into_code(self) -> String {
        self.decline_code.or(self.code).unwrap_or_else(|| "card_declined".into())
    }
}

#[derive(Deserialize)]
struct ErrorEnvelope {
    error: GatewayError,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Intent>,
}

/// What one request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Done; the body.
    Done(Bytes),
    /// 402: the issuer said no. Nothing was taken, and this key will never take anything.
    Declined { code: String },
    /// Another 4xx: it cannot be done, and was not.
    Refused { code: String },
    /// It may have been done. `spent`: the gateway has stored this answer under the key, so the key can do nothing more,
    /// and reading back tells the final truth.
    Unknown { spent: bool },
}

/// Classifies an answer that came.
pub(crate) fn classify(response: &Response<Bytes>) -> Reply {
    let status = response.status();
    if status.is_success() {
        return Reply::Done(response.body().clone());
    }
    let replayed = response.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
    // 409: a request with this key is at work. 429: not begun. 401 and 403: our own key is not taken, which says nothing of
    // the payment. All are worth another try under the same idempotency key.
    let not_begun =
        [StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    if status.is_server_error() || not_begun.contains(&status) {
        return Reply::Unknown { spent: replayed };
    }
    let error = messages::read(response.body()).map_or_else(|_| GatewayError::default(), |it: ErrorEnvelope| it.error);
    if status == StatusCode::PAYMENT_REQUIRED {
        return Reply::Declined { code: error.into_code() };
    }
    Reply::Refused { code: error.code.unwrap_or_else(|| status.as_str().to_owned()) }
}

/// Reads an intent; `None` when the body is none, which says nothing of the effect.
pub(crate) fn parse_intent(body: &Bytes) -> Option<Intent> {
    messages::read(body).ok()
}

/// Reads a list of intents.
pub(crate) fn parse_list(body: &Bytes) -> Option<Vec<Intent>> {
    messages::read(body).ok().map(|list: List| list.data)
}

/// Where the money of one order is, by the gateway's own record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Money {
    /// The gateway knows of no payment. A request on its way may still make one.
    Nowhere,
    /// The issuer said no.
    Declined { code: String },
    /// Held, not taken: it can still be captured.
    Authorized { intent_id: String },
    /// Taken (and perhaps given back since).
    Captured { intent_id: String },
    /// Given up; it can no longer be captured.
    Canceled,
}

impl Money {
    /// The state of an order's intents. There should be at most one; of several, the one that took money counts most.
    pub(crate) fn of(intents: &[Intent]) -> Self {
        let mut money = Self::Nowhere;
        for intent in intents {
            let this = Self::of_one(intent);
            if this.weight() > money.weight() {
                money = this;
            }
        }
        money
    }

    /// The state of one intent.
    pub(crate) fn of_one(intent: &Intent) -> Self {
        match (intent.status.as_str(), &intent.last_payment_error) {
            ("succeeded", _) => Self::Captured { intent_id: intent.id.clone() },
            ("canceled", _) => Self::Canceled,
            ("requires_payment_method", Some(error)) => Self::Declined { code: error.clone().into_code() },
            // Whatever else it waits for, it could still come to a capture.
            _ => Self::Authorized { intent_id: intent.id.clone() },
        }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Nowhere => 0,
            Self::Canceled => 1,
            Self::Declined { .. } => 2,
            Self::Authorized { .. } => 3,
            Self::Captured { .. } => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, replayed: bool, body: &'static str) -> Response<Bytes> {
        let mut builder = Response::builder().status(status);
        if replayed {
            builder = builder.header("idempotent-replayed", "true");
        }
        builder.body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    fn intent(id: &str, status: &str) -> Intent {
        Intent { id: id.into(), status: status.into(), last_payment_error: None }
    }

    #[test]
    fn a_server_error_says_nothing_of_the_effect() {
        assert_eq!(classify(&response(500, false, "{}")), Reply::Unknown { spent: false });
        assert_eq!(classify(&response(500, true, "{}")), Reply::Unknown { spent: true });
    }

    #[test]
    fn a_decline_carries_the_issuers_code() {
        let body = r#"{"error":{"code":"card_declined","decline_code":"insufficient_funds"}}"#;
        assert_eq!(classify(&response(402, false, body)), Reply::Declined { code: "insufficient_funds".into() });
    }

    #[test]
    fn a_request_that_was_not_begun_is_no_refusal() {
        for status in [401, 403, 409, 429] {
            assert_eq!(classify(&response(status, false, "{}")), Reply::Unknown { spent: false }, "{status}");
        }
        let body = r#"{"error":{"code":"payment_intent_unexpected_state"}}"#;
        let refused = Reply::Refused { code: "payment_intent_unexpected_state".into() };
        assert_eq!(classify(&response(400, false, body)), refused);
    }

    #[test]
    fn captured_money_outweighs_whatever_else_there_is() {
        let intents = [intent("pi_1", "canceled"), intent("pi_2", "succeeded"), intent("pi_3", "requires_capture")];
        assert_eq!(Money::of(&intents), Money::Captured { intent_id: "pi_2".into() });
        assert_eq!(Money::of(&[]), Money::Nowhere);
    }

    #[test]
    fn an_intent_that_waits_for_anything_could_still_be_captured() {
        assert_eq!(Money::of_one(&intent("pi_1", "processing")), Money::Authorized { intent_id: "pi_1".into() });
        let declined =
            Intent { last_payment_error: Some(GatewayError::default()), ..intent("pi_1", "requires_payment_method") };
        assert_eq!(Money::of_one(&declined), Money::Declined { code: "card_declined".into() });
    }
}
