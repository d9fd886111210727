//! The recommendations consumer: counts what was bought together.
//!
//! Only confirmed orders count, and for good: that one of them was cancelled later says nothing against the pair. Sums of a
//! batch are made here, as analytics makes its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::sql::{SqlError, SqlTransaction, SqlValue};

use crate::context::Context;
use crate::messages::{OrderEvent, OrderEventKind};
use crate::texts::TextId;

/// Adds the events' pairs to the counts.
pub(super) async fn count(
    ctx: &Context,
    transaction: &mut dyn SqlTransaction,
    events: &[&OrderEvent],
) -> Result<(), SqlError> {
    let pairs = pairs_of(events);
    if pairs.is_empty() {
        return Ok(());
    }
    let parameters = [
        SqlValue::TextArray(pairs.keys().map(|(sku, _)| Arc::from(*sku)).collect()),
        SqlValue::TextArray(pairs.keys().map(|(_, other)| Arc::from(*other)).collect()),
        SqlValue::IntArray(pairs.values().copied().collect()),
    ];
    transaction.query(ctx.texts.get(TextId::BOUGHT_TOGETHER_ADD), &parameters).await?;
    Ok(())
}

/// Orders that have both products of a pair; each pair in both directions, ascending.
fn pairs_of<'a>(events: &[&'a OrderEvent]) -> BTreeMap<(&'a str, &'a str), i64> {
    let mut pairs = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind == OrderEventKind::OrderConfirmed) {
        for line in &event.order.lines {
            for other in event.order.lines.iter().filter(|other| other.sku != line.sku) {
                *pairs.entry((&*line.sku, &*other.sku)).or_default() += 1;
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{OrderLine, OrderView};

    fn order(kind: OrderEventKind, skus: &[&str]) -> OrderEvent {
        let line = |sku: &&str| OrderLine { sku: (*sku).into(), quantity: 1, amount_cents: 100 };
        let order = OrderView {
            order_id: "ord_1".into(),
            shopper_id: "ann".into(),
            sku: skus[0].into(),
            quantity: 1,
            amount_cents: 100,
            currency: "usd".into(),
            status: "confirmed".into(),
            reason: None,
            lines: if skus.len() > 1 { skus.iter().map(line).collect() } else { Vec::new() },
        };
        OrderEvent::of(kind, order)
    }

    #[test]
    fn a_pair_counts_once_per_order_in_both_directions() {
        let events = [
            order(OrderEventKind::OrderConfirmed, &["lamp", "mug", "vase"]),
            order(OrderEventKind::OrderConfirmed, &["lamp", "mug"]),
            order(OrderEventKind::OrderConfirmed, &["lamp"]),
            order(OrderEventKind::OrderDelivered, &["lamp", "mug"]),
        ];
        let pairs: Vec<_> = pairs_of(&events.iter().collect::<Vec<_>>()).into_iter().collect();
        let expected = [
            (("lamp", "mug"), 2),
            (("lamp", "vase"), 1),
            (("mug", "lamp"), 2),
            (("mug", "vase"), 1),
            (("vase", "lamp"), 1),
            (("vase", "mug"), 1),
        ];
        assert_eq!(pairs, expected);
    }
}
