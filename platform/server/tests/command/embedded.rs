//! `platform serve --embedded`, driven over HTTP.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::Instant;

use crate::process::Serving;

const QUICK: [&str; 6] =
    ["serve", "--embedded", "--set", "fulfilment.picking_ms=100", "--set", "fulfilment.transit_ms=100"];

#[tokio::test]
async fn a_unit_that_is_bought_is_delivered() {
    let shop = Serving::start(&QUICK);
    assert!(shop.said[0].contains("everything they hold ends with it"), "{:?}", shop.said);
    let (status, before) = shop.get("/v1/products/KETTLE/availability").await;
    assert_eq!((status, before["available"].as_i64()), (200, Some(100)));
    let (status, order) = shop.buy("k1", "KETTLE", "pm_card_visa").await;
    assert_eq!((status, order["status"].as_str()), (201, Some("confirmed")));
    let order_id = order["order_id"].as_str().unwrap().to_owned();
    let (_, again) = shop.buy("k1", "KETTLE", "pm_card_visa").await;
    assert_eq!(again["order_id"].as_str(), Some(&*order_id), "one key, one order");
    shop.wait_for_status(&order_id, "delivered").await;
    let (_, after) = shop.get("/v1/products/KETTLE/availability").await;
    assert_eq!(after["available"].as_i64(), Some(99));
}

#[tokio::test]
async fn products_are_found_by_category_and_shown_with_their_stock() {
    let shop = Serving::start(&QUICK);
    let (status, page) = shop.get("/v1/products/KETTLE").await;
    assert_eq!((status, page["product"]["seller"].as_str()), (200, Some("Hearth & Co")), "{page}");
    assert_eq!(page["stock"]["available"].as_i64(), Some(100), "{page}");
    assert!(page["product"]["deal_ends_at_ms"].is_i64(), "{page}");
    let (_, all) = shop.get("/v1/products").await;
    let skus: Vec<_> = all["products"].as_array().unwrap().iter().map(|product| product["sku"].as_str()).collect();
    assert_eq!((skus, all["next"].is_null()), (vec![Some("DOORBUSTER-TV"), Some("KETTLE"), Some("LAMP")], true));
    let (_, home) = shop.get("/v1/products?category=home").await;
    assert_eq!(home["products"].as_array().unwrap().len(), 1);
    for (path, expected, problem) in [
        ("/v1/products/GHOST", 404, "unknown-product"),
        ("/v1/products?category=nonsense", 404, "unknown-category"),
        ("/v1/products?category=%00", 400, "invalid-query"),
        ("/v1/products?cursor=forged", 400, "invalid-cursor"),
    ] {
        let (status, told) = shop.get(path).await;
        assert_eq!(status, expected, "{path}: {told}");
        assert!(told["type"].as_str().unwrap().ends_with(problem), "{path}: {told}");
    }
    let url = format!("{}/v1/products/LAMP", shop.url);
    let tag = reqwest::get(&url).await.unwrap().headers()["etag"].clone();
    let again = reqwest::Client::new().get(&url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 304);
}

#[tokio::test]
async fn a_declined_card_buys_nothing() {
    let shop = Serving::start(&QUICK);
    let (status, problem) = shop.buy("k1", "LAMP", "pm_card_chargeDeclined").await;
    assert_eq!(status, 402, "{problem}");
    for _ in 0..100 {
        let (_, lamps) = shop.get("/v1/products/LAMP/availability").await;
        if lamps["available"].as_i64() == Some(1_000) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the lamp was not given back");
}

#[tokio::test]
async fn readiness_and_metrics_speak_for_every_role() {
    let shop = Serving::start(&QUICK);
    let (status, ready) = shop.get("/readyz").await;
    assert_eq!((status, ready["ready"].as_bool()), (200, Some(true)));
    assert_eq!(ready["roles"].as_object().unwrap().len(), 14);
    let (status, alive) = shop.get("/livez").await;
    assert_eq!((status, alive["alive"].as_bool()), (200, Some(true)));
    shop.buy("k1", "KETTLE", "pm_card_visa").await;
    let metrics = reqwest::get(format!("{}/metrics", shop.url)).await.unwrap().text().await.unwrap();
    for line in ["orders_confirmed_total 1", "checkouts_admitted_total 1", "holds_confirmed_total 1"] {
        assert!(metrics.lines().any(|it| it == line), "{line}");
    }
    let (status, _) = shop.get("/internal/products").await;
    assert_eq!(status, 404, "the inside is not served at the edge");
}

#[tokio::test]
async fn a_signal_ends_it_in_good_order_and_frees_its_port() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut shop = Serving::start(&QUICK);
        shop.buy("k1", "KETTLE", "pm_card_visa").await;
        let began = Instant::now();
        shop.signal(signal);
        assert_eq!(shop.wait(), Some(0), "{signal}");
        assert!(began.elapsed() < Duration::from_secs(9), "nothing was under way");
        assert!(reqwest::get(&shop.url).await.is_err());
    }
}

#[tokio::test]
async fn fifty_shoppers_and_twenty_units_make_twenty_orders() {
    let shop = Serving::start(&QUICK);
    let mut sold = 0;
    let mut buying = tokio::task::JoinSet::new();
    for shopper in 0..50 {
        let url = format!("{}/v1/checkouts", shop.url);
        buying.spawn(async move {
            let body = serde_json::json!({"sku": "DOORBUSTER-TV", "quantity": 1, "payment_method": "pm_card_visa"});
            let request = reqwest::Client::new().post(url).header("x-shopper-id", format!("s{shopper}"));
            request.header("idempotency-key", "k").json(&body).send().await.unwrap().status().as_u16()
        });
    }
    while let Some(status) = buying.join_next().await {
        let status = status.unwrap();
        assert!([201, 409].contains(&status), "{status}");
        sold += u32::from(status == 201);
    }
    assert_eq!(sold, 20);
}

/// A request whose body does not come: it stays under way until its caller is given up.
fn begin_request(shop: &Serving) -> TcpStream {
    let mut caller = TcpStream::connect(shop.url.trim_start_matches("http://")).unwrap();
    let head = "POST /v1/checkouts HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\nx-shopper-id: ann\r\n\
                idempotency-key: k\r\ncontent-length: 100\r\n\r\n{";
    caller.write_all(head.as_bytes()).unwrap();
    caller
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let mut shop = Serving::start(&[&QUICK[..], &["--set", "shutdown.drain_ms=60000"]].concat());
        let _under_way = begin_request(&shop);
        tokio::time::sleep(Duration::from_millis(300)).await;
        shop.signal(signal);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(shop.has_ended(), None, "the request is still under way");
        let began = Instant::now();
        shop.signal(signal);
        assert_eq!(shop.wait(), Some(code));
        assert!(began.elapsed() < Duration::from_secs(10), "the drain limit is a minute");
    }
}

#[tokio::test]
async fn requests_under_way_are_waited_for_as_long_as_is_set_and_no_longer() {
    let mut shop = Serving::start(&[&QUICK[..], &["--set", "shutdown.drain_ms=1500"]].concat());
    let _under_way = begin_request(&shop);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    shop.signal(Signal::SIGTERM);
    assert_eq!(shop.wait(), Some(0));
    assert!(began.elapsed() >= Duration::from_millis(1_400), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
