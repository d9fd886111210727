//! Placing: the order and its payment intent are written down before any money moves.

use std::sync::Arc;

use ports::Outcome;
use ports::sql::{Rows, SqlError, SqlValue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

use super::reserve::{Held, claim_of};
use super::{Lane, limited, unavailable};
use crate::bugs::KnownBug;
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::backoff::pause;
use crate::transaction::order_record::OrderRecord;
use crate::transaction::products::Listing;

/// A placed order, and the place among the sagas in which its own may run.
pub(super) struct Placed {
    pub(super) order: OrderRecord,
    pub(super) permit: OwnedSemaphorePermit,
}

/// What placing came to.
pub(super) enum Placement {
    /// It is this process's saga that carries the order.
    Placed(Placed),
    /// The hold's epoch has ended: nothing was written.
    EpochMoved,
    /// The answer.
    Ended(CheckoutAnswer),
}

/// What one statement said.
enum Written {
    Placed,
    /// The fence did not match.
    Fenced,
    /// The order was there before, or (without a gate) there is not enough.
    NotPlaced,
}

impl Lane {
    /// Writes the order down, on this hold or without one.
    pub(super) async fn place_order(
        self: &Arc<Self>,
        request: &CheckoutRequest,
        listing: &Listing,
        amount_cents: i64,
        held: Option<Held>,
    ) -> Placement {
        let held_at = Instant::now();
        let permit = Arc::clone(&self.sagas).acquire_owned().await.expect("the semaphore is never closed");
        if held.is_some() && held_at.elapsed() >= self.ctx.config.gate.hold_ttl / 2 {
            // It waited so long for its place that the hold may expire under it: reserve again.
            return Placement::EpochMoved;
        }
        let order = self.order_of(request, listing, amount_cents, held.as_ref());
        let mut may_be_placed = false;
        let attempts = self.ctx.config.commit.attempts.max(1);
        for attempt in 1..=attempts {
            if attempt > 1 {
                sleep(pause(self.ctx.config.commit.backoff, attempt - 1, &self.ctx.entropy)).await;
            }
            match self.write(&order).await {
                Ok(Written::Placed) => {
                    self.count_placed(&order);
                    return Placement::Placed(Placed { order, permit });
                }
                Ok(Written::Fenced) if may_be_placed => return self.look_again(order, permit, request, held).await,
                Ok(Written::Fenced) => return self.fenced(held),
                Ok(Written::NotPlaced) => return self.look_again(order, permit, request, held).await,
                Err(error) => {
                    may_be_placed |= error.outcome() == Outcome::Unknown;
                    if !error.is_transient() || attempt == attempts {
                        return self.give_up(request, listing, held, &error, may_be_placed).await;
                    }
                }
            }
        }
        Placement::Ended(limited())
    }

    fn order_of(
        &self,
        request: &CheckoutRequest,
        listing: &Listing,
        amount_cents: i64,
        held: Option<&Held>,
    ) -> OrderRecord {
        let now_us = self.ctx.clock.now_us();
        let lease_us = i64::try_from(self.config.saga_lease.as_micros()).unwrap_or(i64::MAX);
        OrderRecord {
            order_id: request.order_id.as_str().into(),
            shopper_id: request.shopper_id.clone(),
            sku: request.sku.clone(),
            quantity: request.quantity,
            amount_cents,
            currency: listing.product.currency.clone(),
            status: OrderStatus::Placed,
            reason: None,
            fingerprint: request.fingerprint.clone(),
            payment_method: request.payment_method.clone(),
            epoch: held.map_or(0, |held| held.session.epoch()),
            next_attempt_at_us: now_us.saturating_add(lease_us),
            attempts: 0,
            placed_at_us: now_us,
            decline_code: None,
        }
    }

    fn count_placed(&self, order: &OrderRecord) {
        self.ctx.metrics.count(Counter::OrdersPlaced);
        if order.epoch == 0 {
            self.ctx.metrics.count(Counter::DegradedCheckouts);
        }
    }

    async fn write(&self, order: &OrderRecord) -> Result<Written, SqlError> {
        let mut params: Vec<SqlValue> = vec![
            SqlValue::Text(order.order_id.clone()),
            (&*order.shopper_id).into(),
            (&*order.sku).into(),
            order.quantity.into(),
            order.amount_cents.into(),
            (&*order.currency).into(),
            (&*order.fingerprint).into(),
            (&*order.payment_method).into(),
        ];
        let text = if order.epoch > 0 {
            params.push(order.epoch.into());
            TextId::CHECKOUT_PLACE
        } else if self.ctx.bugs.has(KnownBug::ConditionalWithoutCondition) {
            TextId::CHECKOUT_BUG_PLACE_DEGRADED
        } else {
            TextId::CHECKOUT_PLACE_DEGRADED
        };
        params.push(SqlValue::Timestamp(order.next_attempt_at_us));
        params.push(SqlValue::Timestamp(order.placed_at_us));
        self.ctx.sql.query(self.ctx.texts.get(text), &params).await.map(|rows| written(&rows))
    }

    /// Nothing was written because the gate is not in the state this order was to be placed under.
    fn fenced(&self, held: Option<Held>) -> Placement {
        match held {
            Some(held) => {
                self.ctx.metrics.count(Counter::StaleEpochRefused);
                self.gate.forget(&held.session);
                Placement::EpochMoved
            }
            // Redis is away for this process, but the gate is not closed for all: nobody may place without it yet.
            None => Placement::Ended(unavailable()),
        }
    }

    /// The statement found the order there. If this very call wrote it in a try whose answer was lost, the saga is ours:
    /// its times tell. (Should two calls share them, two sagas run, and every step of a saga is safe to run twice.)
    async fn look_again(
        self: &Arc<Self>,
        order: OrderRecord,
        permit: OwnedSemaphorePermit,
        request: &CheckoutRequest,
        held: Option<Held>,
    ) -> Placement {
        match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &order.order_id).await {
            Ok(Some(found)) if found == order => {
                self.count_placed(&order);
                Placement::Placed(Placed { order, permit })
            }
            Ok(Some(found)) => Placement::Ended(self.answer_found(request, &found, held).await),
            Ok(None) if held.is_none() => Placement::Ended(CheckoutAnswer::SoldOut),
            // It was there a moment ago, and orders are never deleted: only an error of Postgres can hide it.
            Ok(None) | Err(_) => Placement::Ended(CheckoutAnswer::Pending { order_id: request.order_id.clone() }),
        }
    }

    /// Postgres did not take the order. If it may have after all, the shopper is told to ask; the compensation worker ends
    /// what nobody carries on.
    async fn give_up(
        self: &Arc<Self>,
        request: &CheckoutRequest,
        listing: &Listing,
        held: Option<Held>,
        error: &SqlError,
        may_be_placed: bool,
    ) -> Placement {
        if may_be_placed {
            return Placement::Ended(CheckoutAnswer::Pending { order_id: request.order_id.clone() });
        }
        if held.is_some_and(|held| held.fresh) {
            self.gate.release(claim_of(request, listing), Counter::HoldsReleased).await;
        }
        Placement::Ended(match error {
            SqlError::PoolExhausted { .. } => limited(),
            SqlError::Refused { .. } | SqlError::Unreachable | SqlError::ConnectionLost | SqlError::TimedOut { .. } => {
                unavailable()
            }
        })
    }
}

fn written(rows: &Rows) -> Written {
    match rows.first() {
        None => Written::Fenced,
        Some(row) if row.optional_text("order_id").is_some() => Written::Placed,
        Some(_) => Written::NotPlaced,
    }
}
