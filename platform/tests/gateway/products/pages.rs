//! `GET /v1/products/{sku}` and `GET /v1/products`: what the catalog says, as shoppers are told.

use axum::body::Body;
use http::Request;
use platform::messages::CATALOG;
use ports::http_port::HttpError;
use serde_json::json;

use crate::edge::open_edge;

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_page_is_passed_on_and_a_name_stays_one_segment() {
    let edge = open_edge().await;
    edge.answers(200, &json!({"product": {"sku": "usb hub"}, "stock": null}));
    let told = edge.send(get("/v1/products/usb%20hub%2F..")).await;
    assert!(told.starts_with("200 OK") && told.contains("\"usb hub\""), "{told}");
    let call = &edge.calls()[0];
    assert_eq!((call.service, &*call.path), (CATALOG, "/internal/catalog/products/usb%20hub%2F.."));
}

#[tokio::test(start_paused = true)]
async fn what_the_catalog_refuses_is_a_problem_of_its_own() {
    let edge = open_edge().await;
    for (status, path, expected) in [
        (404, "/v1/products/x", "unknown-product"),
        (404, "/v1/products?category=x", "unknown-category"),
        (400, "/v1/products?limit=1", "invalid-query"),
        (410, "/v1/products?cursor=x", "invalid-cursor"),
        (503, "/v1/products/x", "temporarily-unavailable"),
        (500, "/v1/categories", "temporarily-unavailable"),
    ] {
        edge.answers(status, &json!(null));
        let told = edge.send(get(path)).await;
        assert!(told.contains("application/problem+json") && told.contains(expected), "{status} {path}: {told}");
    }
    edge.fails(HttpError::Unreachable { service: CATALOG });
    assert!(edge.send(get("/v1/products")).await.starts_with("503"));
}
