//! Nobody buys at a price they were not shown: an order's amount is the price its checkout said was shown, times its units.

use crate::history::{Answer, Event, EventKind, History, OrderRef, ShopEvent, Source};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Prices {
    /// Per key, the price that was shown.
    offered_cents: Vec<Option<u32>>,
    /// Orders that were named before their row was seen.
    open: Vec<(OrderRef, u32)>,
    findings: Findings,
}

impl Prices {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn offered(&mut self, key: u32, price_cents: u32) {
        let place = key as usize;
        if place >= self.offered_cents.len() {
            self.offered_cents.resize(place + 1, None);
        }
        self.offered_cents[place] = Some(price_cents);
    }

    fn named(&mut self, at_us: i64, key: u32, order: OrderRef, history: &History) {
        let Some(Some(shown_cents)) = self.offered_cents.get(key as usize).copied() else { return };
        match history.order_now(order) {
            Some(now) => {
                let (quantity, amount_cents) = (i64::from(now.quantity), now.amount_cents);
                self.compare(at_us, order, shown_cents, quantity, amount_cents, history);
            }
            None => self.open.push((order, shown_cents)),
        }
    }

    fn compare(
        &mut self,
        at_us: i64,
        order: OrderRef,
        shown_cents: u32,
        quantity: i64,
        amount_cents: i64,
        history: &History,
    ) {
        if amount_cents != i64::from(shown_cents) * quantity {
            let id = history.order_id(order);
            let what =
                format!("{id}: {quantity} units for {amount_cents} cents, but {shown_cents} cents was shown for one");
            self.findings.violated(at_us, None, &[order], what);
        }
    }
}

impl Checker for Prices {
    fn name(&self) -> &'static str {
        "prices"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Shopper, Source::Visitor]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else offers or buys")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::Shop(ShopEvent::Offered { key, price_cents }) => self.offered(key, price_cents),
            EventKind::Answered {
                key,
                answer: Answer::Won { order } | Answer::Pending { order } | Answer::Declined { order },
                ..
            } => self.named(event.at_us, key, order, history),
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        let rows = end.tables.orders_by_id();
        for (order, shown_cents) in std::mem::take(&mut self.open) {
            // An order that never came to be was not bought at any price.
            let Some(row) = rows.get(history.order_id(order)) else { continue };
            self.compare(end.taken_at_us, order, shown_cents, row.quantity, row.amount_cents, history);
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
