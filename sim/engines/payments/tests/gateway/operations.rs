//! Random operations against a model of the money: nothing is taken twice, nothing given back that was not taken,
//! and a replay changes nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use payments_engine::{Payments, Status};
use proptest::prelude::*;
use serde_json::json;

use super::{authorize_with, gateway, json_of, post};

/// One request: operation, intent it concerns, amount, and the key if it has one.
#[derive(Clone, Debug)]
enum Step {
    Create { good_card: bool, key: Option<u8> },
    Capture { intent: usize, amount_cents: Option<i64>, key: Option<u8> },
    Cancel { intent: usize, key: Option<u8> },
    Refund { intent: usize, amount_cents: Option<i64>, key: Option<u8> },
}

fn step() -> impl Strategy<Value = Step> {
    let key = || prop::option::of(0..6_u8);
    let amount = || prop::option::of(1..150_000_i64);
    prop_oneof![
        (any::<bool>(), key()).prop_map(|(good_card, key)| Step::Create { good_card, key }),
        (0..5_usize, amount(), key()).prop_map(|(intent, amount_cents, key)| Step::Capture {
            intent,
            amount_cents,
            key
        }),
        (0..5_usize, key()).prop_map(|(intent, key)| Step::Cancel { intent, key }),
        (0..5_usize, amount(), key()).prop_map(|(intent, amount_cents, key)| Step::Refund {
            intent,
            amount_cents,
            key
        }),
    ]
}

fn send(gateway: &mut Payments, step: &Step) -> Response<Bytes> {
    let (path, key, body) = match step {
        Step::Create { good_card, key } => {
            let card = if *good_card { "pm_card_visa" } else { "pm_card_chargeDeclined" };
            ("/v1/payment_intents".to_owned(), key, authorize_with("o-1", card))
        }
        Step::Capture { intent, amount_cents, key } => {
            (format!("/v1/payment_intents/{}/capture", id(*intent)), key, json!({"amount_to_capture": amount_cents}))
        }
        Step::Cancel { intent, key } => (format!("/v1/payment_intents/{}/cancel", id(*intent)), key, json!({})),
        Step::Refund { intent, amount_cents, key } => {
            ("/v1/refunds".to_owned(), key, json!({"payment_intent": id(*intent), "amount": amount_cents}))
        }
    };
    post(gateway, &path, key.map(|key| format!("k{key}")).as_deref(), &body)
}

fn id(intent: usize) -> String {
    format!("pi_{:024}", intent + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn money_in_the_answers_equals_money_in_the_books(steps in prop::collection::vec(step(), 0..60)) {
        let mut gateway = gateway();
        let mut captured_cents: BTreeMap<String, i64> = BTreeMap::new();
        let mut refunded_cents: BTreeMap<String, i64> = BTreeMap::new();
        for step in &steps {
            let before: Vec<_> = gateway.charges().cloned().collect();
            let answer = send(&mut gateway, step);
            let replayed = answer.headers().contains_key("idempotent-replayed");
            let declined = answer.status() == 402;
            if replayed || (answer.status() != 200 && !declined) {
                prop_assert!(before.iter().eq(gateway.charges()), "{step:?} changed something");
                continue;
            }
            let body = json_of(&answer);
            match step {
                Step::Capture { .. } => {
                    let taken = body["amount_received"].as_i64().unwrap();
                    let earlier = captured_cents.insert(body["id"].as_str().unwrap().to_owned(), taken);
                    prop_assert_eq!(earlier, None, "captured twice");
                }
                Step::Refund { .. } => {
                    let given = body["amount"].as_i64().unwrap();
                    *refunded_cents.entry(body["payment_intent"].as_str().unwrap().to_owned()).or_default() += given;
                }
                Step::Create { .. } | Step::Cancel { .. } => {}
            }
        }
        for intent in gateway.charges() {
            prop_assert_eq!(intent.amount_received_cents(), captured_cents.get(&intent.id).copied().unwrap_or(0));
            prop_assert_eq!(intent.amount_refunded_cents(), refunded_cents.get(&intent.id).copied().unwrap_or(0));
            prop_assert!(intent.amount_refunded_cents() <= intent.amount_received_cents());
            prop_assert!(intent.amount_received_cents() <= intent.amount_cents);
            prop_assert_eq!(intent.status == Status::Succeeded, intent.captured.is_some());
        }
    }

    #[test]
    fn sending_every_keyed_request_twice_has_the_effects_of_sending_it_once(
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let (mut once, mut twice) = (gateway(), gateway());
        for (number, step) in steps.iter().enumerate() {
            let step = with_own_key(step, u8::try_from(number).unwrap());
            let answer = send(&mut once, &step);
            for _ in 0..2 {
                let doubled = send(&mut twice, &step);
                prop_assert_eq!(answer.body(), doubled.body());
            }
        }
        prop_assert!(once.charges().eq(twice.charges()));
    }

    #[test]
    fn no_body_makes_the_gateway_panic(body in any::<Vec<u8>>(), form in any::<bool>()) {
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let request = http::Request::post("/v1/refunds").header("content-type", content_type);
        let answer = gateway().handle(&request.body(Bytes::from(body)).unwrap(), super::START_MS);
        prop_assert!(answer.status().is_client_error());
    }
}

fn with_own_key(step: &Step, number: u8) -> Step {
    let mut step = step.clone();
    match &mut step {
        Step::Create { key, .. } | Step::Capture { key, .. } | Step::Cancel { key, .. } | Step::Refund { key, .. } => {
            *key = Some(number);
        }
    }
    step
}
