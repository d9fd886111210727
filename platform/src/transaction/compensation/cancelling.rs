//! Confirmed orders that their shopper cancelled: the money goes back, then the stock.

use ports::Outcome;
use ports::sql::{Isolation, SqlError, SqlValue};

use super::{Progress, Stuck, Worker};
use crate::messages::OrderEventKind;
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::commit::fence;
use crate::transaction::order_record::OrderRecord;
use crate::transaction::payments::{Ended, Money};

impl Worker {
    pub(super) async fn settle_cancelling(&self, order: &OrderRecord) -> Result<Progress, Stuck> {
        let Money::Captured { intent_id } = self.payments.read_back(&order.order_id).await.ok_or(Stuck)? else {
            // A confirmed order was captured; a gateway that does not know of it is not believed.
            return Ok(Progress::Later);
        };
        let Some(Ended::Refunded { intent_id }) = self.payments.refund(&order.order_id, intent_id).await else {
            return Ok(Progress::Later);
        };
        let returned = match self.return_stock(order, &intent_id).await {
            Ok(returned) => returned,
            // Whether it was done stands in the order's row, and only there: a lost answer must not lose the restock.
            Err(error) if error.outcome() == Outcome::Unknown => self.find_return(order).await?,
            Err(_) => return Ok(Progress::Later),
        };
        if let Some(returned_epoch) = returned {
            self.gate.restock_order(order, returned_epoch).await;
        }
        Ok(Progress::Settled)
    }

    /// Moves the order and returns its units in one transaction; the epoch it was done under, or `None` when somebody
    /// else had done it.
    async fn return_stock(&self, order: &OrderRecord, intent_id: &str) -> Result<Option<i64>, SqlError> {
        let mut tx = self.ctx.sql.begin(Isolation::ReadCommitted).await?;
        let epoch = fence(&self.ctx, &mut *tx).await?.unwrap_or(0);
        let ended = order.moved_to(OrderStatus::Cancelled, Some("cancelled"));
        let params = [
            SqlValue::Text(order.order_id.clone()),
            epoch.into(),
            SqlValue::Timestamp(self.ctx.clock.now_us()),
            intent_id.into(),
            SqlValue::Text(ended.event(OrderEventKind::OrderCancelled)),
        ];
        let rows = tx.query(self.ctx.texts.get(TextId::COMPENSATION_CANCELLED), &params).await?;
        if rows.first().is_none() {
            drop(tx.rollback().await);
            return Ok(None);
        }
        for line in order.further.iter() {
            let params = [
                SqlValue::Text(order.order_id.clone()),
                (&*line.sku).into(),
                SqlValue::Timestamp(self.ctx.clock.now_us()),
            ];
            let returned = tx.query(self.ctx.texts.get(TextId::COMPENSATION_RETURN_LINE), &params).await?;
            assert_eq!(returned.affected, 1, "{} has a line of {}, which has a balance", order.order_id, line.sku);
        }
        tx.commit().await?;
        self.ctx.metrics.count(Counter::OrdersCancelled);
        Ok(Some(epoch))
    }

    /// After a lost answer: the epoch under which the order was cancelled, or "later" when it is not.
    async fn find_return(&self, order: &OrderRecord) -> Result<Option<i64>, Stuck> {
        match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &order.order_id).await? {
            Some(found) if found.status == OrderStatus::Cancelled => Ok(Some(found.epoch)),
            Some(_) | None => Err(Stuck),
        }
    }
}
