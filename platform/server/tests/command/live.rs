//! The command over real servers: migrate, seed, serve, audit; and servers that are not as they must be.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use embedded::{CardGateway, Switchboard};
use http::{HeaderMap, StatusCode};
use nix::sys::signal::Signal;
use platform::messages::PAYMENTS;
use platform::transaction::payments::API_VERSION;
use server::clock::SystemClock;
use testbed::{Persistence, PostgresOptions, psql, shared};

use crate::process::{Serving, run, text};

/// A card gateway on a port of its own, as the sandbox is one. Its webhooks are not delivered.
async fn card_gateway() -> (Arc<CardGateway>, String) {
    let gateway = CardGateway::new("whsec_test".to_owned(), Arc::new(SystemClock));
    gateway.deliver_webhooks(Switchboard::new(), PAYMENTS, "/webhooks/payments");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = gateway.router();
    drop(tokio::spawn(async move { axum::serve(listener, router).await }));
    (gateway, url)
}

fn said(args: &[&str]) -> (Option<i32>, String) {
    let ended = run(args);
    (ended.status.code(), text(&ended.stdout) + &text(&ended.stderr))
}

#[test]
fn migrating_twice_at_once_and_again_applies_each_migration_once() {
    let url = shared::database("migrate_twice").unwrap();
    let set = format!("postgres.url={url}");
    let both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = crate::process::platform(&["migrate", "--set", &set]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = both.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success()), "{outputs:?}");
    let applied: usize = outputs.iter().map(|output| text(&output.stdout).matches("applied").count()).sum();
    assert_eq!(applied, 6);
    assert_eq!(said(&["migrate", "--set", &set]), (Some(0), "platform: the schema is up to date\n".to_owned()));
}

#[test]
fn a_schema_from_the_future_and_an_edited_migration_are_refused() {
    let url = shared::database("future").unwrap();
    let set = format!("postgres.url={url}");
    let serve = ["serve", "--role", "analytics", "--listen", "127.0.0.1:0", "--set", &set, "--set"];
    let brokers = format!("kafka.brokers={}", shared::kafka().unwrap());
    let serve = [&serve[..], &[&*brokers]].concat();
    let (code, behind) = said(&serve);
    assert_eq!(code, Some(5));
    assert!(behind.contains("run `platform migrate`"), "{behind}");
    assert_eq!(said(&["migrate", "--set", &set]).0, Some(0));
    psql(&url, "INSERT INTO schema_migrations VALUES (9999, '9999_later.sql', 'x', now())").unwrap();
    for args in [&serve[..], &["migrate", "--set", &set]] {
        let (code, future) = said(args);
        assert_eq!((code, future.lines().count()), (Some(5), 1), "{future}");
        assert!(future.contains("from the future: it has 9999_later.sql"), "{future}");
    }
    psql(&url, "DELETE FROM schema_migrations WHERE version = 9999").unwrap();
    psql(&url, "UPDATE schema_migrations SET checksum = 'y' WHERE version = 2").unwrap();
    let (code, edited) = said(&serve);
    assert_eq!(code, Some(5));
    assert!(edited.contains("0002_orders.sql was edited after it had been applied"), "{edited}");
}

#[test]
fn wrong_passwords_are_refused_by_name_and_not_shown() {
    let options = PostgresOptions { password: Some("right".to_owned()), ..PostgresOptions::default() };
    let postgres = testbed::Postgres::start_with(&options).unwrap();
    let wrong = format!("postgres.url={}", postgres.url().replace("right", "wrong7"));
    let (code, told) = said(&["migrate", "--set", &wrong]);
    assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
    assert!(told.contains("postgres.url") && told.contains("28P01") && !told.contains("wrong7"), "{told}");

    let url = shared::database("passwords").unwrap();
    let database = format!("postgres.url={url}");
    let redis = testbed::Redis::start_with_password(Persistence::None, "right").unwrap();
    let wrong = format!("redis.url={}", redis.url().replace("right", "wrong7"));
    let (code, told) =
        said(&["serve", "--role", "inventory", "--listen", "127.0.0.1:0", "--set", &database, "--set", &wrong]);
    assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
    assert!(told.contains("redis.url") && told.contains("refuses") && !told.contains("wrong7"), "{told}");
}

