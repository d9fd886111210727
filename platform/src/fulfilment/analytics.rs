//! The analytics consumer: running totals per SKU.
//!
//! Sums of a batch are made here, so that one SKU that sells a thousand times a second is one row change per batch.

use std::collections::BTreeMap;

use ports::sql::{SqlError, SqlTransaction, SqlValue};

use super::texts;
use crate::context::Context;
use crate::messages::{OrderEvent, OrderEventKind};
use crate::texts::TextId;

/// What a batch adds to one SKU.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    orders: i64,
    units: i64,
    revenue_cents: i64,
    cancelled: i64,
}

/// Adds the events to the totals.
pub(super) async fn add(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    events: &[&OrderEvent],
) -> Result<(), SqlError> {
    let totals: Vec<(&str, Totals)> = totals_by_sku(events).into_iter().collect();
    if totals.is_empty() {
        return Ok(());
    }
    let column = |part: fn(&Totals) -> i64| SqlValue::IntArray(totals.iter().map(|(_, sums)| part(sums)).collect());
    let parameters = [
        texts(&totals, |(sku, _)| sku),
        column(|sums| sums.orders),
        column(|sums| sums.units),
        column(|sums| sums.revenue_cents),
        column(|sums| sums.cancelled),
    ];
    transaction.query(ctx.texts.get(TextId::ANALYTICS_ADD), &parameters).await?;
    Ok(())
}

/// The sums, by SKU in ascending order. They saturate: a sum too large for the column is the database's to refuse.
fn totals_by_sku<'a>(events: &[&'a OrderEvent]) -> BTreeMap<&'a str, Totals> {
    let mut totals: BTreeMap<&str, Totals> = BTreeMap::new();
    for event in events {
        match event.kind {
            OrderEventKind::OrderConfirmed => {
                for (sku, units, cents) in event.order.each_line() {
                    let sums = totals.entry(sku).or_default();
                    sums.orders += 1;
                    sums.units = sums.units.saturating_add(units);
                    sums.revenue_cents = sums.revenue_cents.saturating_add(cents);
                }
            }
            OrderEventKind::OrderCancelled => {
                for (sku, _, _) in event.order.each_line() {
                    totals.entry(sku).or_default().cancelled += 1;
                }
            }
            OrderEventKind::OrderRefunded | OrderEventKind::OrderShipped | OrderEventKind::OrderDelivered => {}
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::OrderView;

    fn event(kind: OrderEventKind, sku: &str, quantity: i64) -> OrderEvent {
        let order = OrderView {
            order_id: "ord_1".into(),
            shopper_id: "ann".into(),
            sku: sku.into(),
            quantity,
            amount_cents: quantity * 100,
            currency: "usd".into(),
            status: "confirmed".into(),
            reason: None,
            lines: Vec::new(),
        };
        OrderEvent::of(kind, order)
    }

    #[test]
    fn a_batch_is_one_sum_per_sku() {
        let events = [
            event(OrderEventKind::OrderConfirmed, "b", 1),
            event(OrderEventKind::OrderConfirmed, "a", 2),
            event(OrderEventKind::OrderConfirmed, "b", 3),
            event(OrderEventKind::OrderCancelled, "b", 3),
            event(OrderEventKind::OrderShipped, "c", 1),
        ];
        let totals: Vec<_> = totals_by_sku(&events.iter().collect::<Vec<_>>()).into_iter().collect();
        let expected = [
            ("a", Totals { orders: 1, units: 2, revenue_cents: 200, cancelled: 0 }),
            ("b", Totals { orders: 2, units: 4, revenue_cents: 400, cancelled: 1 }),
        ];
        assert_eq!(totals, expected);
    }
}
