//! Judges money from the card gateway's list of intents and the platform's tables.

use super::misplaced;
use crate::history::{History, OrderRef, Status};
use crate::snapshot::{Money, OrderRow, PaymentIntentRow};
use crate::{Findings, Snapshot};

pub(super) fn judge(end: &Snapshot, history: &History, findings: &mut Findings) {
    let mut judge = TablesJudge { at_us: end.taken_at_us, history, findings };
    judge.written_intents(end);
    judge.card_gateway(end);
}

struct TablesJudge<'a> {
    at_us: i64,
    history: &'a History,
    findings: &'a mut Findings,
}

impl TablesJudge<'_> {
    fn wrong(&mut self, order_id: &str, what: &str) {
        let orders: Vec<OrderRef> = self.history.find_order(order_id).into_iter().collect();
        self.findings.violated(self.at_us, None, &orders, format!("at the end, {order_id} {what}"));
    }

    /// The platform's own record: every order has its intent, and both name the same amount.
    fn written_intents(&mut self, end: &Snapshot) {
        let orders = end.tables.orders_by_id();
        let mut without_intent = orders.clone();
        for intent in &end.tables.payment_intents {
            without_intent.remove(intent.order_id.as_str());
            match orders.get(intent.order_id.as_str()) {
                Some(order) => self.written_intent(order, intent),
                None => self.wrong(&intent.order_id, "has a payment intent but does not exist"),
            }
        }
        for order_id in without_intent.keys() {
            self.wrong(order_id, "has no payment intent");
        }
    }

    fn written_intent(&mut self, order: &OrderRow, intent: &PaymentIntentRow) {
        if intent.amount_cents != order.amount_cents {
            let (ordered, written) = (order.amount_cents, intent.amount_cents);
            self.wrong(&order.order_id, &format!("costs {ordered} cents, its payment intent says {written}"));
        }
        let expected = match order.parsed() {
            Some(Status::Confirmed | Status::Picking | Status::Shipped | Status::Delivered) => "captured",
            Some(Status::Refunded | Status::Cancelled) => "refunded",
            Some(Status::Placed | Status::Compensating | Status::Failed | Status::Cancelling) | None => return,
        };
        if intent.status != expected {
            let (status, written) = (&order.status, &intent.status);
            self.wrong(&order.order_id, &format!("is {status}, but its payment intent is {written}"));
        }
    }

    fn card_gateway(&mut self, end: &Snapshot) {
        let Some(mut by_order) = end.money_by_order() else {
            self.findings.could_not_judge("the card gateway was not read");
            return;
        };
        for order in &end.tables.orders {
            let money = by_order.remove(order.order_id.as_str()).unwrap_or_default();
            self.order(order, money);
        }
        for (order_id, money) in by_order {
            if money.captured_cents != 0 {
                self.wrong(order_id, &format!("does not exist, but {} cents were captured", money.captured_cents));
            }
        }
        for intent in end.card_intents.iter().flatten() {
            if intent.refunded_cents > intent.captured_cents || intent.captured_cents > intent.amount_cents {
                let what = format!(
                    "has {} of {} cents captured and {} given back in {}",
                    intent.captured_cents, intent.amount_cents, intent.refunded_cents, intent.intent_id
                );
                self.wrong(&intent.order_id, &what);
            }
        }
    }

    fn order(&mut self, order: &OrderRow, money: Money) {
        if money.captures > 1 {
            self.wrong(&order.order_id, &format!("was captured by {} intents", money.captures));
        }
        let Some(status) = order.parsed() else { return };
        if let Some(what) = misplaced(status, order.amount_cents, money.captured_cents, money.refunded_cents) {
            self.wrong(&order.order_id, &what);
        }
    }
}
