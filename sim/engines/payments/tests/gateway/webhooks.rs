//! Webhooks: which events, signed how, delivered how often.

use payments_engine::{Config, Fault, Payments, WebhookDelivery, sign};
use serde_json::{Value, json};

use super::{START_MS, authorize_with, authorized, captured, post};

fn gateway() -> Payments {
    Payments::new(Config { webhook_secret: Some("whsec_test".to_owned()), webhook_attempts: 3, ..Config::default() })
}

fn types(deliveries: &[WebhookDelivery]) -> Vec<&'static str> {
    deliveries.iter().map(|delivery| delivery.event_type).collect()
}

#[test]
fn each_transition_sends_its_event_with_the_state_of_then() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    post(&mut gateway, "/v1/refunds", None, &json!({"payment_intent": id, "amount": 900}));
    let released = authorized(&mut gateway, "o-2");
    post(&mut gateway, &format!("/v1/payment_intents/{released}/cancel"), None, &json!({}));
    post(&mut gateway, "/v1/payment_intents", None, &authorize_with("o-3", "pm_card_chargeDeclined"));
    let deliveries = gateway.take_webhooks(START_MS);
    let expected = [
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "charge.refunded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
    ];
    assert_eq!(types(&deliveries), expected);
    let authorized: Value = serde_json::from_slice(&deliveries[0].body).unwrap();
    assert_eq!(authorized["data"]["object"]["status"], "requires_capture");
    let refunded: Value = serde_json::from_slice(&deliveries[2].body).unwrap();
    assert_eq!(refunded["data"]["object"]["amount_refunded"], 900);
    assert_eq!(refunded["data"]["object"]["metadata"]["order_id"], "o-1");
    assert_eq!(refunded["id"], json!(deliveries[2].event_id));
}

#[test]
fn signature_is_hmac_over_time_and_body() {
    // HMAC-SHA256 of "1764000123.{}" under "whsec_test", computed apart from this crate.
    let expected = "t=1764000123,v1=31d8a522af8c1fcb3107a32e7c797495f613af99dbac56d666eacca734da2ba1";
    assert_eq!(sign("whsec_test", 1_764_000_123, b"{}"), expected);
    let mut gateway = gateway();
    authorized(&mut gateway, "o-1");
    let delivery = gateway.take_webhooks(START_MS + 5_000).remove(0);
    assert_eq!(delivery.signature, sign("whsec_test", 1_764_000_128, &delivery.body));
}

#[test]
fn unacknowledged_delivery_returns_with_growing_waits_until_spent() {
    let mut gateway = gateway();
    authorized(&mut gateway, "o-1");
    let mut now_ms = START_MS;
    let mut attempts = Vec::new();
    while let Some(due_ms) = gateway.next_deadline().filter(|due_ms| *due_ms < START_MS + 3_600_000) {
        now_ms = now_ms.max(due_ms);
        for delivery in gateway.take_webhooks(now_ms) {
            attempts.push((now_ms - START_MS, delivery.attempt));
            gateway.webhook_delivered(delivery.id, false, now_ms + 100);
        }
    }
    assert_eq!(attempts, [(0, 1), (1_100, 2), (3_200, 3)]);
}

#[test]
fn delivery_without_any_report_is_repeated() {
    let mut gateway = gateway();
    authorized(&mut gateway, "o-1");
    let first = gateway.take_webhooks(START_MS).remove(0);
    assert_eq!(gateway.take_webhooks(START_MS + 999), []);
    let second = gateway.take_webhooks(START_MS + 1_000).remove(0);
    assert_eq!((second.id, &second.event_id, second.attempt), (first.id, &first.event_id, 2));
}

#[test]
fn acknowledged_delivery_never_returns() {
    let mut gateway = gateway();
    captured(&mut gateway, "o-1");
    for delivery in gateway.take_webhooks(START_MS) {
        gateway.webhook_delivered(delivery.id, true, START_MS);
        gateway.webhook_delivered(delivery.id, false, START_MS);
    }
    assert_eq!(gateway.take_webhooks(i64::MAX), []);
    assert_eq!(gateway.next_deadline(), None);
}

#[test]
fn duplicated_event_has_two_deliveries_of_one_event_id() {
    let mut gateway = gateway();
    gateway.inject(Fault::DuplicateWebhooks { every: 2 });
    captured(&mut gateway, "o-1");
    let deliveries = gateway.take_webhooks(START_MS);
    let succeeded: Vec<_> = deliveries.iter().filter(|it| it.event_type == "payment_intent.succeeded").collect();
    assert_eq!((deliveries.len(), succeeded.len()), (3, 2));
    assert_eq!(succeeded[0].event_id, succeeded[1].event_id);
    assert_ne!(succeeded[0].id, succeeded[1].id);
}

#[test]
fn delayed_event_is_overtaken_by_a_later_one() {
    let mut gateway = gateway();
    gateway.inject(Fault::DelayWebhooks { every: 1, delay_ms: 500 });
    let id = authorized(&mut gateway, "o-1");
    gateway.inject(Fault::DelayWebhooks { every: 0, delay_ms: 0 });
    post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
    assert_eq!(types(&gateway.take_webhooks(START_MS)), ["payment_intent.succeeded"]);
    assert_eq!(types(&gateway.take_webhooks(START_MS + 500)), ["payment_intent.amount_capturable_updated"]);
}

#[test]
fn account_without_a_secret_sends_nothing() {
    let mut gateway = Payments::new(Config::default());
    captured(&mut gateway, "o-1");
    assert_eq!(gateway.take_webhooks(i64::MAX), []);
}

#[test]
fn replayed_request_sends_no_second_event() {
    let mut gateway = gateway();
    for _ in 0..2 {
        post(&mut gateway, "/v1/payment_intents", Some("k"), &super::authorize("o-1"));
    }
    assert_eq!(gateway.take_webhooks(START_MS).len(), 1);
}
