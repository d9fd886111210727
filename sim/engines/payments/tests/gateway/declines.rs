//! Cards that are declined: the error's shape, what stays behind, and the second try.

use payments_engine::{Decline, Fault, Status};
use serde_json::json;

use super::{authorize, authorize_with, gateway, json_of, post};

#[test]
fn decline_is_402_with_the_issuers_reason() {
    let cases = [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_insufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_velocityExceeded", "card_declined", "card_velocity_exceeded"),
    ];
    for (card, code, decline_code) in cases {
        let answer = post(&mut gateway(), "/v1/payment_intents", None, &authorize_with("o-1", card));
        assert_eq!(answer.status(), 402, "{card}");
        let error = &json_of(&answer)["error"];
        assert_eq!(error["type"], "card_error", "{card}");
        assert_eq!((&error["code"], &error["decline_code"]), (&json!(code), &json!(decline_code)), "{card}");
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method", "{card}");
    }
}

#[test]
fn declined_intent_stays_and_takes_another_card() {
    let mut gateway = gateway();
    let declined = post(&mut gateway, "/v1/payment_intents", None, &authorize_with("o-1", "pm_card_chargeDeclined"));
    let id = json_of(&declined)["error"]["payment_intent"]["id"].as_str().unwrap().to_owned();
    assert_eq!(gateway.charges().next().unwrap().last_decline, Some(Decline::Generic));
    let path = format!("/v1/payment_intents/{id}/confirm");
    let answer = json_of(&post(&mut gateway, &path, None, &json!({"payment_method": "pm_card_visa"})));
    assert_eq!((&answer["status"], &answer["last_payment_error"]), (&json!("requires_capture"), &json!(null)));
    assert_eq!(gateway.charges().count(), 1);
}

#[test]
fn declined_intent_cannot_be_captured() {
    let mut gateway = gateway();
    let declined = post(&mut gateway, "/v1/payment_intents", None, &authorize_with("o-1", "pm_card_chargeDeclined"));
    let id = json_of(&declined)["error"]["payment_intent"]["id"].as_str().unwrap().to_owned();
    let answer = post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    assert_eq!(json_of(&answer)["error"]["code"], "payment_intent_unexpected_state");
    assert_eq!(gateway.charges().next().unwrap().status, Status::RequiresPaymentMethod);
}

#[test]
fn planned_decline_strikes_good_cards_and_is_then_spent() {
    let mut gateway = gateway();
    gateway.inject(Fault::DeclineNext { count: 2, decline: Decline::InsufficientFunds });
    let mut statuses = Vec::new();
    for order in ["o-1", "o-2", "o-3"] {
        statuses.push(post(&mut gateway, "/v1/payment_intents", None, &authorize(order)).status().as_u16());
    }
    assert_eq!(statuses, [402, 402, 200]);
}
