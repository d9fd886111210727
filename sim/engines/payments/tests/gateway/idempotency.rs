//! One key, one effect, one answer: and what happens without a key.

use bytes::Bytes;
use http::Request;
use payments_engine::{Config, Payments};
use serde_json::json;

use super::{START_MS, authorize, authorize_with, authorized, captured_total_cents, gateway, json_of, post, request};

const DAY_MS: i64 = 86_400_000;

#[test]
fn same_key_and_request_replays_the_same_bytes() {
    let mut gateway = gateway();
    let first = post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1"));
    let id = json_of(&first)["id"].as_str().unwrap().to_owned();
    post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    let again = post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1"));
    assert_eq!(first.body(), again.body());
    assert_eq!(json_of(&again)["status"], "requires_capture", "the answer of then, not the state of now");
    assert!(!first.headers().contains_key("idempotent-replayed"));
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(gateway.charges().count(), 1);
}

#[test]
fn same_key_with_another_payload_is_an_idempotency_error() {
    let mut gateway = gateway();
    post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1"));
    let answer = post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-2"));
    assert_eq!(answer.status(), 400);
    assert_eq!(json_of(&answer)["error"]["type"], "idempotency_error");
    assert_eq!(gateway.charges().count(), 1);
}

#[test]
fn same_key_on_another_path_is_an_idempotency_error() {
    let mut gateway = gateway();
    let (one, two) = (authorized(&mut gateway, "o-1"), authorized(&mut gateway, "o-2"));
    post(&mut gateway, &format!("/v1/payment_intents/{one}/capture"), Some("k"), &json!({}));
    let answer = post(&mut gateway, &format!("/v1/payment_intents/{two}/capture"), Some("k"), &json!({}));
    assert_eq!(json_of(&answer)["error"]["type"], "idempotency_error");
}

#[test]
fn order_of_fields_and_body_encoding_do_not_make_another_request() {
    let mut gateway = gateway();
    let json = r#"{"amount":5000,"currency":"usd","metadata":{"order_id":"o 1"}}"#;
    let form = "metadata%5Border_id%5D=o+1&currency=usd&amount=5000";
    for (content_type, body) in [("application/json", json), ("application/x-www-form-urlencoded", form)] {
        let request = Request::post("/v1/payment_intents").header("content-type", content_type);
        let request = request.header("idempotency-key", "k").body(Bytes::from(body)).unwrap();
        assert_eq!(gateway.handle(&request, START_MS).status(), 200, "{content_type}");
    }
    assert_eq!(gateway.charges().count(), 1);
    assert_eq!(gateway.charges().next().unwrap().order_id.as_deref(), Some("o 1"));
}

#[test]
fn decline_is_stored_and_replayed() {
    let mut gateway = gateway();
    let body = authorize_with("o-1", "pm_card_chargeDeclined");
    let first = post(&mut gateway, "/v1/payment_intents", Some("k"), &body);
    let again = post(&mut gateway, "/v1/payment_intents", Some("k"), &body);
    assert_eq!((again.status().as_u16(), again.body()), (402, first.body()));
    assert_eq!(gateway.charges().count(), 1);
}

#[test]
fn request_that_fails_validation_leaves_its_key_free() {
    let mut gateway = gateway();
    let answer = post(&mut gateway, "/v1/payment_intents", Some("k"), &json!({"amount": 1, "currency": "usd"}));
    assert_eq!(answer.status(), 400);
    assert_eq!(post(&mut gateway, "/v1/payment_intents", Some("k"), &authorize("o-1")).status(), 200);
}

#[test]
fn refusal_by_state_is_stored_even_when_the_state_changes_later() {
    let mut gateway = gateway();
    let body =
        json!({"amount": 5_000, "currency": "usd", "capture_method": "manual", "payment_method": "pm_card_visa"});
    let id = json_of(&post(&mut gateway, "/v1/payment_intents", None, &body))["id"].as_str().unwrap().to_owned();
    let capture = format!("/v1/payment_intents/{id}/capture");
    assert_eq!(post(&mut gateway, &capture, Some("k"), &json!({})).status(), 400);
    post(&mut gateway, &format!("/v1/payment_intents/{id}/confirm"), None, &json!({}));
    assert_eq!(post(&mut gateway, &capture, Some("k"), &json!({})).status(), 400);
    assert_eq!(post(&mut gateway, &capture, Some("k2"), &json!({})).status(), 200);
}

#[test]
fn key_is_forgotten_after_its_life_and_not_before() {
    let mut gateway = Payments::new(Config::default());
    let request = request("/v1/payment_intents", Some("k"), &authorize("o-1"));
    gateway.handle(&request, START_MS);
    gateway.handle(&request, START_MS + DAY_MS - 1);
    assert_eq!(gateway.charges().count(), 1);
    gateway.handle(&request, START_MS + DAY_MS);
    assert_eq!(gateway.charges().count(), 2);
}

#[test]
fn retry_under_a_new_key_charges_twice() {
    let mut gateway = gateway();
    for key in [Some("k1"), Some("k2"), None] {
        let id = json_of(&post(&mut gateway, "/v1/payment_intents", key, &authorize("o-1")))["id"].clone();
        post(&mut gateway, &format!("/v1/payment_intents/{}/capture", id.as_str().unwrap()), None, &json!({}));
    }
    assert_eq!(captured_total_cents(&gateway), 3 * 129_900);
    assert!(gateway.charges().all(|intent| intent.order_id.as_deref() == Some("o-1")));
}

#[test]
fn empty_and_overlong_keys_are_refused() {
    let mut gateway = gateway();
    for key in ["", &"k".repeat(256)] {
        assert_eq!(post(&mut gateway, "/v1/payment_intents", Some(key), &authorize("o-1")).status(), 400);
    }
    assert_eq!(gateway.charges().count(), 0);
}
