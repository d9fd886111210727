//! An order's row, as the statements of the transaction path return it.

use std::sync::Arc;

use ports::sql::{Row, Rows, SqlError, SqlPool};

use super::order_lines::{FurtherLines, all_lines, of_several_lines};
use crate::messages::{OrderEvent, OrderEventKind, OrderLine, OrderView};
use crate::order_status::OrderStatus;
use crate::texts::{TextId, Texts};

/// What the transaction path needs to know of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRecord {
    pub(crate) order_id: Arc<str>,
    pub(crate) shopper_id: String,
    /// Of the first line.
    pub(crate) sku: String,
    /// Of the first line.
    pub(crate) quantity: i64,
    /// Of all lines.
    pub(crate) amount_cents: i64,
    pub(crate) currency: String,
    pub(crate) status: OrderStatus,
    pub(crate) reason: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) payment_method: String,
    /// The epoch of its hold; once its stock was taken or returned, the epoch under which that was committed.
    pub(crate) epoch: i64,
    pub(crate) next_attempt_at_us: i64,
    pub(crate) attempts: i64,
    pub(crate) placed_at_us: i64,
    pub(crate) decline_code: Option<String>,
    /// The lines after the first, in SKU order; shared by its copies, because most orders have none.
    pub(crate) further: Arc<[OrderLine]>,
}

impl OrderRecord {
    /// Reads the rows of `read_order.sql` or `claim.sql`, and the further lines of those that have any.
    pub(crate) async fn read_all(sql: &dyn SqlPool, texts: &Texts, rows: &Rows) -> Result<Vec<Self>, SqlError> {
        let mut further = match of_several_lines(rows) {
            Some(ids) => FurtherLines::from_rows(&sql.query(texts.get(TextId::ORDERS_LINES), &[ids]).await?),
            None => FurtherLines::default(),
        };
        Ok(rows.iter().map(|row| Self::from_row(row, further.take(row.text("order_id")))).collect())
    }

    fn from_row(row: Row<'_>, further: Vec<OrderLine>) -> Self {
        let status = row.text("status");
        Self {
            order_id: row.text("order_id").into(),
            shopper_id: row.text("shopper_id").into(),
            sku: row.text("sku").into(),
            quantity: row.int("quantity"),
            amount_cents: row.int("amount_cents"),
            currency: row.text("currency").into(),
            status: OrderStatus::parse(status).expect("the schema's check admits only words of the state machine"),
            reason: row.optional_text("reason").map(Into::into),
            fingerprint: row.text("fingerprint").into(),
            payment_method: row.text("payment_method").into(),
            epoch: row.int("epoch"),
            next_attempt_at_us: row.timestamp_us("next_attempt_at"),
            attempts: row.int("attempts"),
            placed_at_us: row.timestamp_us("placed_at"),
            decline_code: row.optional_text("decline_code").map(Into::into),
            further: further.into(),
        }
    }

    /// The order as it stands in Postgres, if it is there.
    pub(crate) async fn read(sql: &dyn SqlPool, texts: &Texts, order_id: &str) -> Result<Option<Self>, SqlError> {
        let rows = sql.query(texts.get(TextId::CHECKOUT_READ_ORDER), &[order_id.into()]).await?;
        Ok(Self::read_all(sql, texts, &rows).await?.pop())
    }

    /// The order as shoppers see it.
    pub(crate) fn view(&self) -> OrderView {
        OrderView {
            order_id: (*self.order_id).into(),
            shopper_id: self.shopper_id.clone(),
            sku: self.sku.clone(),
            quantity: self.quantity,
            amount_cents: self.amount_cents,
            currency: self.currency.clone(),
            status: self.status.as_str().into(),
            reason: self.reason.clone(),
            lines: if self.further.is_empty() { Vec::new() } else { self.lines() },
        }
    }

    /// All lines, in SKU order.
    pub(crate) fn lines(&self) -> Vec<OrderLine> {
        all_lines(&self.sku, self.quantity, self.amount_cents, &self.further)
    }

    /// SKU and units of every line, in SKU order.
    pub(crate) fn units(&self) -> impl Iterator<Item = (&str, i64)> {
        let first = std::iter::once((&*self.sku, self.quantity));
        first.chain(self.further.iter().map(|line| (&*line.sku, line.quantity)))
    }

    /// How many units of a SKU were ordered; nothing when it is on no line.
    pub(crate) fn quantity_of(&self, sku: &str) -> Option<i64> {
        self.units().find(|(of, _)| *of == sku).map(|(_, quantity)| quantity)
    }

    /// The order after a move.
    pub(crate) fn moved_to(&self, status: OrderStatus, reason: Option<&str>) -> Self {
        Self { status, reason: reason.map(Into::into), ..self.clone() }
    }

    /// The outbox payload that tells of the order in its present state.
    pub(crate) fn event(&self, kind: OrderEventKind) -> Arc<str> {
        let event = OrderEvent::of(kind, self.view());
        serde_json::to_string(&event).expect("strings, integers and unit variants have no way to fail").into()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A placed order of two units.
    pub(crate) fn placed() -> OrderRecord {
        OrderRecord {
            order_id: "ord_1".into(),
            shopper_id: "ann".into(),
            sku: "lamp".into(),
            quantity: 2,
            amount_cents: 5_000,
            currency: "eur".into(),
            status: OrderStatus::Placed,
            reason: None,
            fingerprint: "f1".into(),
            payment_method: "pm_card_visa".into(),
            epoch: 3,
            next_attempt_at_us: 2_000_000,
            attempts: 0,
            placed_at_us: 1_000_000,
            decline_code: None,
            further: Arc::default(),
        }
    }

    #[test]
    fn an_event_is_named_after_its_order_and_kind() {
        let event: OrderEvent = serde_json::from_str(&placed().event(OrderEventKind::OrderConfirmed)).unwrap();
        assert_eq!(event.event_id, "ord_1:order_confirmed");
        assert_eq!(event.order, placed().view());
    }
}
