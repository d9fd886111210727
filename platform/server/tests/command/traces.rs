//! A trace that comes with a request goes on in the service that is called.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use nix::sys::signal::Signal;
use serde_json::json;
use testbed::shared;

use crate::collector::Collector;
use crate::process::{Serving, run, text};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(tokio::spawn(async move { axum::serve(listener, router).await }));
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_on_in_the_lane() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lane = {
        let heard = heard.clone();
        async move |request: Request| {
            let header = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
            heard.lock().unwrap().push(header);
            Json(json!({"outcome": "sold_out"}))
        }
    };
    let products = json!([{"sku": "TV", "price_cents": 1, "currency": "usd", "flash": true}]);
    let services = serve(
        Router::new()
            .route("/internal/checkouts", post(lane))
            .route("/internal/products", get(async || Json(products)))
            // The collector.
            .route("/v1/traces", post(async || ())),
    )
    .await;
    let keys = ["services.orders", "services.flash_sale", "services.inventory", "trace.endpoint"];
    let settings = keys.map(|key| format!("{key}={services}"));
    let flags = settings.iter().flat_map(|pair| ["--set", pair.as_str()]);
    let words: Vec<&str> = ["serve", "--role", "gateway"].into_iter().chain(flags).collect();
    let gateway = Serving::start(&words);
    for _ in 0..100 {
        if reqwest::get(format!("{}/readyz", gateway.url)).await.unwrap().status().is_success() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for shopper in 0..100 {
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/checkouts", gateway.url))
            .header("x-shopper-id", format!("s{shopper}"))
            .header("idempotency-key", "k")
            .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
            .json(&json!({"sku": "TV", "quantity": 1, "payment_method": "pm_card_visa"}));
        // A bucket that has just been made is empty.
        if answer.send().await.unwrap().status() == 409 {
            break;
        }
    }
    let heard = heard.lock().unwrap().clone();
    let [Some(parent)] = &heard[..] else { panic!("{heard:?}") };
    let [version, trace, span, flags] = parent.split('-').collect::<Vec<_>>()[..] else { panic!("{parent}") };
    assert_eq!((version, trace, flags), ("00", TRACE, "01"));
    assert_ne!(span, CALLER, "the lane is called by the gateway's span");
}

/// Two roles, each a process: what the collector is sent by both is one tree.
#[tokio::test(flavor = "multi_thread")]
async fn spans_of_two_processes_hang_together_at_the_collector() {
    let collector = Collector::start().await;
    let endpoint = format!("trace.endpoint={}", collector.url);
    let database = format!("postgres.url={}", shared::database("traces").unwrap());
    let redis = format!("redis.url={}", shared::redis().unwrap());
    let migrated = run(&["migrate", "--set", &database]);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let cards = "card_gateway.url=http://127.0.0.1:1";
    let mut orders = Serving::start(
        &[
            &["serve", "--role", "orders"][..],
            &["--set", &endpoint, "--set", &database, "--set", &redis, "--set", cards],
        ]
        .concat(),
    );
    let services = ["orders", "flash_sale", "inventory"].map(|service| format!("services.{service}={}", orders.url));
    let [a, b, c] = &services;
    let mut gateway = Serving::start(
        &[&["serve", "--role", "gateway", "--set", &endpoint][..], &["--set", a, "--set", b, "--set", c]].concat(),
    );
    let asked = reqwest::Client::new()
        .get(format!("{}/v1/orders/ord_00000000000000000000000000000000", gateway.url))
        .header("x-shopper-id", "ann")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    assert_eq!(asked.send().await.unwrap().status(), 404);
    // What was not sent yet is sent before they end.
    for process in [&mut gateway, &mut orders] {
        process.signal(Signal::SIGTERM);
        assert_eq!(process.wait(), Some(0));
    }
    let spans = collector.spans(TRACE);
    let of = |service: &str| spans.iter().find(|span| span.service == service).unwrap_or_else(|| panic!("{spans:?}"));
    let (first, second) = (of("doorbuster-gateway"), of("doorbuster-orders"));
    assert_eq!(first.parent, CALLER, "{spans:?}");
    assert_eq!(second.parent, first.id, "{spans:?}");
}
