//! Addresses and methods that the API does not have.

use axum::body::Body;
use http::Request;
use insta::assert_snapshot;

use crate::edge::open_edge;

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_there() {
    let edge = open_edge().await;
    let request = Request::get("/v1/wishes").body(Body::empty()).unwrap();
    assert_snapshot!(edge.send(request).await);
}

#[tokio::test(start_paused = true)]
async fn a_method_that_an_address_does_not_take() {
    let edge = open_edge().await;
    let request = Request::delete("/v1/checkouts").body(Body::empty()).unwrap();
    assert_snapshot!(edge.send(request).await);
}

#[tokio::test(start_paused = true)]
async fn no_internal_address_is_reachable_from_outside() {
    let edge = open_edge().await;
    for path in ["/internal/products", "/internal/checkouts", "/internal/orders/ord_7"] {
        let answer = edge.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert!(answer.starts_with("404 "), "{path}: {answer}");
    }
}
