//! What an answer of the gateway costs, from the request to the response, axum's dispatch included.
//!
//! `bare_router` is the floor: a `Router` with one route that takes the same body through `Json` and answers a
//! constant. During a sale most answers are `limited`.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

#[path = "../tests/gateway/edge.rs"]
#[expect(dead_code, reason = "the tests ask the same gateway more than is measured here")]
mod edge;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use edge::{CONSOLE, Edge, checkout, checkout_with};
use http::{Request, StatusCode};
use platform::config::GatewayConfig;
use platform::messages::CheckoutAnswer;
use serde::Deserialize;
use tokio::runtime::Builder;
use tower::Service;

/// The answer of a router whose handler never waits.
fn answer(router: &mut Router, request: Request<Body>) -> Response {
    let call = pin!(router.call(request));
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn edge_with_rate(per_sku_rate_per_s: u32) -> Edge {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let config = GatewayConfig { per_sku_rate_per_s, per_sku_burst: u32::MAX, ..GatewayConfig::default() };
    runtime.block_on(edge::edge(config))
}

fn measure(c: &mut Criterion, name: &str, router: &Router, status: StatusCode, request: impl Fn() -> Request<Body>) {
    let mut router = router.clone();
    assert_eq!(answer(&mut router, request()).status(), status, "{name} measures something else");
    c.bench_function(name, |bencher| {
        bencher.iter_batched(&request, |request| black_box(answer(&mut router, request)), BatchSize::SmallInput);
    });
}

#[derive(Deserialize)]
struct Wish {
    sku: String,
    quantity: i64,
    payment_method: String,
}

fn gateway(c: &mut Criterion) {
    let bare = Router::new().route(
        "/v1/checkouts",
        post(async |Json(wish): Json<Wish>| {
            black_box((wish.sku, wish.quantity, wish.payment_method));
            (StatusCode::TOO_MANY_REQUESTS, "later")
        }),
    );
    measure(c, "bare_router", &bare, StatusCode::TOO_MANY_REQUESTS, || checkout(CONSOLE));

    let closed = edge_with_rate(0);
    measure(c, "limited", &closed.router, StatusCode::TOO_MANY_REQUESTS, || checkout(CONSOLE));
    measure(c, "no_key", &closed.router, StatusCode::BAD_REQUEST, || {
        checkout_with(&[("idempotency-key", "")], CONSOLE)
    });

    let open = edge_with_rate(u32::MAX);
    open.lane_answers(CheckoutAnswer::SoldOut);
    measure(c, "sold_out", &open.router, StatusCode::CONFLICT, || checkout(CONSOLE));
}

criterion_group!(benches, gateway);
criterion_main!(benches);
