//! The one map from a lane's answer, or the lack of one, to what the shopper is told.
//!
//! Unknown is told as such: 202 with the address where the outcome will show, never an error that invites a second
//! purchase under a new key.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use ports::Outcome;
use ports::http_port::HttpError;
use serde::Serialize;

use super::problem::{Problem, ProblemKind};
use crate::messages::{CheckoutAnswer, OrderView};

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// When to look again at an order that is under way, in seconds.
const PENDING_RETRY_S: u64 = 1;
/// The longest `Retry-After`, in seconds.
const MAX_RETRY_AFTER_S: u64 = 3_600;

/// The body of a 202.
#[derive(Debug, Serialize)]
struct Accepted<'a> {
    /// The order to ask for.
    order_id: &'a str,
    /// `pending`: the order exists and is under way. `unknown`: it may exist; a 404 at its address means that it does
    /// not, and the same request may be sent again under the same key.
    outcome: &'static str,
    /// Where to ask.
    status_url: &'a str,
}

/// Whole seconds, rounded up and at least one: who comes back too early is refused again.
pub(super) fn retry_after_s(microseconds: u64) -> u64 {
    microseconds.div_ceil(1_000_000).clamp(1, MAX_RETRY_AFTER_S)
}

/// 429, with when to come again.
pub(super) fn limited(retry_after_us: u64) -> Problem {
    Problem::from(ProblemKind::TooManyRequests).retry_after_s(retry_after_s(retry_after_us))
}

/// 503, with when to come again.
pub(super) fn unavailable(retry_after_us: u64) -> Problem {
    Problem::from(ProblemKind::TemporarilyUnavailable).retry_after_s(retry_after_s(retry_after_us))
}

/// What a lane's answer is to the shopper. `order_id` is the gateway's own, which the lane was given.
pub(super) fn to_checkout(order_id: &str, respond_async: bool, answer: CheckoutAnswer) -> Result<Response, Problem> {
    match answer {
        CheckoutAnswer::Confirmed { order } => {
            let mut response = json(StatusCode::CREATED, &order);
            response.headers_mut().insert(LOCATION, header(&order_url(order_id)));
            Ok(response)
        }
        CheckoutAnswer::Pending { order_id: _ } => {
            let mut response = accepted(order_id, "pending");
            if respond_async {
                response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
            }
            Ok(response)
        }
        CheckoutAnswer::SoldOut => Err(ProblemKind::SoldOut.into()),
        CheckoutAnswer::LineSoldOut { sku } => Err(Problem::from(ProblemKind::SoldOut).with("sku", sku.into())),
        CheckoutAnswer::Declined { order, decline_code } => Err(Problem::from(ProblemKind::PaymentDeclined)
            .with("decline_code", decline_code.into())
            .with("order_id", order.order_id.into())),
        CheckoutAnswer::Ended { order } => Err(ended(order)),
        CheckoutAnswer::InFlight => Err(Problem::from(ProblemKind::RequestInFlight)
            .retry_after_s(PENDING_RETRY_S)
            .with("order_id", order_id.into())),
        CheckoutAnswer::KeyReused => Err(ProblemKind::IdempotencyKeyReused.into()),
        CheckoutAnswer::Limited { retry_after_ms } => Err(limited(retry_after_ms.saturating_mul(1_000))),
        CheckoutAnswer::Unavailable { retry_after_ms } => Err(unavailable(retry_after_ms.saturating_mul(1_000))),
        CheckoutAnswer::UnknownProduct => Err(ProblemKind::UnknownProduct.into()),
        CheckoutAnswer::LineUnknown { sku } => Err(Problem::from(ProblemKind::UnknownProduct).with("sku", sku.into())),
        CheckoutAnswer::MixedCurrencies => Err(ProblemKind::MixedCurrencies.into()),
        CheckoutAnswer::PricesChanged { lines } => {
            let lines = serde_json::to_value(lines).expect("prices have string keys and no failing parts");
            Err(Problem::from(ProblemKind::PriceChanged).with("lines", lines))
        }
        CheckoutAnswer::PriceChanged { price_cents, shown_cents } => Err(Problem::from(ProblemKind::PriceChanged)
            .with("price_cents", price_cents.into())
            .with("shown_cents", shown_cents.into())),
    }
}

fn ended(order: OrderView) -> Problem {
    let problem = Problem::from(ProblemKind::OrderNotFulfilled)
        .with("order_id", order.order_id.into())
        .with("order_status", order.status.into());
    match order.reason {
        Some(reason) => problem.with("reason", reason.into()),
        None => problem,
    }
}

/// What it is to the shopper that a request with an effect on `order_id` had no answer.
pub(super) fn without_answer(order_id: &str, error: &HttpError) -> Result<Response, Problem> {
    match error.outcome() {
        Outcome::NotApplied => Err(unavailable(0)),
        Outcome::Unknown | Outcome::Applied => Ok(unknown(order_id)),
    }
}

/// 202: whether anything happened is not known.
pub(super) fn unknown(order_id: &str) -> Response {
    accepted(order_id, "unknown")
}

fn accepted(order_id: &str, outcome: &'static str) -> Response {
    let status_url = order_url(order_id);
    let mut response = json(StatusCode::ACCEPTED, &Accepted { order_id, outcome, status_url: &status_url });
    response.headers_mut().insert(LOCATION, header(&status_url));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(PENDING_RETRY_S));
    response
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("our answers have string keys and no failing parts");
    let mut response = Body::from(Bytes::from(body)).into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn order_url(order_id: &str) -> String {
    format!("/v1/orders/{order_id}")
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("order ids are made of visible ASCII")
}
