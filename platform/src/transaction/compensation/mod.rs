//! The compensation worker: settles whatever a saga left behind, so that captured money ends in exactly one of {order,
//! refund}.
//!
//! It never guesses. What the gateway or Postgres does not say now is asked again later. Several workers may run, and a
//! worker may be paused for longer than its lease: each step is guarded by the order's status in Postgres and by an
//! idempotency key at the gateway, so that doing it twice does nothing more.
//!
//! | found | what is done |
//! |---|---|
//! | placed, captured | commit; when that is spent or there are no units: compensating |
//! | placed, not captured | compensating first, so that a slow saga can no longer commit |
//! | compensating | end the payment (cancel or refund), then failed or refunded |
//! | cancelling | refund, return the stock, then cancelled |

mod cancelling;
mod compensating;
mod placed;

use std::sync::Arc;

use ports::sql::{SqlError, SqlValue};
use tokio::time::sleep;

use crate::bugs::KnownBug;
use crate::context::Context;
use crate::metrics::{Counter, UnderWay};
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::backoff::pause;
use crate::transaction::commit::Committer;
use crate::transaction::inventory::gate::Gate;
use crate::transaction::order_record::OrderRecord;
use crate::transaction::payments::Payments;

/// How far one claim brought an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It is settled, or somebody else has it.
    Settled,
    /// Something is unknown: later.
    Later,
}

/// Why a claim got no further; it is taken up again.
struct Stuck;

impl From<SqlError> for Stuck {
    fn from(_: SqlError) -> Self {
        Self
    }
}

/// Runs the worker for ever.
pub async fn worker(ctx: Context) {
    if ctx.bugs.has(KnownBug::CompensationSkipped) {
        // KNOWN BUG, compensation-skipped: nobody looks after what a saga leaves behind.
        std::future::pending::<()>().await;
    }
    let worker = Arc::new(Worker {
        gate: Gate::new(ctx.clone()),
        payments: Payments::new(ctx.clone()),
        committer: Committer::new(ctx.clone()),
        ctx,
    });
    loop {
        let orders = worker.claim().await.unwrap_or_default();
        let idle = orders.is_empty();
        // Together, so that one slow answer does not use up the lease of all the others.
        let settle = |order| tokio::spawn(Arc::clone(&worker).settle(order, worker.ctx.metrics.begin()));
        let tasks: Vec<_> = orders.into_iter().map(settle).collect();
        for task in tasks {
            // A task ends early only with the process.
            drop(task.await);
        }
        if idle {
            sleep(worker.ctx.config.compensation.poll).await;
        }
    }
}

struct Worker {
    ctx: Context,
    gate: Arc<Gate>,
    payments: Payments,
    committer: Committer,
}

impl Worker {
    async fn claim(&self) -> Result<Vec<OrderRecord>, SqlError> {
        let settings = &self.ctx.config.compensation;
        let now_us = self.ctx.clock.now_us();
        let lease_us = i64::try_from(settings.lease.as_micros()).unwrap_or(i64::MAX);
        let until = SqlValue::Timestamp(now_us.saturating_add(lease_us));
        let params = [SqlValue::Timestamp(now_us), until, settings.batch.into()];
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_CLAIM), &params).await?;
        self.ctx.metrics.add(Counter::CompensationClaims, rows.affected);
        // If the lines cannot be read now, the lease runs out and the orders are claimed again.
        OrderRecord::read_all(&*self.ctx.sql, &self.ctx.texts, &rows).await
    }

    async fn settle(self: Arc<Self>, order: OrderRecord, _under_way: UnderWay) {
        let progress = match order.status {
            OrderStatus::Placed => self.settle_placed(&order).await,
            OrderStatus::Compensating => self.settle_compensating(&order).await,
            OrderStatus::Cancelling => self.settle_cancelling(&order).await,
            OrderStatus::Confirmed
            | OrderStatus::Failed
            | OrderStatus::Refunded
            | OrderStatus::Picking
            | OrderStatus::Shipped
            | OrderStatus::Delivered
            | OrderStatus::Cancelled => Ok(Progress::Settled),
        };
        if !matches!(progress, Ok(Progress::Settled)) {
            self.postpone(&order).await;
        }
    }

    /// Puts an order off. If this is lost the lease runs out by itself.
    async fn postpone(&self, order: &OrderRecord) {
        let tries = u32::try_from(order.attempts).unwrap_or(u32::MAX);
        let pause = pause(self.ctx.config.compensation.backoff, tries, &self.ctx.entropy);
        let pause_us = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        let at = SqlValue::Timestamp(self.ctx.clock.now_us().saturating_add(pause_us));
        let params = [SqlValue::Text(order.order_id.clone()), at];
        drop(self.ctx.sql.query(self.ctx.texts.get(TextId::COMPENSATION_POSTPONE), &params).await);
    }

    /// Gives the order's holds back, those that are still held.
    async fn release_hold(&self, order: &OrderRecord) {
        self.gate.release_order(order).await;
    }
}
