//! Finds orders that were under way at once: the stuff of lost updates and oversold stock.

use super::{Line, seconds};
use crate::history::{EventKind, History, OrderRef, Status};

/// From an order's first trace to its commit.
#[derive(Debug, Clone, Copy)]
struct Span {
    order: OrderRef,
    began_us: i64,
    committed_us: i64,
}

impl Span {
    fn of(order: OrderRef, history: &History) -> Option<Self> {
        history.order_now(order).filter(|now| now.was_confirmed)?;
        let mut began_us = None;
        let mut committed_us = None;
        for event in history.latest_first(order) {
            if matches!(event.kind, EventKind::OrderMoved { to: Status::Confirmed, .. }) {
                committed_us = Some(event.at_us);
            }
            began_us = Some(event.at_us);
        }
        Some(Self { order, began_us: began_us?, committed_us: committed_us? })
    }

    /// Whether each wanted a product of the other's and began before the other's commit, so that neither could see it from
    /// the start.
    fn overlaps(&self, other: &Self, history: &History) -> bool {
        let mut own = history.lines(self.order);
        let shares = own.any(|(sku, _)| history.lines(other.order).any(|(of, _)| of == sku));
        shares && self.began_us <= other.committed_us && other.began_us <= self.committed_us
    }
}

/// The order of the same product that was committed last before `order`, or with it, while `order` was under way.
pub(crate) fn rival(order: OrderRef, history: &History) -> Option<OrderRef> {
    let own = Span::of(order, history)?;
    history
        .all_orders()
        .filter(|other| *other != order)
        .filter_map(|other| Span::of(other, history))
        .filter(|other| other.committed_us <= own.committed_us && other.overlaps(&own, history))
        .max_by_key(|other| other.committed_us)
        .map(|other| other.order)
}

/// A remark on the last two of `orders` to commit, if they were under way at once.
pub(super) fn remark(orders: &[OrderRef], at_us: i64, history: &History) -> Option<Line> {
    let mut spans: Vec<Span> = orders.iter().filter_map(|order| Span::of(*order, history)).collect();
    spans.sort_by_key(|span| span.committed_us);
    let [.., first, second] = spans.as_slice() else { return None };
    if !first.overlaps(second, history) {
        return None;
    }
    let span = |span: &Span| {
        let (id, began, committed) = (history.order_id(span.order), seconds(span.began_us), seconds(span.committed_us));
        format!("{id} was under way from {began} s to its commit at {committed} s")
    };
    let text = format!("{}, {}: each began before the other's commit", span(first), span(second));
    Some(Line { at_us, source: "together", text })
}
