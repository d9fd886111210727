//! `GET /v1/orders/{id}`.

use axum::body::Body;
use http::{Method, Request};
use insta::assert_snapshot;
use platform::messages::ORDERS;
use ports::http_port::HttpError;
use serde_json::json;

use crate::edge::{ORDER_ID, open_edge, order};

fn show(order_id: &str, shopper_id: &str) -> Request<Body> {
    Request::get(format!("/v1/orders/{order_id}")).header("x-shopper-id", shopper_id).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_shopper_sees_an_order_of_their_own() {
    let edge = open_edge().await;
    edge.answers(200, &order("shipped", None));
    assert_snapshot!(edge.send(show(ORDER_ID, "ann")).await);
    let call = &edge.calls()[0];
    assert_eq!((call.service, &call.method), (ORDERS, &Method::GET));
    assert_eq!(call.path, format!("/internal/orders/{ORDER_ID}"));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_ended_says_why() {
    let edge = open_edge().await;
    edge.answers(200, &order("refunded", Some("sold_out")));
    assert_snapshot!(edge.send(show(ORDER_ID, "ann")).await);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_does_not_exist() {
    let edge = open_edge().await;
    edge.answers(404, &json!(null));
    assert_snapshot!(edge.send(show(ORDER_ID, "ann")).await);
}

#[tokio::test(start_paused = true)]
async fn another_shoppers_order_looks_like_none() {
    let edge = open_edge().await;
    edge.answers(404, &json!(null));
    let none = edge.send(show(ORDER_ID, "bob")).await;
    edge.answers(200, &order("shipped", None));
    assert_eq!(edge.send(show(ORDER_ID, "bob")).await, none);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_order_id_is_not_even_asked_for() {
    let edge = open_edge().await;
    for id in ["7", "ord_7", "ord_%2F..%2F..%2Fproducts", "%00", "%ff"] {
        let answer = edge.send(show(id, "ann")).await;
        assert!(answer.starts_with("404 ") && answer.contains("/problems/unknown-order"), "{id}: {answer}");
    }
    assert!(edge.did_nothing());
}

#[tokio::test(start_paused = true)]
async fn no_shopper_sees_no_order() {
    let edge = open_edge().await;
    let request = Request::get(format!("/v1/orders/{ORDER_ID}")).body(Body::empty()).unwrap();
    assert_snapshot!(edge.send(request).await);
    assert!(edge.did_nothing());
}

#[tokio::test(start_paused = true)]
async fn an_order_that_cannot_be_read_now_can_be_asked_for_again() {
    let edge = open_edge().await;
    edge.fails(HttpError::TimedOut { service: ORDERS, waited_ms: 1_000 });
    let answer = edge.send(show(ORDER_ID, "ann")).await;
    assert_snapshot!(answer);
    edge.answers(503, &json!(null));
    assert_eq!(edge.send(show(ORDER_ID, "ann")).await, answer);
}
