//! The reaper: settles holds that outlived their time, by what became of their orders.
//!
//! A hold expires by the clock of whoever took it and is reaped by another's, so it may be reaped early. That is safe: an
//! order placed after its hold was given back is confirmed all the same if the units are there, and confirm then takes
//! them from the counter again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::sql::{Row, SqlError, SqlValue};

use super::gate::{Gate, Session, Shut};
use super::keys::SkuKeys;
use super::reservation::{Claim, Told};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::order_lines::{FurtherLines, of_several_lines};

/// What is done with an expired hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its order's stock is taken: the hold becomes a sale.
    Sale { committed_epoch: i64 },
    /// Its order ended, or never came to be.
    Release,
    /// Its order is at work.
    Renew,
}

/// What an order's status says about its hold; `None` for no order.
pub(crate) fn verdict(order: Option<(OrderStatus, i64)>) -> Verdict {
    match order {
        None => Verdict::Release,
        Some((OrderStatus::Placed, _)) => Verdict::Renew,
        Some((status, committed_epoch)) if status.holds_stock() => Verdict::Sale { committed_epoch },
        // Compensating, failed, refunded; a cancelled order's units went back to stock by themselves.
        Some(_) => Verdict::Release,
    }
}

/// Expired holds of one SKU.
pub(crate) struct Expired {
    pub(crate) sku: String,
    pub(crate) keys: SkuKeys,
    pub(crate) order_ids: Vec<Arc<str>>,
}

/// Why a round ended early; the next one starts over.
#[derive(Debug)]
pub(crate) enum Interrupted {
    Sql,
    Gate,
}

impl From<SqlError> for Interrupted {
    fn from(_: SqlError) -> Self {
        Self::Sql
    }
}

impl From<Shut> for Interrupted {
    fn from(_: Shut) -> Self {
        Self::Gate
    }
}

impl Gate {
    /// Settles these holds.
    pub(super) async fn reap(&self, session: &Arc<Session>, expired: &[Expired]) -> Result<(), Interrupted> {
        let ids: Vec<Arc<str>> = expired.iter().flat_map(|sku| sku.order_ids.iter().cloned()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let text = self.ctx.texts.get(TextId::INVENTORY_ORDERS_OF_HOLDS);
        let rows = self.ctx.sql.query(text, &[SqlValue::TextArray(ids)]).await?;
        let further = match of_several_lines(&rows) {
            Some(ids) => {
                FurtherLines::from_rows(&self.ctx.sql.query(self.ctx.texts.get(TextId::ORDERS_LINES), &[ids]).await?)
            }
            None => FurtherLines::default(),
        };
        let orders: BTreeMap<&str, Row<'_>> = rows.iter().map(|row| (row.text("order_id"), row)).collect();
        for sku in expired {
            for order_id in &sku.order_ids {
                // An order of other products than this one (its key came with another payload) does not back the hold.
                let backing = orders.get(&**order_id).and_then(|row| {
                    let own = (row.text("sku") == sku.sku).then(|| row.int("quantity"));
                    Some((*row, own.or_else(|| further.quantity(order_id, &sku.sku))?))
                });
                let (quantity, fingerprint) =
                    backing.map_or((0, ""), |(row, quantity)| (quantity, row.text("fingerprint")));
                let claim = Claim { keys: &sku.keys, order_id, quantity, fingerprint };
                let told = match verdict(backing.map(|(row, _)| (status_of(row), row.int("epoch")))) {
                    Verdict::Sale { committed_epoch } => self.settle_sale_in(session, claim, committed_epoch).await?,
                    Verdict::Release => self.release_in(session, claim, Counter::HoldsReaped).await?,
                    Verdict::Renew => self.renew_hold(session, &sku.keys, order_id).await?,
                };
                if told == Told::Stale {
                    return Err(Interrupted::Gate);
                }
            }
        }
        Ok(())
    }
}

fn status_of(row: Row<'_>) -> OrderStatus {
    OrderStatus::parse(row.text("status")).expect("the schema's check admits only these words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_follows_its_order() {
        assert_eq!(verdict(None), Verdict::Release);
        for status in OrderStatus::ALL {
            let expected = match status {
                OrderStatus::Placed => Verdict::Renew,
                OrderStatus::Compensating | OrderStatus::Failed | OrderStatus::Refunded | OrderStatus::Cancelled => {
                    Verdict::Release
                }
                OrderStatus::Confirmed
                | OrderStatus::Picking
                | OrderStatus::Shipped
                | OrderStatus::Delivered
                | OrderStatus::Cancelling => Verdict::Sale { committed_epoch: 4 },
            };
            assert_eq!(verdict(Some((status, 4))), expected, "{status:?}");
        }
    }
}
