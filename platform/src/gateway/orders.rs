//! `GET /v1/orders/{id}` and `POST /v1/orders/{id}/cancel`: a shopper's own orders, and nobody else's.
//!
//! Another shopper's order is answered exactly as one that does not exist.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::problem::{Problem, ProblemKind};
use super::{Gateway, READ_TIMEOUT, answers, request};
use crate::messages::{self, CancelAnswer, CancelRequest, ORDERS, OrderView};

/// The `{id}` of the address; an error when it is no UTF-8.
type OrderPath = Result<Path<String>, PathRejection>;

/// What cannot be an order's id is not asked for.
pub(super) fn order_id(path: OrderPath) -> Result<String, Problem> {
    match path {
        Ok(Path(order_id)) if request::is_order_id(&order_id) => Ok(order_id),
        Ok(_) | Err(_) => Err(ProblemKind::UnknownOrder.into()),
    }
}

/// Where an order stands.
pub(super) async fn show(State(gateway): State<Arc<Gateway>>, path: OrderPath, headers: HeaderMap) -> Response {
    read_order(&gateway, path, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn read_order(gateway: &Gateway, path: OrderPath, headers: &HeaderMap) -> Result<Response, Problem> {
    let shopper_id = gateway.shopper(headers).await?;
    let order = find(gateway, &order_id(path)?, &shopper_id).await?;
    Ok(answers::json(StatusCode::OK, &order))
}

/// A shopper's own order as it stands.
pub(super) async fn find(gateway: &Gateway, order_id: &str, shopper_id: &str) -> Result<OrderView, Problem> {
    let message = http::Request::get(format!("/internal/orders/{order_id}"))
        .body(Bytes::new())
        .expect("an order id is a path segment");
    let response = gateway.ctx.http.call(ORDERS, message, READ_TIMEOUT).await.map_err(|_| answers::unavailable(0))?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(ProblemKind::UnknownOrder.into()),
        _ => return Err(answers::unavailable(0)),
    }
    let order: OrderView = messages::read(response.body()).map_err(|_| answers::unavailable(0))?;
    if order.shopper_id == shopper_id { Ok(order) } else { Err(ProblemKind::UnknownOrder.into()) }
}

/// Cancels an order that is confirmed and not yet with the carrier. Sending it again changes nothing more.
pub(super) async fn cancel(State(gateway): State<Arc<Gateway>>, path: OrderPath, headers: HeaderMap) -> Response {
    cancel_order(&gateway, path, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn cancel_order(gateway: &Gateway, path: OrderPath, headers: &HeaderMap) -> Result<Response, Problem> {
    let shopper_id = gateway.shopper(headers).await?.into_owned();
    let order_id = &order_id(path)?;
    let body =
        serde_json::to_vec(&CancelRequest { shopper_id }).expect("a cancellation has string keys and no failing parts");
    let message = http::Request::post(format!("/internal/orders/{order_id}/cancel"))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Bytes::from(body))
        .expect("an order id is a path segment");
    let response = match gateway.ctx.http.call(ORDERS, message, gateway.ctx.config.gateway.lane_timeout).await {
        Ok(response) => response,
        Err(error) => return answers::without_answer(order_id, &error),
    };
    if response.status() != StatusCode::OK {
        return Ok(answers::unknown(order_id));
    }
    match messages::read::<CancelAnswer>(response.body()) {
        Ok(answer) => to_cancel(order_id, answer),
        Err(_) => Ok(answers::unknown(order_id)),
    }
}

fn to_cancel(order_id: &str, answer: CancelAnswer) -> Result<Response, Problem> {
    match answer {
        CancelAnswer::Cancelling { order } => Ok(answers::json(StatusCode::ACCEPTED, &order)),
        CancelAnswer::Cancelled { order } => Ok(answers::json(StatusCode::OK, &order)),
        CancelAnswer::Refused { order } => {
            Err(Problem::from(ProblemKind::OrderNotCancellable).with("order_status", order.status.into()))
        }
        CancelAnswer::UnknownOrder => Err(ProblemKind::UnknownOrder.into()),
        CancelAnswer::Unavailable => Err(answers::unavailable(0)),
        CancelAnswer::Unknown => Ok(answers::unknown(order_id)),
    }
}
