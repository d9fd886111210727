//! The lines of an order after its first, which stand in a table of their own.
//!
//! Most orders have none, and no statement asks for them then: the order's row says how many lines there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::sql::{Rows, SqlValue};

use crate::messages::OrderLine;

/// The parameter of `lines.sql` for those orders among `rows` that have further lines; nothing when none has.
pub(crate) fn of_several_lines(rows: &Rows) -> Option<SqlValue> {
    let several = rows.iter().filter(|row| row.int("line_count") > 1);
    let ids: Vec<Arc<str>> = several.map(|row| Arc::from(row.text("order_id"))).collect();
    (!ids.is_empty()).then_some(SqlValue::TextArray(ids))
}

/// Further lines of some orders, in SKU order.
#[derive(Debug, Default)]
pub(crate) struct FurtherLines(BTreeMap<String, Vec<OrderLine>>);

impl FurtherLines {
    /// Reads the rows of `lines.sql`.
    pub(crate) fn from_rows(rows: &Rows) -> Self {
        let mut orders: BTreeMap<String, Vec<OrderLine>> = BTreeMap::new();
        for row in rows.iter() {
            orders.entry(row.text("order_id").to_owned()).or_default().push(OrderLine {
                sku: row.text("sku").to_owned(),
                quantity: row.int("quantity"),
                amount_cents: row.int("amount_cents"),
            });
        }
        Self(orders)
    }

    /// The further lines of an order.
    pub(crate) fn take(&mut self, order_id: &str) -> Vec<OrderLine> {
        self.0.remove(order_id).unwrap_or_default()
    }

    /// How many units of a SKU an order's further lines have; nothing when it is on none of them.
    pub(crate) fn quantity(&self, order_id: &str, sku: &str) -> Option<i64> {
        self.0.get(order_id)?.iter().find(|line| line.sku == sku).map(|line| line.quantity)
    }
}

/// All lines of an order, in SKU order: the first and the further ones. What the further ones leave of the amount is the
/// first one's.
pub(crate) fn all_lines(sku: &str, quantity: i64, amount_cents: i64, further: &[OrderLine]) -> Vec<OrderLine> {
    let others: i64 = further.iter().map(|line| line.amount_cents).sum();
    let mut lines = Vec::with_capacity(1 + further.len());
    lines.push(OrderLine { sku: sku.to_owned(), quantity, amount_cents: amount_cents - others });
    lines.extend_from_slice(further);
    lines
}
