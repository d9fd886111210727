//! `/livez`, `/readyz` and `/metrics` of a gateway.

use axum::body::Body;
use http::Request;
use insta::assert_snapshot;
use platform::config::GatewayConfig;

use crate::edge::{CONSOLE, checkout, edge, edge_without_products};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_alive_before_it_is_ready() {
    let edge = edge_without_products(GatewayConfig::default());
    assert_snapshot!("alive", edge.send(get("/livez")).await);
    assert_snapshot!("not_ready", edge.send(get("/readyz")).await);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_knows_its_products_is_ready() {
    let edge = edge(GatewayConfig::default()).await;
    assert_snapshot!(edge.send(get("/readyz")).await);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_counted() {
    let edge = edge(GatewayConfig { per_sku_rate_per_s: 0, ..GatewayConfig::default() }).await;
    edge.send(checkout(CONSOLE)).await;
    let page = edge.send(get("/metrics")).await;
    assert!(page.contains("content-type: text/plain; version=0.0.4; charset=utf-8\n"), "{page}");
    assert!(page.contains("\ncheckouts_limited_total 1\n"), "{page}");
}
