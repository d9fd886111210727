//! Authorize, capture, cancel, refund: what each leaves behind and what is refused when.

use payments_engine::{CaptureMethod, Config, Payments, Status};
use serde_json::json;

use super::{START_MS, authorize, authorized, captured, gateway, get, json_of, post};

#[test]
fn manual_capture_holds_the_money_without_taking_it() {
    let mut gateway = gateway();
    let answer = json_of(&post(&mut gateway, "/v1/payment_intents", None, &authorize("o-1")));
    assert_eq!(answer["status"], "requires_capture");
    assert_eq!(answer["amount_capturable"], 129_900);
    assert_eq!(answer["amount_received"], 0);
    let intent = gateway.charges().next().unwrap();
    assert_eq!(intent.capture_method, CaptureMethod::Manual);
    assert_eq!(intent.captured, None);
}

#[test]
fn automatic_capture_takes_the_money_on_confirmation() {
    let mut gateway = gateway();
    let body = json!({"amount": 5_000, "currency": "USD", "payment_method": "pm_card_visa", "confirm": true});
    let answer = json_of(&post(&mut gateway, "/v1/payment_intents", Some("k"), &body));
    assert_eq!((&answer["status"], &answer["amount_received"]), (&json!("succeeded"), &json!(5_000)));
    let taken = gateway.charges().next().unwrap().captured.as_ref().unwrap();
    assert_eq!((taken.amount_cents, taken.at_ms, taken.idempotency_key.as_deref()), (5_000, START_MS, Some("k")));
}

#[test]
fn unconfirmed_intent_asks_no_issuer_until_it_is_confirmed() {
    let mut gateway = gateway();
    let body = json!({"amount": 5_000, "currency": "usd", "capture_method": "manual"});
    let answer = json_of(&post(&mut gateway, "/v1/payment_intents", None, &body));
    assert_eq!(answer["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}/confirm", answer["id"].as_str().unwrap());
    assert_eq!(json_of(&post(&mut gateway, &path, None, &json!({})))["error"]["param"], "payment_method");
    let answer = json_of(&post(&mut gateway, &path, None, &json!({"payment_method": "pm_card_visa"})));
    assert_eq!(answer["status"], "requires_capture");
}

#[test]
fn capture_may_take_less_than_authorized_and_releases_the_rest() {
    let mut gateway = gateway();
    let id = authorized(&mut gateway, "o-1");
    let path = format!("/v1/payment_intents/{id}/capture");
    let answer = json_of(&post(&mut gateway, &path, None, &json!({"amount_to_capture": 100_000})));
    assert_eq!((&answer["amount_received"], &answer["amount_capturable"]), (&json!(100_000), &json!(0)));
}

#[test]
fn capture_of_more_than_authorized_is_refused_and_changes_nothing() {
    let mut gateway = gateway();
    let id = authorized(&mut gateway, "o-1");
    let path = format!("/v1/payment_intents/{id}/capture");
    let answer = post(&mut gateway, &path, None, &json!({"amount_to_capture": 129_901}));
    assert_eq!(answer.status(), 400);
    assert_eq!(json_of(&answer)["error"]["code"], "amount_too_large");
    assert_eq!(gateway.charges().next().unwrap().status, Status::RequiresCapture);
}

#[test]
fn second_capture_is_an_unexpected_state() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    let answer = post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    assert_eq!(answer.status(), 400);
    assert_eq!(json_of(&answer)["error"]["code"], "payment_intent_unexpected_state");
}

#[test]
fn cancel_releases_an_authorization_and_forbids_its_capture() {
    let mut gateway = gateway();
    let id = authorized(&mut gateway, "o-1");
    let path = format!("/v1/payment_intents/{id}/cancel");
    let answer = json_of(&post(&mut gateway, &path, None, &json!({"cancellation_reason": "abandoned"})));
    assert_eq!((&answer["status"], &answer["amount_capturable"]), (&json!("canceled"), &json!(0)));
    let answer = post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    assert_eq!(json_of(&answer)["error"]["code"], "payment_intent_unexpected_state");
}

#[test]
fn captured_intent_cannot_be_canceled() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    let answer = post(&mut gateway, &format!("/v1/payment_intents/{id}/cancel"), None, &json!({}));
    assert_eq!(json_of(&answer)["error"]["code"], "payment_intent_unexpected_state");
}

#[test]
fn refunds_add_up_to_no_more_than_was_captured() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    let refund = |gateway: &mut Payments, amount: i64| {
        json_of(&post(gateway, "/v1/refunds", None, &json!({"payment_intent": id, "amount": amount})))
    };
    assert_eq!(refund(&mut gateway, 100_000)["status"], "succeeded");
    assert_eq!(refund(&mut gateway, 29_901)["error"]["code"], "amount_too_large");
    assert_eq!(refund(&mut gateway, 29_900)["amount"], 29_900);
    assert_eq!(refund(&mut gateway, 1)["error"]["code"], "charge_already_refunded");
    assert_eq!(gateway.charges().next().unwrap().amount_refunded_cents(), 129_900);
}

#[test]
fn refund_without_amount_gives_back_the_rest() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    post(&mut gateway, "/v1/refunds", None, &json!({"payment_intent": id, "amount": 29_900}));
    let answer = json_of(&post(&mut gateway, "/v1/refunds", Some("r"), &json!({"payment_intent": id})));
    assert_eq!(answer["amount"], 100_000);
    let listed = get(&mut gateway, &format!("/v1/refunds?payment_intent={id}"));
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(gateway.charges().next().unwrap().refunds[1].idempotency_key.as_deref(), Some("r"));
}

#[test]
fn uncaptured_money_cannot_be_refunded() {
    let mut gateway = gateway();
    let id = authorized(&mut gateway, "o-1");
    let answer = post(&mut gateway, "/v1/refunds", None, &json!({"payment_intent": id}));
    assert_eq!(answer.status(), 400);
    assert_eq!(json_of(&answer)["error"]["code"], "payment_intent_unexpected_state");
}

#[test]
fn authorization_lapses_when_it_is_never_captured() {
    let mut gateway = Payments::new(Config { authorization_life_ms: 60_000, ..Config::default() });
    let id = authorized(&mut gateway, "o-1");
    captured(&mut gateway, "o-2");
    assert_eq!(gateway.next_deadline(), Some(START_MS + 60_000));
    gateway.advance(START_MS + 59_999);
    assert_eq!(gateway.charges().next().unwrap().status, Status::RequiresCapture);
    gateway.advance(START_MS + 60_000);
    let lapsed = gateway.charges().find(|intent| intent.id == id).unwrap();
    assert_eq!(lapsed.canceled.as_ref().unwrap().reason.as_deref(), Some("automatic"));
    assert_eq!(gateway.charges().nth(1).unwrap().status, Status::Succeeded);
    assert_eq!(gateway.next_deadline(), None);
}
