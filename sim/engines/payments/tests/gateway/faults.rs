//! The fault plan: what is executed, what is only marked for the host, what a retry with the same key then sees.

use payments_engine::{Fault, Operation, Transit};
use serde_json::json;

use super::{START_MS, authorize, authorized, captured_total_cents, gateway, get, json_of, post, request};

#[test]
fn lost_answer_is_executed_and_its_retry_sees_it() {
    let mut gateway = gateway();
    let id = authorized(&mut gateway, "o-1");
    gateway.inject(Fault::LoseAnswer { operation: Some(Operation::Capture), count: 1 });
    let path = format!("/v1/payment_intents/{id}/capture");
    let lost = post(&mut gateway, &path, Some("c"), &json!({}));
    assert!(Transit::of(&lost).lost);
    assert_eq!(captured_total_cents(&gateway), 129_900);
    let retried = post(&mut gateway, &path, Some("c"), &json!({}));
    assert_eq!(Transit::of(&retried), Transit::default());
    assert_eq!(json_of(&retried)["status"], "succeeded");
    assert_eq!(captured_total_cents(&gateway), 129_900);
}

#[test]
fn hung_request_has_no_effect_and_its_key_stays_free() {
    let mut gateway = gateway();
    gateway.inject(Fault::Hang { operation: None, count: 1 });
    let hung = post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1"));
    assert!(Transit::of(&hung).lost);
    assert_eq!(gateway.charges().count(), 0);
    assert_eq!(post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1")).status(), 200);
}

#[test]
fn slow_answer_carries_its_delay() {
    let mut gateway = gateway();
    gateway.inject(Fault::Slow { operation: Some(Operation::Create), count: 1, delay_ms: 7_000 });
    get(&mut gateway, "/v1/payment_intents?order_id=o-1");
    let slow = post(&mut gateway, "/v1/payment_intents", None, &authorize("o-1"));
    assert_eq!(Transit::of(&slow), Transit { lost: false, delay_ms: 7_000 });
}

#[test]
fn retry_that_overtakes_a_slow_answer_finds_its_key_in_use() {
    let mut gateway = gateway();
    gateway.inject(Fault::Slow { operation: None, count: 1, delay_ms: 7_000 });
    let request = request("/v1/payment_intents", Some("k"), &authorize("o-1"));
    let first = gateway.handle(&request, START_MS);
    let early = gateway.handle(&request, START_MS + 6_999);
    assert_eq!(early.status(), 409);
    assert_eq!(json_of(&early)["error"]["code"], "idempotency_key_in_use");
    let late = gateway.handle(&request, START_MS + 7_000);
    assert_eq!(late.body(), first.body());
    assert_eq!(gateway.charges().count(), 1);
}

#[test]
fn rate_limited_request_may_be_repeated_with_its_key() {
    let mut gateway = gateway();
    gateway.inject(Fault::RateLimit { operation: None, count: 1 });
    let limited = post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1"));
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1")).status(), 200);
}

#[test]
fn server_error_is_replayed_whether_or_not_the_effect_happened() {
    for (executed, effects) in [(true, 1), (false, 0)] {
        let mut gateway = gateway();
        gateway.inject(Fault::ServerError { operation: Some(Operation::Create), count: 1, executed });
        for _ in 0..2 {
            assert_eq!(post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1")).status(), 500);
        }
        assert_eq!(gateway.charges().count(), effects);
        let read_back = get(&mut gateway, "/v1/payment_intents?order_id=o-1");
        assert_eq!(read_back["data"].as_array().unwrap().len(), effects, "reading back tells the two apart");
    }
}

#[test]
fn fault_strikes_only_its_operation_and_only_its_count() {
    let mut gateway = gateway();
    gateway.inject(Fault::LoseAnswer { operation: Some(Operation::Refund), count: 0 });
    gateway.inject(Fault::LoseAnswer { operation: Some(Operation::Create), count: 2 });
    let id = authorized(&mut gateway, "o-1");
    let capture = post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    assert!(!Transit::of(&capture).lost);
    let lost: Vec<bool> = ["o-2", "o-3"]
        .map(|order| Transit::of(&post(&mut gateway, "/v1/payment_intents", None, &authorize(order))).lost)
        .to_vec();
    assert_eq!(lost, [true, false]);
}
