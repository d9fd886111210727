//! The holds of a whole order: one per line, each of its own SKU, all under the order's id.
//!
//! They move one after the other, in SKU order. Whatever is interrupted in between leaves lines that were told and lines
//! that were not: each line is idempotent, and each is found by the reaper or by a rebuild as a single one would be.

use std::sync::Arc;

use super::gate::Gate;
use super::keys::SkuKeys;
use super::reservation::Claim;
use crate::metrics::Counter;
use crate::transaction::order_record::OrderRecord;

impl Gate {
    /// Gives the holds of an order back, those that are held.
    pub(crate) async fn release_order(self: &Arc<Self>, order: &OrderRecord) {
        for (sku, quantity) in order.units() {
            let keys = SkuKeys::of(sku);
            self.release(claim(order, &keys, quantity), Counter::HoldsReleased).await;
        }
    }

    /// Settles the holds of an order whose stock was taken under `committed_epoch`.
    pub(crate) async fn settle_sold_order(self: &Arc<Self>, order: &OrderRecord, committed_epoch: i64) {
        for (sku, quantity) in order.units() {
            let keys = SkuKeys::of(sku);
            self.settle_sale(claim(order, &keys, quantity), committed_epoch).await;
        }
    }

    /// Puts the units of a cancelled order back, which was committed under `order.epoch` and returned under
    /// `returned_epoch`.
    pub(crate) async fn restock_order(self: &Arc<Self>, order: &OrderRecord, returned_epoch: i64) {
        for (sku, quantity) in order.units() {
            let keys = SkuKeys::of(sku);
            self.restock(claim(order, &keys, quantity), order.epoch, returned_epoch).await;
        }
    }
}

fn claim<'a>(order: &'a OrderRecord, keys: &'a SkuKeys, quantity: i64) -> Claim<'a> {
    Claim { keys, order_id: &order.order_id, quantity, fingerprint: &order.fingerprint }
}
