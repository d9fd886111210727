//! `POST /v1/orders/{id}/cancel`.

use axum::body::Body;
use http::{Method, Request};
use insta::assert_snapshot;
use platform::messages::{CancelAnswer, CancelRequest, ORDERS};
use ports::http_port::HttpError;
use serde_json::json;

use crate::edge::{ORDER_ID, open_edge, order};

fn cancel(order_id: &str) -> Request<Body> {
    Request::post(format!("/v1/orders/{order_id}/cancel")).header("x-shopper-id", "ann").body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_is_accepted() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::Cancelling { order: order("cancelling", Some("cancelled")) });
    assert_snapshot!(edge.send(cancel(ORDER_ID)).await);
    let call = &edge.calls()[0];
    assert_eq!((call.service, &call.method), (ORDERS, &Method::POST));
    assert_eq!(call.path, format!("/internal/orders/{ORDER_ID}/cancel"));
    let told: CancelRequest = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(told.shopper_id, "ann");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_stays_cancelled() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::Cancelled { order: order("cancelled", Some("cancelled")) });
    assert_snapshot!(edge.send(cancel(ORDER_ID)).await);
}

#[tokio::test(start_paused = true)]
async fn a_shipped_order_is_not_cancellable() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::Refused { order: order("shipped", None) });
    assert_snapshot!(edge.send(cancel(ORDER_ID)).await);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_order_is_not_cancelled() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::UnknownOrder);
    let answer = edge.send(cancel(ORDER_ID)).await;
    assert_snapshot!(answer);
    assert_eq!(edge.send(cancel("ord_7")).await, answer);
    assert_eq!(edge.calls().len(), 1, "what is no order id is not asked for");
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_nothing_came_of_is_temporarily_unavailable() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::Unavailable);
    let answer = edge.send(cancel(ORDER_ID)).await;
    assert_snapshot!(answer);
    edge.fails(HttpError::Unreachable { service: ORDERS });
    assert_eq!(edge.send(cancel(ORDER_ID)).await, answer);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_of_unknown_outcome_is_accepted_as_unknown() {
    let edge = open_edge().await;
    edge.answers(200, &CancelAnswer::Unknown);
    let answer = edge.send(cancel(ORDER_ID)).await;
    assert_snapshot!(answer);
    edge.fails(HttpError::Reset { service: ORDERS });
    assert_eq!(edge.send(cancel(ORDER_ID)).await, answer);
    edge.answers(500, &json!(null));
    assert_eq!(edge.send(cancel(ORDER_ID)).await, answer);
}

#[tokio::test(start_paused = true)]
async fn no_shopper_cancels_nothing() {
    let edge = open_edge().await;
    let request = Request::post(format!("/v1/orders/{ORDER_ID}/cancel")).body(Body::empty()).unwrap();
    let answer = edge.send(request).await;
    assert!(answer.starts_with("401 "), "{answer}");
    assert!(edge.did_nothing());
}
