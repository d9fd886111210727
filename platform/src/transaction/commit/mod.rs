//! The hard commit: one transaction that turns a paid order into a sale. Stock, ledger entry, order, payment and outbox
//! row move together or not at all.
//!
//! | strategy | how the units are taken | file |
//! |---|---|---|
//! | `version` | read the row, write it if nobody did meanwhile | `version` |
//! | `conditional` | `UPDATE … WHERE on_hand >= n` | `conditional` |
//! | `buckets` | the stock split over rows, with stealing | `buckets` |
//! | `group` | many orders in one transaction | `group` |
//!
//! A commit is idempotent by order: it begins by moving the order out of `placed`. When the answer to COMMIT is lost it is
//! simply tried again: the order's row lock makes the second try wait until the first one's fate is decided, and then the
//! order is either still `placed` or it is not.

mod buckets;
mod conditional;
mod group;
mod single;
mod version;

use std::sync::Arc;

use ports::Outcome;
use ports::sql::SqlError;
use tokio::time::sleep;

use self::group::Group;
pub(crate) use self::single::fence;
use crate::bugs::KnownBug;
use crate::config::CommitStrategy;
use crate::context::Context;
use crate::fulfilment::publish_now;
use crate::messages::{OrderEvent, OrderEventKind};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::transaction::backoff::pause;
use crate::transaction::order_record::OrderRecord;

/// The strategy in use. A known bug that is a mistake in one strategy implies it.
pub(crate) fn strategy_of(ctx: &Context) -> CommitStrategy {
    if ctx.bugs.has(KnownBug::CommitWithoutVersionTest) {
        CommitStrategy::Version
    } else if ctx.bugs.has(KnownBug::ConditionalWithoutCondition) {
        CommitStrategy::Conditional
    } else {
        ctx.config.commit.strategy
    }
}

/// A paid order that is to be committed.
#[derive(Clone)]
pub(crate) struct Sale {
    pub(crate) order: Arc<OrderRecord>,
    /// The card gateway's id of the capture.
    pub(crate) intent_id: Arc<str>,
}

impl Sale {
    /// The outbox payload.
    pub(crate) fn event(&self) -> Arc<str> {
        self.order.moved_to(OrderStatus::Confirmed, None).event(OrderEventKind::OrderConfirmed)
    }

    /// The same event, for the known bug that does not wait for the outbox.
    fn announcement(&self) -> OrderEvent {
        OrderEvent::of(OrderEventKind::OrderConfirmed, self.order.moved_to(OrderStatus::Confirmed, None).view())
    }
}

/// What a commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Committed {
    /// The order is a sale, committed under this epoch: by this call, or by an earlier one.
    Sold { epoch: i64 },
    /// Postgres has not enough; nothing was changed.
    SoldOut,
    /// Somebody else moved the order elsewhere; this is where it stands.
    Elsewhere(Box<OrderRecord>),
    /// It could not be found out or not be done in the tries there are. The order is still unsettled.
    Unsettled,
    /// The answer to COMMIT was lost and nobody asked again. Only a known bug leaves it at that.
    AssumedLost,
}

/// What one try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Sold {
        epoch: i64,
    },
    SoldOut,
    /// The order was not `placed`.
    NotPlaced,
    /// Somebody else was faster; the whole transaction can be tried again.
    Conflict,
}

/// Why one try gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TryError {
    /// Before COMMIT was sent: nothing was done.
    Before(SqlError),
    /// At COMMIT: its outcome says whether it may have been done.
    AtCommit(SqlError),
}

impl From<SqlError> for TryError {
    fn from(error: SqlError) -> Self {
        Self::Before(error)
    }
}

enum Strategy {
    Version,
    Conditional,
    Buckets,
    Group(Arc<Group>),
}

/// Commits the orders of one process.
pub(crate) struct Committer {
    ctx: Context,
    strategy: Strategy,
}

impl Committer {
    /// A committer with the configured strategy.
    pub(crate) fn new(ctx: Context) -> Self {
        let strategy = match strategy_of(&ctx) {
            CommitStrategy::Version => Strategy::Version,
            CommitStrategy::Conditional => Strategy::Conditional,
            CommitStrategy::Buckets => Strategy::Buckets,
            CommitStrategy::Group => Strategy::Group(Group::new(ctx.clone())),
        };
        Self { ctx, strategy }
    }

    /// Commits one sale, in as many tries as the settings allow.
    pub(crate) async fn commit(&self, sale: &Sale) -> Committed {
        let settings = &self.ctx.config.commit;
        if self.ctx.bugs.has(KnownBug::EventPublishedBeforeCommit) {
            // Whether it was sent makes no difference to the mistake: the order may still fail to commit.
            drop(publish_now(&self.ctx, &sale.announcement()).await);
        }
        for attempt in 1..=settings.attempts.max(1) {
            if attempt > 1 {
                sleep(pause(settings.backoff, attempt - 1, &self.ctx.entropy)).await;
            }
            let tried = match &self.strategy {
                Strategy::Version => single::attempt(&self.ctx, sale, single::Taker::Version).await,
                Strategy::Conditional => single::attempt(&self.ctx, sale, single::Taker::Conditional).await,
                Strategy::Buckets => buckets::attempt(&self.ctx, sale).await,
                Strategy::Group(group) => group.attempt(sale).await,
            };
            match tried {
                Ok(Tried::Sold { epoch }) => {
                    self.ctx.metrics.count(Counter::OrdersConfirmed);
                    return Committed::Sold { epoch };
                }
                Ok(Tried::SoldOut) => {
                    self.ctx.metrics.count(Counter::CommitSoldOut);
                    return Committed::SoldOut;
                }
                Ok(Tried::NotPlaced) => return self.find(&sale.order.order_id).await,
                Ok(Tried::Conflict) => self.ctx.metrics.count(Counter::CommitConflicts),
                Err(TryError::AtCommit(error)) if error.outcome() == Outcome::Unknown => {
                    self.ctx.metrics.count(Counter::CommitUnknown);
                    if self.ctx.bugs.has(KnownBug::CompensationRefundsCommitted) {
                        return Committed::AssumedLost;
                    }
                }
                Err(TryError::Before(error) | TryError::AtCommit(error)) if error.is_transient() => {
                    self.ctx.metrics.count(Counter::CommitConflicts);
                }
                Err(TryError::Before(_) | TryError::AtCommit(_)) => return Committed::Unsettled,
            }
        }
        Committed::Unsettled
    }

    /// Where an order stands that was not `placed` any more: perhaps this very sale was committed by an earlier try.
    async fn find(&self, order_id: &str) -> Committed {
        match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, order_id).await {
            Ok(Some(order)) if order.status.holds_stock() => Committed::Sold { epoch: order.epoch },
            Ok(Some(order)) => Committed::Elsewhere(Box::new(order)),
            Ok(None) | Err(_) => Committed::Unsettled,
        }
    }
}
