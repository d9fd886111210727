//! The JSON the gateway writes: payment intents, charges, refunds, lists and errors, in Stripe's shapes.
//! Times on the wire are whole seconds, as Stripe's.

use bytes::Bytes;
use http::StatusCode;
use serde::{Serialize, Serializer};

use crate::error::ApiError;
use crate::intent::{CaptureMethod, PaymentIntent, Refund};

/// A finished answer, short of headers. Cheap to clone: the body is shared.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    pub(crate) replayed: bool,
}

impl Answer {
    fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self { status, body: to_bytes(body), replayed: false }
    }
}

pub(crate) fn to_bytes(body: &impl Serialize) -> Bytes {
    // Strings, integers and maps with string keys: serde_json has no way to fail on them.
    let written = serde_json::to_vec(body).expect("wire shapes serialize");
    // Answers are kept for a day: without the room that growing left behind.
    Bytes::from(written.into_boxed_slice())
}

fn as_map<S: Serializer>(entries: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
}

#[derive(Serialize)]
pub(crate) struct IntentBody<'a> {
    id: &'a str,
    object: &'static str,
    amount: i64,
    amount_capturable: i64,
    amount_received: i64,
    canceled_at: Option<i64>,
    cancellation_reason: Option<&'a str>,
    capture_method: &'static str,
    created: i64,
    currency: &'a str,
    last_payment_error: Option<DeclineBody>,
    latest_charge: Option<String>,
    #[serde(serialize_with = "as_map")]
    metadata: &'a [(String, String)],
    payment_method: Option<&'a str>,
    status: &'static str,
}

#[derive(Serialize)]
struct DeclineBody {
    r#type: &'static str,
    code: &'static str,
    decline_code: &'static str,
}

impl<'a> IntentBody<'a> {
    pub(crate) fn of(intent: &'a PaymentIntent) -> Self {
        Self {
            id: &intent.id,
            object: "payment_intent",
            amount: intent.amount_cents,
            amount_capturable: intent.amount_capturable_cents(),
            amount_received: intent.amount_received_cents(),
            canceled_at: intent.canceled.as_ref().map(|canceled| seconds(canceled.at_ms)),
            cancellation_reason: intent.canceled.as_ref().and_then(|canceled| canceled.reason.as_deref()),
            capture_method: match intent.capture_method {
                CaptureMethod::Automatic => "automatic",
                CaptureMethod::Manual => "manual",
            },
            created: seconds(intent.created_at_ms),
            currency: &intent.currency,
            last_payment_error: intent.last_decline.map(|decline| DeclineBody {
                r#type: "card_error",
                code: decline.code(),
                decline_code: decline.decline_code(),
            }),
            latest_charge: charge_id(intent),
            metadata: &intent.metadata,
            payment_method: intent.payment_method.as_deref(),
            status: intent.status.as_str(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct ChargeBody<'a> {
    id: Option<String>,
    object: &'static str,
    amount: i64,
    amount_captured: i64,
    amount_refunded: i64,
    captured: bool,
    created: i64,
    currency: &'a str,
    #[serde(serialize_with = "as_map")]
    metadata: &'a [(String, String)],
    payment_intent: &'a str,
    refunded: bool,
    status: &'static str,
}

impl<'a> ChargeBody<'a> {
    /// The charge of an intent that was captured.
    pub(crate) fn of(intent: &'a PaymentIntent) -> Self {
        Self {
            id: charge_id(intent),
            object: "charge",
            amount: intent.amount_cents,
            amount_captured: intent.amount_received_cents(),
            amount_refunded: intent.amount_refunded_cents(),
            captured: intent.captured.is_some(),
            created: seconds(intent.authorized_at_ms.unwrap_or(intent.created_at_ms)),
            currency: &intent.currency,
            metadata: &intent.metadata,
            payment_intent: &intent.id,
            refunded: intent.amount_refunded_cents() == intent.amount_received_cents(),
            status: "succeeded",
        }
    }
}

#[derive(Serialize)]
struct RefundBody<'a> {
    id: &'a str,
    object: &'static str,
    amount: i64,
    charge: Option<String>,
    created: i64,
    currency: &'a str,
    #[serde(serialize_with = "as_map")]
    metadata: &'a [(String, String)],
    payment_intent: &'a str,
    reason: Option<&'a str>,
    status: &'static str,
}

impl<'a> RefundBody<'a> {
    fn of(refund: &'a Refund, intent: &'a PaymentIntent) -> Self {
        Self {
            id: &refund.id,
            object: "refund",
            amount: refund.amount_cents,
            charge: charge_id(intent),
            created: seconds(refund.at_ms),
            currency: &intent.currency,
            metadata: &refund.metadata,
            payment_intent: &intent.id,
            reason: refund.reason.as_deref(),
            status: "succeeded",
        }
    }
}

#[derive(Serialize)]
struct ListBody<T> {
    object: &'static str,
    url: &'static str,
    has_more: bool,
    data: Vec<T>,
}

#[derive(Serialize)]
struct ErrorEnvelope<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_intent: Option<IntentBody<'a>>,
}

impl From<ApiError> for Answer {
    fn from(refused: ApiError) -> Self {
        error(&refused, None)
    }
}

fn error(refused: &ApiError, intent: Option<&PaymentIntent>) -> Answer {
    let error = ErrorBody {
        r#type: refused.kind,
        code: refused.code,
        decline_code: refused.decline_code,
        param: refused.param.as_deref(),
        message: &refused.message,
        payment_intent: intent.map(IntentBody::of),
    };
    Answer::json(refused.status, &ErrorEnvelope { error })
}

/// 402: the error carries the intent, so that the caller may try another card on it.
pub(crate) fn declined(refused: &ApiError, intent: &PaymentIntent) -> Answer {
    error(refused, Some(intent))
}

pub(crate) fn intent(intent: &PaymentIntent) -> Answer {
    Answer::json(StatusCode::OK, &IntentBody::of(intent))
}

pub(crate) fn intents<'a>(
    object: &'static str,
    url: &'static str,
    found: impl Iterator<Item = &'a PaymentIntent>,
    limit: usize,
) -> Answer {
    list(object, url, found.map(IntentBody::of), limit)
}

fn list<T: Serialize>(
    object: &'static str,
    url: &'static str,
    mut entries: impl Iterator<Item = T>,
    limit: usize,
) -> Answer {
    let data = entries.by_ref().take(limit).collect();
    let has_more = entries.next().is_some();
    Answer::json(StatusCode::OK, &ListBody { object, url, has_more, data })
}

pub(crate) fn refund(refund: &Refund, intent: &PaymentIntent) -> Answer {
    Answer::json(StatusCode::OK, &RefundBody::of(refund, intent))
}

/// Refunds, each with the intent it gives back from.
pub(crate) fn refunds<'a>(refunds: impl Iterator<Item = (&'a Refund, &'a PaymentIntent)>, limit: usize) -> Answer {
    list("list", "/v1/refunds", refunds.map(|(refund, intent)| RefundBody::of(refund, intent)), limit)
}

/// `ch_…`: one charge per time an issuer was asked.
fn charge_id(intent: &PaymentIntent) -> Option<String> {
    let number = intent.id.strip_prefix("pi_").and_then(|digits| digits.get(4..))?;
    (intent.attempts > 0).then(|| format!("ch_{number}{:04}", intent.attempts))
}

pub(crate) fn seconds(at_ms: i64) -> i64 {
    at_ms.div_euclid(1_000)
}
