//! The events the gateway owes its account: queued, signed, delivered again with growing waits until acknowledged.
//! Carrying them over a wire is the host's work; deduplicating them by event id is the receiver's.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use crate::Config;
use crate::answer::{self, ChargeBody, IntentBody};
use crate::intent::PaymentIntent;

/// No wait between attempts grows beyond this.
const BACKOFF_MAX_MS: i64 = 3_600_000;

/// One attempt to deliver one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Names the delivery towards [`webhook_delivered`](crate::Payments::webhook_delivered). A duplicate of an
    /// event has a delivery id of its own, and the same event id.
    pub id: u64,
    /// `evt_…`, also in the body.
    pub event_id: String,
    /// `payment_intent.succeeded` and the like, also in the body.
    pub event_type: &'static str,
    /// The event as JSON.
    pub body: Bytes,
    /// The `Stripe-Signature` header: `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
    pub signature: String,
    /// 1 for the first.
    pub attempt: u32,
}

/// The signature header for `body` sent at `at_s` (seconds since the epoch).
pub fn sign(secret: &str, at_s: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(at_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let mut header = format!("t={at_s},v1=");
    for byte in mac.finalize().into_bytes() {
        for nibble in [byte >> 4, byte & 15] {
            header.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is a hexadecimal digit"));
        }
    }
    header
}

#[derive(Debug)]
struct Pending {
    event_id: String,
    event_type: &'static str,
    body: Bytes,
    attempts: u32,
    due_ms: i64,
}

#[derive(Serialize)]
struct EventBody<'a, T> {
    id: &'a str,
    object: &'static str,
    api_version: &'static str,
    created: i64,
    data: EventData<T>,
    r#type: &'static str,
}

#[derive(Serialize)]
struct EventData<T> {
    object: T,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    secret: Option<String>,
    backoff_ms: i64,
    attempts_max: u32,
    events: u64,
    deliveries: u64,
    pending: BTreeMap<u64, Pending>,
    /// `(due_ms, delivery id)` of everything in `pending`.
    due: BTreeSet<(i64, u64)>,
    duplicate_every: u32,
    delay_every: u32,
    delay_ms: i64,
}

impl Outbox {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            secret: config.webhook_secret.clone(),
            backoff_ms: config.webhook_backoff_ms.max(1),
            attempts_max: config.webhook_attempts,
            events: 0,
            deliveries: 0,
            pending: BTreeMap::new(),
            due: BTreeSet::new(),
            duplicate_every: 0,
            delay_every: 0,
            delay_ms: 0,
        }
    }

    pub(crate) fn payment_intent_event(&mut self, event_type: &'static str, intent: &PaymentIntent, now_ms: i64) {
        self.emit(event_type, IntentBody::of(intent), now_ms);
    }

    pub(crate) fn charge_refunded_event(&mut self, intent: &PaymentIntent, now_ms: i64) {
        self.emit("charge.refunded", ChargeBody::of(intent), now_ms);
    }

    fn emit(&mut self, event_type: &'static str, object: impl Serialize, now_ms: i64) {
        if self.secret.is_none() {
            return;
        }
        self.events += 1;
        let event_id = format!("evt_{:024}", self.events);
        let created = answer::seconds(now_ms);
        let event = EventBody {
            id: &event_id,
            object: "event",
            api_version: crate::API_VERSION,
            created,
            data: EventData { object },
            r#type: event_type,
        };
        let body = answer::to_bytes(&event);
        let delay_ms = if every(self.delay_every, self.events) { self.delay_ms } else { 0 };
        let copies = if every(self.duplicate_every, self.events) { 2 } else { 1 };
        for _ in 0..copies {
            let due_ms = now_ms.saturating_add(delay_ms);
            self.deliveries += 1;
            self.due.insert((due_ms, self.deliveries));
            let (event_id, body) = (event_id.clone(), body.clone());
            self.pending.insert(self.deliveries, Pending { event_id, event_type, body, attempts: 0, due_ms });
        }
    }

    pub(crate) fn take_due(&mut self, now_ms: i64) -> Vec<WebhookDelivery> {
        let mut taken = Vec::new();
        let Some(secret) = &self.secret else {
            return taken;
        };
        while let Some((due_ms, id)) = self.due.first().copied().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.due.remove(&(due_ms, id));
            let pending = self.pending.get_mut(&id).expect("what is due is pending");
            pending.attempts += 1;
            taken.push(WebhookDelivery {
                id,
                event_id: pending.event_id.clone(),
                event_type: pending.event_type,
                body: pending.body.clone(),
                signature: sign(secret, answer::seconds(now_ms), &pending.body),
                attempt: pending.attempts,
            });
            if pending.attempts >= self.attempts_max {
                self.pending.remove(&id);
            } else {
                pending.due_ms = now_ms.saturating_add(backoff(self.backoff_ms, pending.attempts));
                self.due.insert((pending.due_ms, id));
            }
        }
        taken
    }

    pub(crate) fn delivered(&mut self, id: u64, ok: bool, now_ms: i64) {
        let Some(pending) = self.pending.get_mut(&id) else {
            return;
        };
        self.due.remove(&(pending.due_ms, id));
        if ok {
            self.pending.remove(&id);
        } else {
            pending.due_ms = now_ms.saturating_add(backoff(self.backoff_ms, pending.attempts));
            self.due.insert((pending.due_ms, id));
        }
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    pub(crate) fn duplicate_every(&mut self, every: u32) {
        self.duplicate_every = every;
    }

    pub(crate) fn delay_every(&mut self, every: u32, delay_ms: i64) {
        self.delay_every = every;
        self.delay_ms = delay_ms;
    }
}

fn every(stride: u32, count: u64) -> bool {
    stride > 0 && count.is_multiple_of(u64::from(stride))
}

fn backoff(base_ms: i64, attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(30);
    base_ms.saturating_mul(1 << doublings).min(BACKOFF_MAX_MS)
}
