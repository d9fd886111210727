//! The saga: pay, commit, tell the gate. From the placed order to its end, or to compensation.
//!
//! It may be dropped, paused or doubled at any await. Whatever it leaves undone is found by the compensation worker (the
//! order and its money) or by the reaper (its hold). Whatever it does late is refused: the commit because the order is no
//! longer `placed`, the capture because the authorization was cancelled, the script because the epoch moved on.

use std::sync::Arc;

use ports::sql::{SqlError, SqlValue};
use tokio::sync::oneshot;

use super::Lane;
use super::admission::Entry;
use super::place::Placed;
use super::replay::answer_of;
use crate::messages::CheckoutAnswer;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::commit::{Committed, Sale};
use crate::transaction::order_record::OrderRecord;
use crate::transaction::payments::Payment;

/// What is left to do at the gate once the shopper has been answered.
enum Hold {
    /// Its units are sold.
    Sold { epoch: i64 },
    /// Its units go back.
    GoesBack,
    /// Compensation will see to it.
    Left,
}

impl Lane {
    /// Starts the saga in a task of its own, which outlives the caller's request.
    pub(super) fn begin_saga(self: &Arc<Self>, placed: Placed, entry: Entry) -> oneshot::Receiver<CheckoutAnswer> {
        let (sender, receiver) = oneshot::channel();
        let lane = Arc::clone(self);
        let under_way = self.ctx.metrics.begin();
        tokio::spawn(async move {
            let Placed { order, permit } = placed;
            let order = Arc::new(order);
            let (answer, hold) = lane.run_saga(&order).await;
            // The key is free for a repeat before its answer is out, so that no repeat of an answered checkout is told
            // that it is still in flight. Nobody may be waiting for the answer any more.
            drop(entry);
            drop(sender.send(answer));
            // The gate may be away for a while: no other saga waits for that.
            drop(permit);
            lane.settle_hold(&order, hold).await;
            drop(under_way);
        });
        receiver
    }

    async fn run_saga(&self, order: &Arc<OrderRecord>) -> (CheckoutAnswer, Hold) {
        match self.payments.pay(order).await {
            Payment::Captured { intent_id } => self.commit_sale(order, intent_id).await,
            Payment::Declined { code } => self.end_declined(order, code).await,
            Payment::GivenUp | Payment::Unknown => self.leave_to_compensation(order).await,
        }
    }

    async fn commit_sale(&self, order: &Arc<OrderRecord>, intent_id: String) -> (CheckoutAnswer, Hold) {
        let sale = Sale { order: Arc::clone(order), intent_id: intent_id.as_str().into() };
        match self.committer.commit(&sale).await {
            Committed::Sold { epoch } => {
                let sold = order.moved_to(OrderStatus::Confirmed, None);
                (CheckoutAnswer::Confirmed { order: sold.view() }, Hold::Sold { epoch })
            }
            Committed::SoldOut => self.begin_compensation(order, "sold_out").await,
            Committed::Elsewhere(found) => (answer_of(&found, self.ctx.clock.now_us()), Hold::Left),
            Committed::Unsettled => self.leave_to_compensation(order).await,
            Committed::AssumedLost => {
                // KNOWN BUG, compensation-refunds-committed: a COMMIT whose answer was lost is taken for a failure, and
                // the money goes back although the order may well stand.
                drop(self.payments.refund(&order.order_id, intent_id).await);
                self.begin_compensation(order, "expired").await
            }
        }
    }

    /// The issuer said no: the order ends here.
    async fn end_declined(&self, order: &Arc<OrderRecord>, code: String) -> (CheckoutAnswer, Hold) {
        let params = [
            SqlValue::Text(order.order_id.clone()),
            "placed".into(),
            "declined".into(),
            SqlValue::Timestamp(self.ctx.clock.now_us()),
            "declined".into(),
            (&*code).into(),
        ];
        match self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_FAIL), &params).await {
            Ok(rows) if rows.first().is_some() => {
                let failed = order.moved_to(OrderStatus::Failed, Some("declined"));
                (CheckoutAnswer::Declined { order: failed.view(), decline_code: code }, Hold::GoesBack)
            }
            Ok(_) => self.answer_from_row(order).await,
            Err(_) => self.leave_to_compensation(order).await,
        }
    }

    /// Captured, but there is nothing to sell: from here on nobody can commit the order, and the worker refunds it.
    async fn begin_compensation(&self, order: &Arc<OrderRecord>, reason: &str) -> (CheckoutAnswer, Hold) {
        let now = SqlValue::Timestamp(self.ctx.clock.now_us());
        let params = [SqlValue::Text(order.order_id.clone()), reason.into(), now.clone(), now];
        match self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_BEGIN), &params).await {
            Ok(rows) if rows.first().is_some() => {
                let compensating = order.moved_to(OrderStatus::Compensating, Some(reason));
                (CheckoutAnswer::Ended { order: compensating.view() }, Hold::GoesBack)
            }
            Ok(_) => self.answer_from_row(order).await,
            Err(_) => self.leave_to_compensation(order).await,
        }
    }

    /// Somebody else moved the order: it says itself what became of it.
    async fn answer_from_row(&self, order: &Arc<OrderRecord>) -> (CheckoutAnswer, Hold) {
        let answer = match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &order.order_id).await {
            Ok(Some(found)) => answer_of(&found, self.ctx.clock.now_us()),
            Ok(None) | Err(_) => CheckoutAnswer::Pending { order_id: (*order.order_id).into() },
        };
        (answer, Hold::Left)
    }

    /// Nobody knows how the order stands: its lease ends now, and the worker finds out.
    async fn leave_to_compensation(&self, order: &Arc<OrderRecord>) -> (CheckoutAnswer, Hold) {
        // If this is lost the lease runs out by itself.
        drop(self.end_lease(order).await);
        (CheckoutAnswer::Pending { order_id: (*order.order_id).into() }, Hold::Left)
    }

    async fn end_lease(&self, order: &OrderRecord) -> Result<(), SqlError> {
        let params = [SqlValue::Text(order.order_id.clone()), SqlValue::Timestamp(self.ctx.clock.now_us())];
        self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_POSTPONE), &params).await.map(drop)
    }

    async fn settle_hold(&self, order: &OrderRecord, hold: Hold) {
        match hold {
            Hold::Sold { epoch } => self.gate.settle_sold_order(order, epoch).await,
            Hold::GoesBack => self.gate.release_order(order).await,
            Hold::Left => {}
        }
    }
}
