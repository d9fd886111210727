//! `POST /v1/checkouts`: one test per answer of a lane.

use http::Method;
use insta::assert_snapshot;
use platform::messages::{CheckoutAnswer, CheckoutRequest, FLASH_SALE, ORDERS};
use ports::http_port::HttpError;
use serde_json::json;

use crate::edge::{CONSOLE, ORDER_ID, checkout, checkout_with, open_edge, order};

#[tokio::test(start_paused = true)]
async fn a_confirmed_order_is_created() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Confirmed { order: order("confirmed", None) });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn the_lane_is_told_all_it_needs_and_the_same_each_time() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::SoldOut);
    let first = edge.send(checkout(CONSOLE)).await;
    assert_eq!(edge.send(checkout(CONSOLE)).await, first);
    let calls = edge.calls();
    assert_eq!(calls[0], calls[1]);
    assert_eq!(
        (calls[0].service, &calls[0].method, &*calls[0].path),
        (FLASH_SALE, &Method::POST, "/internal/checkouts")
    );
    let told: CheckoutRequest = serde_json::from_slice(&calls[0].body).unwrap();
    let expected = CheckoutRequest {
        order_id: ORDER_ID.into(),
        shopper_id: "ann".into(),
        sku: "console".into(),
        quantity: 1,
        payment_method: "pm_card_visa".into(),
        fingerprint: told.fingerprint.clone(),
        respond_async: false,
        shown_price_cents: None,
        further: Vec::new(),
    };
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn an_ordinary_product_goes_to_the_ordinary_lane() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::SoldOut);
    edge.send(checkout(&CONSOLE.replace("console", "cable"))).await;
    assert_eq!(edge.calls()[0].service, ORDERS);
}

#[tokio::test(start_paused = true)]
async fn a_pending_order_is_accepted_with_its_address() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Pending { order_id: ORDER_ID.into() });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn respond_async_is_passed_on_and_acknowledged() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Pending { order_id: ORDER_ID.into() });
    assert_snapshot!(edge.send(checkout_with(&[("prefer", "respond-async")], CONSOLE)).await);
    let told: CheckoutRequest = serde_json::from_slice(&edge.calls()[0].body).unwrap();
    assert!(told.respond_async);
}

#[tokio::test(start_paused = true)]
async fn sold_out() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::SoldOut);
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn payment_declined() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Declined {
        order: order("failed", Some("declined")),
        decline_code: "insufficient_funds".into(),
    });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_ended_without_its_goods_is_a_conflict() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Ended { order: order("refunded", Some("sold_out")) });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn request_in_flight() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::InFlight);
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn idempotency_key_reused() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::KeyReused);
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_full_lane_is_too_many_requests_with_whole_seconds_rounded_up() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Limited { retry_after_ms: 1_001 });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_stores_are_away_is_temporarily_unavailable() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::Unavailable { retry_after_ms: 500 });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_product_the_lane_no_longer_has_is_unknown() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::UnknownProduct);
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_cannot_be_reached_has_done_nothing() {
    let edge = open_edge().await;
    edge.fails(HttpError::Unreachable { service: FLASH_SALE });
    assert_snapshot!(edge.send(checkout(CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_nobody_knows_is_accepted_as_unknown_and_never_an_error() {
    let edge = open_edge().await;
    edge.fails(HttpError::TimedOut { service: FLASH_SALE, waited_ms: 3_000 });
    let timed_out = edge.send(checkout(CONSOLE)).await;
    assert_snapshot!(timed_out);
    edge.fails(HttpError::Reset { service: FLASH_SALE });
    assert_eq!(edge.send(checkout(CONSOLE)).await, timed_out);
    edge.answers(500, &json!({"error": "halfway"}));
    assert_eq!(edge.send(checkout(CONSOLE)).await, timed_out);
    edge.answers(200, &json!({"outcome": "something new"}));
    assert_eq!(edge.send(checkout(CONSOLE)).await, timed_out);
}

#[tokio::test(start_paused = true)]
async fn a_price_that_has_changed_is_a_problem_that_shows_both() {
    let edge = open_edge().await;
    edge.lane_answers(CheckoutAnswer::PriceChanged { price_cents: 1_999, shown_cents: 2_500 });
    let told = edge.send(checkout(&CONSOLE.replace('}', ",\"shown_price_cents\":2500}"))).await;
    assert!(told.starts_with("409") && told.contains("problems/price-changed"), "{told}");
    assert!(told.contains("\"price_cents\": 1999") && told.contains("\"shown_cents\": 2500"), "{told}");
    let asked: CheckoutRequest = serde_json::from_slice(&edge.calls()[0].body).unwrap();
    assert_eq!(asked.shown_price_cents, Some(2_500));
}
