//! `POST /v1/checkouts`: read, admit, hand to the product's lane, tell the shopper.
//!
//! The order of the checks is the cost of a sale: whatever can be refused from the headers is refused before the body
//! is read, whatever the body shows before a token is taken, and nothing is hashed or sent for a request that finds
//! its bucket empty.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use ports::http_port::ServiceName;

use super::catalog::Admission;
use super::problem::{Problem, ProblemKind};
use super::request::CheckoutBody;
use super::{Gateway, answers, request};
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;

/// Buys.
pub(super) async fn create(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    match checkout(&gateway, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn checkout(gateway: &Gateway, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let config = &gateway.ctx.config.gateway;
    let shopper_id = gateway.shopper(&head.headers).await?;
    let key = request::idempotency_key(&head.headers)?;
    request::require_json(&head.headers)?;
    let bytes = request::read_body(body, config.max_body_bytes).await?;
    let body = CheckoutBody::read(&bytes, config.max_quantity)?;
    let lane = admit(gateway, &body.sku)?;
    let request = to_lane(&shopper_id, key, &body, &head.headers);
    call_lane(gateway, lane, &request).await
}

/// Takes a token of the product's bucket, and says who sells it.
pub(super) fn admit(gateway: &Gateway, sku: &str) -> Result<ServiceName, Problem> {
    match gateway.catalog.admit(sku, gateway.now_us()) {
        Admission::Admitted { lane } => {
            gateway.ctx.metrics.count(Counter::CheckoutsAdmitted);
            Ok(lane)
        }
        Admission::Limited { retry_after_us } => {
            gateway.ctx.metrics.count(Counter::CheckoutsLimited);
            Err(answers::limited(retry_after_us))
        }
        Admission::Unknown => Err(ProblemKind::UnknownProduct.into()),
        Admission::NotLoaded => Err(answers::unavailable(0)),
    }
}

fn to_lane(shopper_id: &str, key: &str, body: &CheckoutBody<'_>, headers: &HeaderMap) -> CheckoutRequest {
    CheckoutRequest {
        order_id: request::order_id(shopper_id, key),
        shopper_id: shopper_id.to_owned(),
        sku: body.sku.clone().into_owned(),
        quantity: body.quantity,
        payment_method: body.payment_method.clone().into_owned(),
        fingerprint: body.fingerprint(),
        respond_async: request::prefers_async(headers),
        shown_price_cents: body.shown_price_cents,
        further: Vec::new(),
    }
}

/// What a checkout takes as a document, or a little less.
const CHECKOUT_BYTES: usize = 384;

async fn call_lane(gateway: &Gateway, lane: ServiceName, request: &CheckoutRequest) -> Result<Response, Problem> {
    match ask_lane(gateway, lane, request).await {
        Ok(answer) => answers::to_checkout(&request.order_id, request.respond_async, answer),
        Err(without_answer) => without_answer,
    }
}

/// The lane's answer; the error is what the shopper is told when there was none. Any answer of a lane but a well-formed 200
/// leaves the outcome open: it may have failed halfway.
pub(super) async fn ask_lane(
    gateway: &Gateway,
    lane: ServiceName,
    request: &CheckoutRequest,
) -> Result<CheckoutAnswer, Result<Response, Problem>> {
    let mut body = Vec::with_capacity(CHECKOUT_BYTES);
    serde_json::to_writer(&mut body, request).expect("a checkout has string keys and no failing parts");
    let message = http::Request::post("/internal/checkouts")
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Bytes::from(body))
        .expect("a constant request is well formed");
    let answered = gateway.ctx.http.call(lane, message, gateway.ctx.config.gateway.lane_timeout).await;
    let response = answered.map_err(|error| answers::without_answer(&request.order_id, &error))?;
    if response.status() != StatusCode::OK {
        return Err(Ok(answers::unknown(&request.order_id)));
    }
    CheckoutAnswer::read(response.body()).map_err(|_| Ok(answers::unknown(&request.order_id)))
}
