//! An acknowledged order exists and stays, was paid before it was committed, and moved only as it may.
//!
//! Replays every move against a table of legal moves of its own ([`Status::successors`]). How much was paid is left to
//! [`money`](crate::money).

mod tables;

use crate::history::{Answer, CardStep, Event, EventKind, History, OrderRef, PerOrder, Sku, Source, Status};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Orders {
    orders: PerOrder<Seen>,
    findings: Findings,
}

/// What was seen of one order.
#[derive(Debug, Default)]
struct Seen {
    terms: Option<Terms>,
    status: Option<Status>,
    captured: bool,
}

/// What must not change once an order is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Terms {
    sku: Sku,
    quantity: u32,
    amount_cents: i64,
}

/// What is wrong with a move, whoever recorded it.
fn illegal(known: Option<Status>, from: Option<Status>, to: Status) -> Option<String> {
    let word = |status: Option<Status>| status.map_or("nothing", Status::word);
    if from != known {
        return Some(format!("moved from {} to {}, but was {}", word(from), to.word(), word(known)));
    }
    let legal = match from {
        Some(from) => from.successors().contains(&to),
        None => to == Status::Placed,
    };
    (!legal).then(|| format!("moved from {} to {}, which no order may", word(from), to.word()))
}

impl Orders {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn wrong(&mut self, at_us: i64, order: OrderRef, history: &History, what: &str) {
        let sku = history.order_now(order).map(|now| now.sku);
        self.findings.violated(at_us, sku, &[order], format!("{} {what}", history.order_id(order)));
    }

    fn moved(
        &mut self,
        at_us: i64,
        order: OrderRef,
        (from, to): (Option<Status>, Status),
        terms: Terms,
        history: &History,
    ) {
        let seen = self.orders.of(order);
        let illegal = illegal(seen.status, from, to);
        let changed = seen.terms.is_some_and(|before| before != terms);
        let unpaid = to == Status::Confirmed && !seen.captured;
        seen.status = Some(to);
        seen.terms = Some(terms);
        if let Some(what) = illegal {
            self.wrong(at_us, order, history, &what);
        }
        if changed {
            self.wrong(at_us, order, history, "changed its product, quantity or amount");
        }
        if unpaid {
            self.wrong(at_us, order, history, "was committed before it was paid");
        }
    }

    fn removed(&mut self, at_us: i64, order: OrderRef, history: &History) {
        self.orders.of(order).status = None;
        self.wrong(at_us, order, history, "was removed");
    }

    fn answered(&mut self, at_us: i64, answer: Answer, history: &History) {
        let Some(order) = answer.order() else { return };
        if matches!(answer, Answer::Pending { .. }) {
            return;
        }
        match history.order_now(order) {
            None => self.wrong(at_us, order, history, "was acknowledged to its shopper but does not exist"),
            Some(now) if matches!(answer, Answer::Won { .. }) && !now.was_confirmed => {
                let what = format!("was answered 201 although it is {}", now.status.word());
                self.wrong(at_us, order, history, &what);
            }
            Some(_) => {}
        }
    }
}

impl Checker for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Shopper, Source::Database, Source::CardGateway]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event says nothing of an order's life")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::OrderMoved { order, sku, from, to, quantity, amount_cents } => {
                self.moved(event.at_us, order, (from, to), Terms { sku, quantity, amount_cents }, history);
            }
            EventKind::LineWritten { order, .. } if self.orders.of(order).status != Some(Status::Placed) => {
                self.wrong(event.at_us, order, history, "was given another product after it was placed");
            }
            EventKind::OrderRemoved { order } => self.removed(event.at_us, order, history),
            EventKind::CardMoved { order, step: CardStep::Captured, .. } => self.orders.of(order).captured = true,
            EventKind::Answered { answer, .. } => self.answered(event.at_us, answer, history),
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        tables::judge(end, history, &mut self.findings);
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
