//! The gateway from outside: requests in, answers and webhooks out. One file per area.

mod declines;
mod faults;
mod idempotency;
mod lifecycle;
mod lists;
mod operations;
mod requests;
mod webhooks;

use bytes::Bytes;
use http::{Request, Response};
use payments_engine::{Config, Payments};
use serde_json::{Value, json};

/// Noon of some day: an origin that is neither zero nor round.
const START_MS: i64 = 1_764_000_123_456;

fn gateway() -> Payments {
    Payments::new(Config::default())
}

fn request(path: &str, key: Option<&str>, body: &Value) -> Request<Bytes> {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.body(Bytes::from(body.to_string())).expect("tests ask for valid paths and keys")
}

fn post(gateway: &mut Payments, path: &str, key: Option<&str>, body: &Value) -> Response<Bytes> {
    gateway.handle(&request(path, key, body), START_MS)
}

fn get(gateway: &mut Payments, path: &str) -> Value {
    let request = Request::get(path).body(Bytes::new()).expect("tests ask for valid paths");
    json_of(&gateway.handle(&request, START_MS))
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).expect("every answer is JSON")
}

fn authorize(order: &str) -> Value {
    authorize_with(order, "pm_card_visa")
}

fn authorize_with(order: &str, payment_method: &str) -> Value {
    json!({
        "amount": 129_900, "currency": "usd", "payment_method": payment_method,
        "capture_method": "manual", "confirm": true, "metadata": {"order_id": order}
    })
}

/// Authorizes and returns the id of the intent.
fn authorized(gateway: &mut Payments, order: &str) -> String {
    let answer = post(gateway, "/v1/payment_intents", None, &authorize(order));
    assert_eq!(answer.status(), 200);
    json_of(&answer)["id"].as_str().expect("an intent has an id").to_owned()
}

/// Authorizes and captures, and returns the id of the intent.
fn captured(gateway: &mut Payments, order: &str) -> String {
    let id = authorized(gateway, order);
    assert_eq!(post(gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({})).status(), 200);
    id
}

fn captured_total_cents(gateway: &Payments) -> i64 {
    gateway.charges().map(|intent| intent.amount_received_cents()).sum()
}
