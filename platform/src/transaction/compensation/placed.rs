//! Orders still `placed` after their saga's lease: the saga died, was paused, or met something unknown.

use std::sync::Arc;

use ports::sql::SqlValue;

use super::{Progress, Stuck, Worker};
use crate::bugs::KnownBug;
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::commit::{Committed, Sale};
use crate::transaction::order_record::OrderRecord;
use crate::transaction::payments::Money;

impl Worker {
    pub(super) async fn settle_placed(&self, order: &OrderRecord) -> Result<Progress, Stuck> {
        match self.payments.read_back(&order.order_id).await.ok_or(Stuck)? {
            Money::Captured { intent_id } => {
                if self.ctx.bugs.has(KnownBug::CompensationRefundsCommitted) {
                    // KNOWN BUG, compensation-refunds-committed: the money goes back before anybody has made sure that
                    // the order cannot be, and has not been, committed.
                    drop(self.payments.refund(&order.order_id, intent_id).await);
                    return self.compensate(order, "expired").await;
                }
                self.settle_captured(order, intent_id).await
            }
            // Nothing was taken, and under this order's keys nothing ever will be: it ends at once.
            Money::Declined { code } => {
                if self.fail(order, "declined", "declined", Some(&code)).await? {
                    self.release_hold(order).await;
                }
                Ok(Progress::Settled)
            }
            Money::Authorized { .. } | Money::Canceled | Money::Nowhere => self.compensate(order, "unpaid").await,
        }
    }

    async fn settle_captured(&self, order: &OrderRecord, intent_id: String) -> Result<Progress, Stuck> {
        if order.attempts > self.ctx.config.compensation.commit_attempts {
            return self.compensate(order, "expired").await;
        }
        let sale = Sale { order: Arc::new(order.clone()), intent_id: intent_id.into() };
        match self.committer.commit(&sale).await {
            Committed::Sold { epoch } => {
                self.ctx.metrics.count(Counter::CompensationCommits);
                self.gate.settle_sold_order(order, epoch).await;
                Ok(Progress::Settled)
            }
            Committed::SoldOut => self.compensate(order, "sold_out").await,
            Committed::Elsewhere(_) => Ok(Progress::Settled),
            Committed::Unsettled | Committed::AssumedLost => Ok(Progress::Later),
        }
    }

    /// Takes the order out of every saga's reach, then ends its payment.
    async fn compensate(&self, order: &OrderRecord, reason: &str) -> Result<Progress, Stuck> {
        let params = [
            SqlValue::Text(order.order_id.clone()),
            reason.into(),
            SqlValue::Timestamp(self.ctx.clock.now_us()),
            SqlValue::Timestamp(order.next_attempt_at_us),
        ];
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_BEGIN), &params).await?;
        if rows.first().is_none() {
            // A saga or another worker was faster: if the order is not settled yet, it is claimed again.
            return Ok(Progress::Settled);
        }
        self.settle_compensating(&order.moved_to(OrderStatus::Compensating, Some(reason))).await
    }
}
