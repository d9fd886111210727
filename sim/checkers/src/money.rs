//! Every capture ends in exactly one of order or refund, never twice, and amounts agree.
//!
//! Judged against the card gateway's own record, move by move and again at the end. Whether an order may stand at all is
//! left to [`orders`](crate::orders), what it was answered to [`idempotency`](crate::idempotency).

mod tables;

use crate::history::{CardStep, Event, EventKind, History, IntentRef, OrderRef, PerOrder, Source, Status};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Money {
    accounts: PerOrder<Account>,
    findings: Findings,
}

/// The money of one order, over all its intents.
#[derive(Debug, Default)]
struct Account {
    captured_cents: i64,
    refunded_cents: i64,
    /// The intents that took money, each with what it still keeps. One, if all is well.
    intents: Vec<(IntentRef, i64)>,
}

impl Account {
    /// Books a move of the card gateway; says what is wrong with it.
    fn book(&mut self, step: CardStep, intent: IntentRef, amount_cents: i64) -> Option<String> {
        match step {
            CardStep::Captured => {
                let before = self.captured_cents;
                self.captured_cents += amount_cents;
                self.intents.push((intent, amount_cents));
                (before != 0).then(|| format!("was captured again: {before} cents, then {amount_cents} cents"))
            }
            CardStep::Refunded => {
                self.refunded_cents += amount_cents;
                let kept = self.intents.iter_mut().find(|(known, _)| *known == intent);
                let kept_cents = kept.map_or(-amount_cents, |(_, kept_cents)| {
                    *kept_cents -= amount_cents;
                    *kept_cents
                });
                (kept_cents < 0).then(|| format!("was given back {} cents more than were captured", -kept_cents))
            }
            CardStep::Authorized | CardStep::Declined | CardStep::Canceled => None,
        }
    }
}

/// What is wrong with an order's money in a state it has reached.
fn misplaced(status: Status, amount_cents: i64, captured_cents: i64, refunded_cents: i64) -> Option<String> {
    let right = match status {
        Status::Confirmed | Status::Picking | Status::Shipped | Status::Delivered => {
            captured_cents == amount_cents && refunded_cents == 0
        }
        Status::Refunded | Status::Cancelled => captured_cents == amount_cents && refunded_cents == amount_cents,
        Status::Failed => captured_cents == 0,
        Status::Cancelling => captured_cents == amount_cents,
        Status::Placed | Status::Compensating => captured_cents == 0 || captured_cents == amount_cents,
    };
    let status = status.word();
    (!right).then(|| {
        format!("is {status} for {amount_cents} cents, of which {captured_cents} were captured and {refunded_cents} given back")
    })
}

impl Money {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn wrong(&mut self, at_us: i64, order: OrderRef, history: &History, what: &str) {
        let sku = history.order_now(order).map(|now| now.sku);
        self.findings.violated(at_us, sku, &[order], format!("{} {what}", history.order_id(order)));
    }

    fn card_moved(
        &mut self,
        at_us: i64,
        (order, intent): (OrderRef, IntentRef),
        step: CardStep,
        amount_cents: i64,
        history: &History,
    ) {
        if let Some(what) = self.accounts.of(order).book(step, intent, amount_cents) {
            self.wrong(at_us, order, history, &what);
        }
        let Some(now) = history.order_now(order) else {
            if step != CardStep::Declined && step != CardStep::Canceled {
                self.wrong(at_us, order, history, "had its money moved before it was written down");
            }
            return;
        };
        let status = now.status.word();
        match step {
            CardStep::Authorized | CardStep::Captured if amount_cents != now.amount_cents => {
                let what = format!("costs {} cents, the card was asked for {amount_cents}", now.amount_cents);
                self.wrong(at_us, order, history, &what);
            }
            CardStep::Captured if matches!(now.status, Status::Failed | Status::Refunded | Status::Cancelled) => {
                self.wrong(at_us, order, history, &format!("was captured although it is {status}"));
            }
            CardStep::Refunded if now.status.stands() => {
                self.wrong(at_us, order, history, &format!("was given its money back although it is {status}"));
            }
            CardStep::Authorized
            | CardStep::Declined
            | CardStep::Captured
            | CardStep::Refunded
            | CardStep::Canceled => {}
        }
    }

    fn order_moved(&mut self, at_us: i64, order: OrderRef, to: Status, amount_cents: i64, history: &History) {
        let account = self.accounts.of(order);
        if let Some(what) = misplaced(to, amount_cents, account.captured_cents, account.refunded_cents) {
            self.wrong(at_us, order, history, &what);
        }
    }
}

impl Checker for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Database, Source::CardGateway]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event leaves money alone")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::CardMoved { order, intent, step, amount_cents } => {
                self.card_moved(event.at_us, (order, intent), step, amount_cents, history);
            }
            EventKind::OrderMoved { order, to, amount_cents, .. } => {
                self.order_moved(event.at_us, order, to, amount_cents, history);
            }
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
