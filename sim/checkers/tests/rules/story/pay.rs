//! The steps of money, and of orders that do not stand.

use super::*;

impl Story {
    fn amount_cents(&self, id: &str) -> i64 {
        PRICE_CENTS * i64::from(self.wish_of(id).quantity)
    }

    /// Shows what the card gateway did, in the order's first intent.
    pub(crate) fn card(&mut self, id: &str, step: CardStep) {
        let amount_cents = self.amount_cents(id);
        let order = self.order(id);
        let intent = self.judge.history_mut().intent(&format!("pi_{id}"));
        self.see(EventKind::CardMoved { order, intent, step, amount_cents });
    }

    /// The order's intent at the card gateway, created when it is first asked for.
    pub(crate) fn card_intent(&mut self, id: &str) -> &mut CardIntent {
        let amount_cents = self.amount_cents(id);
        let intents = self.end.card_intents.as_mut().unwrap();
        let place = intents.iter().position(|intent| intent.order_id == id).unwrap_or_else(|| {
            intents.push(CardIntent {
                intent_id: format!("pi_{id}"),
                order_id: id.to_owned(),
                amount_cents,
                captured_cents: 0,
                refunded_cents: 0,
                status: "requires_capture".to_owned(),
            });
            intents.len() - 1
        });
        &mut intents[place]
    }

    pub(crate) fn intent_status(&mut self, id: &str, status: &str) {
        let intents = &mut self.end.tables.payment_intents;
        intents.iter_mut().find(|intent| intent.order_id == id).unwrap().status = status.to_owned();
    }

    pub(crate) fn pay(&mut self, id: &str) {
        self.card(id, CardStep::Authorized);
        self.card(id, CardStep::Captured);
        let amount_cents = self.amount_cents(id);
        let intent = self.card_intent(id);
        intent.captured_cents = amount_cents;
        intent.status = "succeeded".to_owned();
    }

    pub(crate) fn give_back(&mut self, id: &str) {
        self.card(id, CardStep::Refunded);
        let amount_cents = self.amount_cents(id);
        self.card_intent(id).refunded_cents = amount_cents;
    }

    /// The card is declined: the order fails and its hold is released.
    pub(crate) fn declined(&mut self, id: &str) {
        self.card(id, CardStep::Declined);
        self.card_intent(id).status = "requires_payment_method".to_owned();
        self.move_to(id, Status::Failed);
        self.intent_status(id, "declined");
        self.see_now(EventKind::Committed);
        self.release_hold(id);
        let order = self.order(id);
        self.answer(id, Answer::Declined { order });
    }

    pub(crate) fn begin_compensation(&mut self, id: &str) {
        self.move_to(id, Status::Compensating);
        self.see_now(EventKind::Committed);
    }

    /// The compensation of a captured order, once begun.
    pub(crate) fn compensated(&mut self, id: &str) {
        self.give_back(id);
        self.move_to(id, Status::Refunded);
        self.intent_status(id, "refunded");
        self.write_event(id, OrderEvent::Refunded);
        self.see_now(EventKind::Committed);
        self.release_hold(id);
    }

    /// The shopper cancels; only what the warehouse has not handed over can be cancelled.
    pub(crate) fn begin_cancel(&mut self, id: &str) -> bool {
        let cancellable = matches!(self.status(id), Some(Status::Confirmed | Status::Picking));
        if cancellable {
            self.move_to(id, Status::Cancelling);
            self.see_now(EventKind::Committed);
        }
        cancellable
    }

    pub(crate) fn cancelled(&mut self, id: &str) {
        self.give_back(id);
        self.move_to(id, Status::Cancelled);
        self.book(id, Movement::Returned);
        self.intent_status(id, "refunded");
        self.write_event(id, OrderEvent::Cancelled);
        self.see_now(EventKind::Committed);
        self.confirm_hold(id);
        self.restock(id);
    }
}
