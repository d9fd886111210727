//! The audit over engines in the process: what holds, what is broken, and what only a history could tell.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use payments_engine::{Fault, Operation};
use platform::messages::INVENTORY;
use platform::roles::Role;
use platform::texts::Texts;
use ports::entropy::Entropy;
use ports::http_port::{HttpClient, ServiceName};
use record::Ending;
use server::audit::report::Report;
use server::audit::{self, Options};
use server::catalog::{self, Catalog};
use server::clock::SystemClock;
use server::serve::embedded_stores::EmbeddedStores;
use server::serve::processes::Processes;
use server::settings::Settings;

const OPTIONS: Options = Options { settle_limit: Duration::from_secs(20), busy: false };

async fn shop() -> (EmbeddedStores, Processes) {
    let quick = ["fulfilment.picking_ms=50", "fulfilment.transit_ms=50", "fulfilment.warehouse_poll_ms=50"];
    shop_with(&quick).await
}

async fn shop_with(settings: &[&str]) -> (EmbeddedStores, Processes) {
    let flags: Vec<_> = settings.iter().map(|pair| ("--set", (*pair).to_owned())).collect();
    let settings = Settings::read(None, [], &flags).unwrap();
    let entropy = Entropy::from_seed(7);
    let world = EmbeddedStores::start(&settings, Arc::new(SystemClock), &entropy).unwrap();
    catalog::seed(&*world.stores.workers, &Catalog::embedded()).await.unwrap();
    let processes =
        Processes::start(&Role::ALL, &world.config, &Texts::embedded(), &world.stores, &world.switchboard, &entropy);
    world.deliver_webhooks();
    world.opened().await;
    (world, processes)
}

async fn buy(world: &EmbeddedStores, shopper: u32) -> u16 {
    buy_preferring(world, shopper, "return=representation").await
}

async fn buy_preferring(world: &EmbeddedStores, shopper: u32, preference: &str) -> u16 {
    let body = r#"{"sku":"KETTLE","quantity":1,"payment_method":"pm_card_visa"}"#;
    let request = Request::post("/v1/checkouts")
        .header("prefer", preference)
        .header("content-type", "application/json")
        .header("x-shopper-id", format!("s{shopper}"))
        .header("idempotency-key", "k")
        .body(Bytes::from(body))
        .unwrap();
    let gateway = ServiceName(Role::Gateway.name());
    world.switchboard.call(gateway, request, Duration::from_secs(10)).await.unwrap().status().as_u16()
}

async fn audited(world: &EmbeddedStores, options: Options) -> Report {
    let audit = audit::audit(&world.stores, &*world.switchboard, &SystemClock, 1, options).await.unwrap();
    Report::of(&audit)
}

#[tokio::test]
async fn a_shop_that_settled_is_clean_and_what_needs_a_history_says_so() {
    let (world, processes) = shop().await;
    for shopper in 0..5 {
        assert_eq!(buy(&world, shopper).await, 201);
    }
    let report = audited(&world, OPTIONS).await;
    assert_eq!((report.ending, report.orders), (Ending::Held, 5), "{}", report.text());
    let verdict = |name: &str| report.verdicts.iter().find(|verdict| verdict.checker == name).unwrap();
    assert!(
        ["stock", "money", "events", "liveness", "holds"].iter().all(|name| verdict(name).holds),
        "{}",
        report.text()
    );
    let unseen = ["orders", "idempotency", "admission", "targets"];
    assert!(unseen.iter().all(|name| verdict(name).not_judged.is_some()), "{}", report.text());
    processes.stop().await;
}

#[tokio::test]
async fn a_unit_that_appears_from_nowhere_is_a_safety_violation() {
    let (world, processes) = shop().await;
    assert_eq!(buy(&world, 1).await, 201);
    world.stores.workers.query("UPDATE inventory SET on_hand = on_hand + 1 WHERE sku = 'LAMP'", &[]).await.unwrap();
    let report = audited(&world, Options { settle_limit: Duration::from_secs(6), ..OPTIONS }).await;
    assert_eq!(report.ending.exit_code(), 1, "{}", report.text());
    assert!(
        report.text().contains("stock       VIOLATED\n    LAMP: at the end, the ledger sums to 1000"),
        "{}",
        report.text()
    );
    processes.stop().await;
}

#[tokio::test]
async fn a_gauge_that_says_something_else_than_the_stores_is_a_safety_violation() {
    let (world, processes) = shop().await;
    assert_eq!(buy(&world, 1).await, 201);
    let gauge = |leaked: i64| {
        let page = format!("# TYPE leaked_holds gauge\nleaked_holds {leaked}\n");
        world.switchboard.plug_in(INVENTORY, Router::new().route("/metrics", get(async || page)));
    };
    gauge(0);
    assert_eq!(audited(&world, OPTIONS).await.ending, Ending::Held);
    gauge(3);
    let report = audited(&world, Options { settle_limit: Duration::from_secs(6), ..OPTIONS }).await;
    assert_eq!(report.ending.exit_code(), 1, "{}", report.text());
    assert!(report.text().contains("0 units are unaccounted for, the leak gauge says 3"), "{}", report.text());
    processes.stop().await;
}

#[tokio::test]
async fn an_order_nobody_brings_to_its_end_is_a_liveness_violation() {
    let (world, processes) = shop().await;
    processes.stop().await;
    let placed = "INSERT INTO orders VALUES ('ord_1', 'ann', 'LAMP', 1, 2500, 'usd', 'placed', NULL, 'f', 'pm', 1, \
                  now(), 0, now(), now())";
    let moved = "INSERT INTO order_transitions VALUES ('ord_1', 1, NULL, 'placed', now())";
    let intent = "INSERT INTO payment_intents VALUES ('ord_1', 2500, 'created', NULL, NULL, now())";
    for statement in [placed, moved, intent] {
        world.stores.workers.query(statement, &[]).await.unwrap();
    }
    let report = audited(&world, Options { settle_limit: Duration::from_secs(1), ..OPTIONS }).await;
    assert_eq!(report.ending.exit_code(), 4, "{}", report.text());
    assert!(report.text().contains("at the end, ord_1 is still placed"), "{}", report.text());
    let busy = audited(&world, Options { busy: true, ..OPTIONS }).await;
    assert_eq!(busy.ending.exit_code(), 0, "while shoppers shop, an order may be under way: {}", busy.text());
}

#[tokio::test]
async fn a_process_that_stops_waits_for_the_sagas_that_nobody_waits_for() {
    let (world, processes) = shop_with(&["payment.timeout_ms=60000", "ordinary_lane.saga_lease_ms=60000"]).await;
    world.card_gateway.inject(Fault::Slow { operation: Some(Operation::Capture), count: 1, delay_ms: 1_000 });
    assert_eq!(buy_preferring(&world, 1, "respond-async").await, 202);
    processes.stop().await;
    let orders = world.stores.workers.query("SELECT status FROM orders", &[]).await.unwrap();
    assert_eq!(orders.iter().map(|row| row.text("status").to_owned()).collect::<Vec<_>>(), ["confirmed"]);
}
