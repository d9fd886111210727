//! Orders that can no longer be committed: their payment is ended, then they are.

use ports::sql::SqlValue;

use super::{Progress, Stuck, Worker};
use crate::messages::OrderEventKind;
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::order_record::OrderRecord;
use crate::transaction::payments::Ended;

impl Worker {
    pub(super) async fn settle_compensating(&self, order: &OrderRecord) -> Result<Progress, Stuck> {
        // The units are free as soon as nobody can commit the order; the money may take longer.
        self.release_hold(order).await;
        let moved = match self.payments.give_back(order).await.ok_or(Stuck)? {
            Ended::Refunded { intent_id } => self.refunded(order, &intent_id).await?,
            Ended::Untaken => {
                let reason = order.reason.as_deref().unwrap_or("unpaid");
                self.fail(order, reason, "voided", None).await?
            }
            Ended::Declined { code } => self.fail(order, "declined", "declined", Some(&code)).await?,
        };
        if moved {
            // Again: a repeat of the checkout may have taken a hold under this id meanwhile.
            self.release_hold(order).await;
        }
        Ok(Progress::Settled)
    }

    async fn refunded(&self, order: &OrderRecord, intent_id: &str) -> Result<bool, Stuck> {
        let ended = order.moved_to(OrderStatus::Refunded, order.reason.as_deref());
        let params = [
            SqlValue::Text(order.order_id.clone()),
            SqlValue::Timestamp(self.ctx.clock.now_us()),
            intent_id.into(),
            SqlValue::Text(ended.event(OrderEventKind::OrderRefunded)),
        ];
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_REFUNDED), &params).await?;
        let moved = rows.first().is_some();
        if moved {
            self.ctx.metrics.count(Counter::CompensationRefunds);
        }
        Ok(moved)
    }

    /// Ends an order without a capture; `false` when somebody else moved it.
    pub(super) async fn fail(
        &self,
        order: &OrderRecord,
        reason: &str,
        intent_status: &str,
        decline_code: Option<&str>,
    ) -> Result<bool, Stuck> {
        let params = [
            SqlValue::Text(order.order_id.clone()),
            order.status.as_str().into(),
            reason.into(),
            SqlValue::Timestamp(self.ctx.clock.now_us()),
            intent_status.into(),
            decline_code.map_or(SqlValue::Null, SqlValue::from),
        ];
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_FAIL), &params).await?;
        let moved = rows.first().is_some();
        if moved {
            self.ctx.metrics.count(Counter::CompensationVoids);
        }
        Ok(moved)
    }
}
