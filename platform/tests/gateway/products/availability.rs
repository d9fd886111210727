//! `GET /v1/products/{sku}/availability`.

use axum::body::Body;
use http::Request;
use insta::assert_snapshot;
use platform::config::GatewayConfig;
use platform::messages::{Availability, AvailabilitySource, INVENTORY};
use ports::http_port::HttpError;
use serde_json::json;

use crate::edge::{edge_without_products, open_edge};

fn availability(sku: &str) -> Request<Body> {
    Request::get(format!("/v1/products/{sku}/availability")).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_product() {
    let edge = open_edge().await;
    edge.answers(
        200,
        &Availability {
            sku: "console".into(),
            available: 412,
            as_of_ms: 1_795_000_000_000,
            source: AvailabilitySource::Gate,
        },
    );
    assert_snapshot!(edge.send(availability("console")).await);
    let call = &edge.calls()[0];
    assert_eq!((call.service, &*call.path), (INVENTORY, "/internal/products/console/availability"));
}

#[tokio::test(start_paused = true)]
async fn a_sku_that_needs_encoding_arrives_as_one_segment() {
    let edge = open_edge().await;
    edge.answers(404, &json!(null));
    edge.send(availability("usb%20hub")).await;
    assert_eq!(edge.calls()[0].path, "/internal/products/usb%20hub/availability");
}

#[tokio::test(start_paused = true)]
async fn a_product_that_does_not_exist() {
    let edge = open_edge().await;
    let answer = edge.send(availability("ghost")).await;
    assert_snapshot!(answer);
    assert_eq!(edge.send(availability("%ff")).await, answer);
    assert!(edge.did_nothing(), "the list is enough to know");
    edge.answers(404, &json!(null));
    assert_eq!(edge.send(availability("console")).await, answer);
}

#[tokio::test(start_paused = true)]
async fn an_inventory_that_is_away_is_temporarily_unavailable() {
    let edge = open_edge().await;
    edge.fails(HttpError::TimedOut { service: INVENTORY, waited_ms: 1_000 });
    let answer = edge.send(availability("console")).await;
    assert_snapshot!(answer);
    edge.answers(503, &json!(null));
    assert_eq!(edge.send(availability("console")).await, answer);
    let fresh = edge_without_products(GatewayConfig::default());
    assert_eq!(fresh.send(availability("console")).await, answer);
}
