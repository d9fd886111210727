//! A few orders whose whole way is kept in the record, to be looked at: a plain one, a slow one, and those that went astray.

use checkers::Violation;
use checkers::explain::explain;
use checkers::history::{EventKind, History, OrderRef, Status};
use record::{HistoryEvent, Sample};

/// What is known of an order that one would want to see.
#[derive(Default)]
struct Found {
    first: Option<OrderRef>,
    /// With the time from its first event to its commit, in microseconds.
    slowest: Option<(i64, OrderRef)>,
    compensated: Option<OrderRef>,
    refunded: Option<OrderRef>,
    cancelled: Option<OrderRef>,
}

/// The orders worth a look, none twice.
#[must_use]
pub fn samples(history: &History) -> Vec<Sample> {
    let mut found = Found::default();
    for order in history.all_orders() {
        found.consider(order, history);
    }
    let picked = [
        ("first committed", found.first),
        ("slowest committed", found.slowest.map(|(_, order)| order)),
        ("went into compensation", found.compensated),
        ("refunded", found.refunded),
        ("cancelled", found.cancelled),
    ];
    let mut samples: Vec<Sample> = Vec::new();
    for (what, order) in picked {
        let Some(order) = order else { continue };
        let order_id = history.order_id(order);
        if samples.iter().all(|sample| sample.order_id != order_id) {
            samples.push(sample(what, order, history));
        }
    }
    samples
}

impl Found {
    fn consider(&mut self, order: OrderRef, history: &History) {
        let mut began_us = 0;
        let mut committed_us = None;
        for event in history.latest_first(order) {
            began_us = event.at_us;
            let EventKind::OrderMoved { to, .. } = event.kind else { continue };
            match to {
                Status::Confirmed => committed_us = Some(event.at_us),
                Status::Compensating => drop(self.compensated.get_or_insert(order)),
                Status::Refunded => drop(self.refunded.get_or_insert(order)),
                Status::Cancelled => drop(self.cancelled.get_or_insert(order)),
                Status::Placed
                | Status::Failed
                | Status::Picking
                | Status::Shipped
                | Status::Delivered
                | Status::Cancelling => {}
            }
        }
        if let Some(committed_us) = committed_us {
            self.first.get_or_insert(order);
            let took_us = committed_us - began_us;
            if self.slowest.is_none_or(|(slowest_us, _)| took_us > slowest_us) {
                self.slowest = Some((took_us, order));
            }
        }
    }
}

/// Told as a violation would be, without one.
fn sample(what: &str, order: OrderRef, history: &History) -> Sample {
    let at_us = history.latest_first(order).next().map_or(0, |event| event.at_us);
    let asked = Violation { what: what.to_owned(), at_us, orders: vec![order], sku: None };
    let told = |line: &checkers::explain::Line| HistoryEvent {
        at_us: u64::try_from(line.at_us).unwrap_or(0),
        process: line.source.to_owned(),
        text: line.text.clone(),
    };
    Sample {
        what: what.to_owned(),
        order_id: history.order_id(order).to_owned(),
        history: explain(&asked, history).iter().map(told).collect(),
    }
}