#[test]
fn a_database_that_is_none_and_brokers_that_are_none_are_refused() {
    let url = shared::database("no_brokers").unwrap();
    let set = format!("postgres.url={url}");
    assert_eq!(said(&["migrate", "--set", &set]).0, Some(0));
    let nowhere = format!("postgres.url={}_of_nobody", url);
    let (code, told) = said(&["migrate", "--set", &nowhere]);
    assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
    assert!(told.contains("postgres.url") && told.contains("3D000"), "{told}");

    // One port that nobody listens on, and one whose owner takes connections and is no broker.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for brokers in [free, silent.local_addr().unwrap()] {
        let brokers = format!("kafka.brokers={brokers}");
        let serve = ["serve", "--role", "analytics", "--listen", "127.0.0.1:0", "--set", &set, "--set", &brokers];
        let (code, told) = said(&serve);
        assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
        assert!(told.contains("kafka.brokers: no broker of") && told.contains("can be reached"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_gateway_that_does_not_take_the_key_is_named_and_one_that_is_away_is_waited_for() {
    let database = format!("postgres.url={}", shared::database("card_key").unwrap());
    let redis = format!("redis.url={}", shared::redis().unwrap());
    assert_eq!(said(&["migrate", "--set", &database]).0, Some(0));
    let asks = Router::new().fallback(async |headers: HeaderMap| match headers.get("authorization") {
        _ if headers.get("stripe-version").is_none_or(|version| version != API_VERSION) => StatusCode::IM_A_TEAPOT,
        Some(key) if key == "Bearer sk_right" => StatusCode::OK,
        Some(key) if key == "Bearer sk_elsewhere" => StatusCode::BAD_REQUEST,
        Some(_) | None => StatusCode::UNAUTHORIZED,
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("card_gateway.url=http://{}", listener.local_addr().unwrap());
    drop(tokio::spawn(async move { axum::serve(listener, asks).await }));
    let lane = ["serve", "--role", "orders", "--set", &database, "--set", &redis, "--set"];
    for key in ["card_gateway.api_key=sk_wrong7", "card_gateway.api_key="] {
        let wrong = [&lane[..], &[&*url, "--set", key, "--listen", "127.0.0.1:0"]].concat();
        let (code, told) = tokio::task::block_in_place(|| said(&wrong));
        assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
        assert!(told.contains("card_gateway.api_key: the card gateway does not take it"), "{told}");
        assert!(!told.contains("sk_wrong7"), "{told}");
    }
    let other = [&lane[..], &[&*url, "--set", "card_gateway.api_key=sk_elsewhere", "--listen", "127.0.0.1:0"]].concat();
    let (code, told) = tokio::task::block_in_place(|| said(&other));
    assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
    assert!(told.contains(&format!("it does not speak Stripe's API of version {API_VERSION}")), "{told}");
    for gateway in [&*url, "card_gateway.url=http://127.0.0.1:1"] {
        let begun = [&lane[..], &[gateway, "--set", "card_gateway.api_key=sk_right"]].concat();
        drop(tokio::task::block_in_place(|| Serving::start(&begun)));
    }
}

/// Servers as settings. The log is the test's own: others write orders too.
fn settings_file(folder: &tempfile::TempDir, database: &str, redis: &str, kafka: &str, gateway: &str) -> String {
    let path = folder.path().join("platform.toml");
    let postgres = shared::database(database).unwrap();
    let shown = shared::database(&format!("{database}_catalog")).unwrap();
    let text = format!(
        "postgres.url = '{postgres}'\nredis.url = '{redis}'\nkafka.brokers = '{kafka}'\n\
         [catalog]\npostgres_url = '{shown}'\n[shop]\nsecret = 'live test'\n\
         [card_gateway]\nurl = '{gateway}'\nwebhook_secret = 'whsec_test'\n\
         [fulfilment]\npicking_ms = 100\ntransit_ms = 100\n"
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_real_servers_a_unit_that_is_bought_is_delivered_and_the_audit_is_clean() {
    let (_gateway, gateway_url) = card_gateway().await;
    let folder = tempfile::tempdir().unwrap();
    let redis = testbed::Redis::start(Persistence::None).unwrap();
    let kafka = testbed::Kafka::start().unwrap();
    let file = settings_file(&folder, "whole_shop", &redis.url(), &kafka.bootstrap(), &gateway_url);
    let config = ["--config", &*file];
    let (code, told) = said(&[&["migrate"][..], &config].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the topic orders is there"), "{told}");

    let catalog = folder.path().join("catalog.toml");
    fs::write(&catalog, "[[product]]\nsku = 'TV'\nprice_cents = 29900\nstock = 10\nflash = true\n").unwrap();
    let seed = [&["seed-catalog", catalog.to_str().unwrap()][..], &config].concat();
    let first = said(&seed);
    assert_eq!(
        first,
        (Some(0), "platform: 1 products new, 1 deliveries booked with 10 units, 0 were booked before\n".to_owned())
    );
    let again = said(&seed);
    assert_eq!(
        again,
        (Some(0), "platform: 0 products new, 0 deliveries booked with 0 units, 1 were booked before\n".to_owned())
    );

    let mut shop = Serving::start(&[&["serve"][..], &config].concat());
    let mut bought = None;
    for _ in 0..3_000 {
        // The gate opens a moment after the first start.
        let (status, order) = shop.buy("k1", "TV", "pm_card_visa").await;
        if status == 201 {
            bought = order["order_id"].as_str().map(str::to_owned);
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    shop.wait_for_status(&bought.expect("nothing could be bought"), "delivered").await;
    for _ in 0..2 {
        let (status, page) = shop.get("/v1/products/TV").await;
        assert_eq!((status, page["product"]["price_cents"].as_i64()), (200, Some(29_900)), "{page}");
        assert_eq!(page["stock"]["source"].as_str(), Some("gate"), "{page}");
    }
    let (_, cart) = shop.post("/v1/carts").await;
    let item = format!("{}/v1/carts/{}/items/TV", shop.url, cart["cart_id"].as_str().unwrap());
    let put = reqwest::Client::new().put(item).header("x-shopper-id", "ann").json(&serde_json::json!({"quantity": 2}));
    let cart: serde_json::Value = put.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (cart["lines"][0]["quantity"].as_i64(), cart["total_cents"].as_i64()),
        (Some(2), Some(59_800)),
        "{cart}"
    );
    let (status, list) = shop.get("/v1/products?category=other").await;
    assert_eq!((status, list["products"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    let audit = [&["audit", "--json"][..], &config].concat();
    let (code, report) = said(&audit);
    assert_eq!(code, Some(0), "{report}");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((report["ending"].as_str(), report["orders"].as_i64()), (Some("held"), Some(1)));
    shop.signal(Signal::SIGTERM);
    assert_eq!(shop.wait(), Some(0));

    psql(&shared_url(&file), "UPDATE inventory SET on_hand = on_hand + 1").unwrap();
    let (code, report) = said(&[&["audit", "--settle-s", "1"][..], &config].concat());
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("stock       VIOLATED"), "{report}");
}

/// Asks until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come to: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_it_begins_and_sells_and_opens_its_gate_when_redis_comes() {
    let (_gateway, gateway_url) = card_gateway().await;
    let folder = tempfile::tempdir().unwrap();
    let mut redis = testbed::Redis::start(Persistence::None).unwrap();
    let mut kafka = testbed::Kafka::start().unwrap();
    redis.stop().unwrap();
    let file = settings_file(&folder, "without_redis", &redis.url(), &kafka.bootstrap(), &gateway_url);
    let config = ["--config", &*file];
    assert_eq!(said(&[&["migrate"][..], &config].concat()).0, Some(0));
    let catalog = folder.path().join("catalog.toml");
    fs::write(&catalog, "[[product]]\nsku = 'TV'\nprice_cents = 29900\nstock = 10\nflash = true\n").unwrap();
    assert_eq!(said(&[&["seed-catalog", catalog.to_str().unwrap()][..], &config].concat()).0, Some(0));
    let (code, told) = said(&[&["audit"][..], &config].concat());
    assert_eq!((code, told.lines().count()), (Some(5), 1), "{told}");
    assert!(told.contains("redis.url: Redis cannot be reached"), "{told}");

    let mut shop = Serving::start(&[&["serve", "--set", "shutdown.drain_ms=2000"][..], &config].concat());
    until("ready without Redis", async || {
        let (status, ready) = shop.get("/readyz").await;
        status == 200 && ready["degraded"] == serde_json::json!(["redis"])
    })
    .await;
    until("a purchase on Postgres alone", async || shop.buy("k1", "TV", "pm_card_visa").await.0 == 201).await;
    redis.restart().unwrap();
    until("an open gate", async || {
        let state = psql(&shared_url(&file), "SELECT state FROM gate_epoch").unwrap();
        state == "open" && shop.get("/readyz").await.1["degraded"] == serde_json::json!([])
    })
    .await;
    until("a purchase through the gate", async || shop.buy("k2", "TV", "pm_card_visa").await.0 == 201).await;
    let gauge = format!("services.inventory={}", shop.url);
    let (code, report) = said(&[&["audit", "--set", &gauge][..], &config].concat());
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("2 orders looked at") && report.contains("  holds       holds\n"), "{report}");

    // Without Kafka all roles together sell on; one that lives by the log alone is not ready.
    let analytics = Serving::start(&[&["serve", "--role", "analytics"][..], &config].concat());
    until("a ready consumer", async || analytics.get("/readyz").await.0 == 200).await;
    kafka.pause().unwrap();
    until("ready without Kafka", async || {
        let (status, ready) = shop.get("/readyz").await;
        status == 200 && ready["degraded"] == serde_json::json!(["kafka"])
    })
    .await;
    until("a consumer that is not ready", async || analytics.get("/readyz").await.0 == 503).await;

    // Workers that cannot take their leave do not keep it from ending.
    let began = tokio::time::Instant::now();
    shop.signal(Signal::SIGTERM);
    assert_eq!(shop.wait(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

fn shared_url(file: &str) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split('\'').nth(1).unwrap().to_owned()
}
