//! `POST /v1/carts/{id}/checkout`: everything in a cart as one order, all of it or nothing.
//!
//! The cart is read here and its lines go to one lane: the flash lane if any product of them is sold there. Each line
//! insists on the price at which it was put in, so a changed price is a problem that shows both; setting the line again
//! accepts the new one. What was bought is taken out of the cart once the order is confirmed. Until then a repeat finds the
//! same lines and its first answer; afterwards the cart is empty and the order itself answers.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use ports::http_port::ServiceName;
use serde::Deserialize;

use super::carts::{self, Parts};
use super::checkouts::{admit, ask_lane};
use super::problem::{Problem, ProblemKind};
use super::{Gateway, answers, orders, request};
use crate::messages::{
    CartBought, CartLine, CheckoutAnswer, CheckoutRequest, FLASH_SALE, ORDERS, OrderView, WantedLine,
};
use crate::order_status::OrderStatus;

/// What a checkout of a cart says beside its address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The card gateway's name for the means of payment.
    payment_method: String,
}

/// Buys what is in a cart.
pub(super) async fn create(State(gateway): State<Arc<Gateway>>, path: Parts<String>, request: Request) -> Response {
    checkout(&gateway, path, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn checkout(gateway: &Gateway, path: Parts<String>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let shopper = gateway.shopper(&head.headers).await?;
    let shopper_id = &*shopper;
    let key = request::idempotency_key(&head.headers)?;
    request::require_json(&head.headers)?;
    let Ok(Path(id)) = path else { return Err(ProblemKind::UnknownCart.into()) };
    let id = carts::allowed(gateway, id, &head.headers).await?;
    let bytes = request::read_body(body, gateway.ctx.config.gateway.max_body_bytes).await?;
    let Body { payment_method } = request::json(&bytes)?;
    request::check_payment_method(&payment_method)?;
    let cart = carts::call::<()>(gateway, Method::GET, format!("/internal/carts/{id}"), None).await?;
    let order_id = request::order_id(shopper_id, key);
    if cart.lines.is_empty() {
        return answer_of_order(gateway, &order_id, shopper_id).await;
    }
    let lane = lane_of(gateway, &cart.lines)?;
    let wish = wish(order_id, shopper_id, payment_method, &cart.lines, &head.headers);
    let answer = match ask_lane(gateway, lane, &wish).await {
        Ok(answer) => answer,
        Err(without_answer) => return without_answer,
    };
    if matches!(answer, CheckoutAnswer::Confirmed { .. }) {
        let bought = CartBought { lines: cart.lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect() };
        // If this is lost, the cart still shows what was bought, and a repeat under the same key buys nothing twice.
        drop(carts::call(gateway, Method::POST, format!("/internal/carts/{id}/bought"), Some(&bought)).await);
    }
    answers::to_checkout(&wish.order_id, wish.respond_async, answer)
}

/// Takes a token of each product, and says who sells all of them.
fn lane_of(gateway: &Gateway, lines: &[CartLine]) -> Result<ServiceName, Problem> {
    let mut lane = ORDERS;
    for line in lines {
        if admit(gateway, &line.sku).map_err(|problem| problem.with("sku", (&*line.sku).into()))? == FLASH_SALE {
            lane = FLASH_SALE;
        }
    }
    Ok(lane)
}

fn wish(
    order_id: String,
    shopper_id: &str,
    payment_method: String,
    lines: &[CartLine],
    headers: &HeaderMap,
) -> CheckoutRequest {
    let further = lines[1..].iter().map(|line| WantedLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        shown_price_cents: Some(line.price_when_added_cents),
    });
    CheckoutRequest {
        order_id,
        shopper_id: shopper_id.to_owned(),
        sku: lines[0].sku.clone(),
        quantity: lines[0].quantity,
        fingerprint: request::fingerprint_of_lines(&payment_method, lines),
        payment_method,
        respond_async: request::prefers_async(headers),
        shown_price_cents: Some(lines[0].price_when_added_cents),
        further: further.collect(),
    }
}

/// The answer of a repeat that finds its cart empty: what became of the order.
async fn answer_of_order(gateway: &Gateway, order_id: &str, shopper_id: &str) -> Result<Response, Problem> {
    let order = match orders::find(gateway, order_id, shopper_id).await {
        Ok(order) => order,
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => return Err(ProblemKind::CartEmpty.into()),
        Err(problem) => return Err(problem),
    };
    answers::to_checkout(order_id, false, answer_of(order))
}

fn answer_of(order: OrderView) -> CheckoutAnswer {
    match OrderStatus::parse(&order.status) {
        Some(OrderStatus::Compensating | OrderStatus::Failed | OrderStatus::Refunded) => {
            CheckoutAnswer::Ended { order }
        }
        Some(OrderStatus::Placed) | None => CheckoutAnswer::Pending { order_id: order.order_id },
        Some(
            OrderStatus::Confirmed
            | OrderStatus::Picking
            | OrderStatus::Shipped
            | OrderStatus::Delivered
            | OrderStatus::Cancelling
            | OrderStatus::Cancelled,
        ) => CheckoutAnswer::Confirmed { order },
    }
}
