//! One key, one effect, one answer.
//!
//! A final answer binds its key: bought (201) or refused (402, `order-not-fulfilled`: an order's status page knows that
//! it ended, but not that it was the card). Every later one must say the same, of the same order, and what was answered
//! must be what stands in the end. Answers that did nothing (429, 503, in flight) leave the key free; `sold-out` does
//! too, unless the request was sent after the key already had its final answer. What an order costs is left to
//! [`money`](crate::money).

use crate::history::{Answer, CardStep, Event, EventKind, History, IntentRef, OrderRef, PerOrder, Source, Status};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Idempotency {
    keys: Vec<Key>,
    /// The key under which each order was answered.
    key_of: PerOrder<Option<u32>>,
    captured_by: PerOrder<Option<IntentRef>>,
    findings: Findings,
}

/// What one key was answered so far.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    order: Option<OrderRef>,
    end: Option<End>,
    /// When the first final answer arrived.
    ended_at_us: i64,
}

/// A final answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Bought,
    Refused,
}

impl End {
    fn of(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Won { .. } => Some(Self::Bought),
            Answer::Declined { .. } | Answer::Ended { .. } => Some(Self::Refused),
            Answer::Pending { .. }
            | Answer::SoldOut
            | Answer::Limited
            | Answer::InFlight
            | Answer::KeyReused
            | Answer::Unavailable
            | Answer::Rejected { .. }
            | Answer::Failed { .. }
            | Answer::Reset
            | Answer::TimedOut
            | Answer::PriceChanged { .. } => None,
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::Refused => "refused",
        }
    }
}

/// Whether the order was cancelled after all: it was bought and did not stand, and either may be answered.
fn was_cancelled(order: Option<OrderRef>, history: &History) -> bool {
    let status = order.and_then(|order| history.order_now(order)).map(|now| now.status);
    matches!(status, Some(Status::Cancelling | Status::Cancelled))
}

impl Idempotency {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn key(&mut self, key: u32) -> &mut Key {
        let place = key as usize;
        if place >= self.keys.len() {
            self.keys.resize(place + 1, Key::default());
        }
        &mut self.keys[place]
    }

    fn wrong(&mut self, at_us: i64, orders: &[OrderRef], what: String) {
        self.findings.violated(at_us, None, orders, what);
    }

    fn answered(&mut self, at_us: i64, sent_at_us: i64, key: u32, answer: Answer, history: &History) {
        if let Some(order) = answer.order() {
            self.names_order(at_us, key, order, history);
        }
        let known = *self.key(key);
        let orders = known.order.as_slice();
        match (known.end, End::of(answer)) {
            (None, None) => {}
            (None, Some(end)) => {
                let known = self.key(key);
                known.end = Some(end);
                known.ended_at_us = at_us;
            }
            (Some(before), Some(end)) => {
                if before != end && !was_cancelled(known.order, history) {
                    let (before, end) = (before.phrase(), end.phrase());
                    self.wrong(at_us, orders, format!("key {key} was answered {before}, and later {end}"));
                }
            }
            (Some(before), None) => {
                if answer == Answer::SoldOut && sent_at_us > known.ended_at_us {
                    let before = before.phrase();
                    self.wrong(at_us, orders, format!("key {key} was answered {before}, and later sold out"));
                }
            }
        }
    }

    fn names_order(&mut self, at_us: i64, key: u32, order: OrderRef, history: &History) {
        let known = *self.key(key).order.get_or_insert(order);
        if known != order {
            let (one, other) = (history.order_id(known), history.order_id(order));
            self.wrong(at_us, &[known, order], format!("key {key} led to two orders, {one} and {other}"));
        }
        let first = *self.key_of.of(order).get_or_insert(key);
        if first != key {
            let id = history.order_id(order);
            self.wrong(at_us, &[order], format!("keys {first} and {key} were both answered with {id}"));
        }
    }

    fn captured(&mut self, at_us: i64, order: OrderRef, intent: IntentRef, history: &History) {
        let first = *self.captured_by.of(order).get_or_insert(intent);
        if first != intent {
            let (one, other) = (history.intent_id(first), history.intent_id(intent));
            let what = format!("{} was paid twice, by {one} and by {other}", history.order_id(order));
            self.wrong(at_us, &[order], what);
        }
    }

    /// What was answered is what stands.
    fn answers_stand(&mut self, end: &Snapshot, history: &History) {
        let rows = end.tables.orders_by_id();
        for place in 0..self.keys.len() {
            let Key { order: Some(order), end: Some(answer), .. } = self.keys[place] else { continue };
            let id = history.order_id(order);
            let Some(status) = rows.get(id).and_then(|row| row.parsed()) else { continue };
            let contradicted = match answer {
                End::Bought => !status.stands() && !matches!(status, Status::Cancelling | Status::Cancelled),
                End::Refused => status.stands(),
            };
            if contradicted {
                let (answer, status) = (answer.phrase(), status.word());
                let what = format!("at the end, {id} is {status}, but key {place} was answered {answer}");
                self.wrong(end.taken_at_us, &[order], what);
            }
        }
    }

    fn one_row_each(&mut self, end: &Snapshot, history: &History) {
        let mut ids: Vec<&str> = end.tables.orders.iter().map(|row| row.order_id.as_str()).collect();
        ids.sort_unstable();
        for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
            let order: Vec<OrderRef> = history.find_order(pair[0]).into_iter().collect();
            self.wrong(end.taken_at_us, &order, format!("at the end, {} is there twice", pair[0]));
        }
    }
}

impl Checker for Idempotency {
    fn name(&self) -> &'static str {
        "idempotency"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Shopper, Source::CardGateway]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event neither answers nor charges a key")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::Answered { key, answer, latency_us, .. } => {
                let sent_at_us = event.at_us - i64::from(latency_us);
                self.answered(event.at_us, sent_at_us, key, answer, history);
            }
            EventKind::CardMoved { order, intent, step: CardStep::Captured, .. } => {
                self.captured(event.at_us, order, intent, history);
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        self.one_row_each(end, history);
        if history.counts().clicked == 0 {
            self.findings.could_not_judge("what shoppers were told was not observed");
        } else {
            self.answers_stand(end, history);
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
