//! Placing: the order and its payment intent are written down before any money moves.

use std::sync::Arc;

use ports::Outcome;
use ports::sql::{Rows, SqlError, SqlValue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

use super::reserve::{Held, sold_out};
use super::wanted::{Wanted, amount_of};
use super::{Lane, limited, unavailable};
use crate::bugs::KnownBug;
use crate::messages::{CheckoutAnswer, CheckoutRequest, OrderLine};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::backoff::pause;
use crate::transaction::order_record::OrderRecord;

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
    /// The order was there before, or (without a gate) there is not enough; of which of several products, if that is said.
    NotPlaced {
        short: Option<String>,
    },
}

impl Lane {
    /// Writes the order down, on this hold or without one.
    pub(super) async fn place_order(
        self: &Arc<Self>,
        request: &CheckoutRequest,
        lines: &[Wanted],
        held: Option<Held>,
    ) -> Placement {
        let held_at = Instant::now();
        let permit = Arc::clone(&self.sagas).acquire_owned().await.expect("the semaphore is never closed");
        if held.is_some() && held_at.elapsed() >= self.ctx.config.gate.hold_ttl / 2 {
            // It waited so long for its place that the hold may expire under it: reserve again.
            return Placement::EpochMoved;
        }
        let order = self.order_of(request, lines, held.as_ref());
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
                Ok(Written::Fenced) if may_be_placed => {
                    return self.look_again(order, permit, request, lines, held, None).await;
                }
                Ok(Written::Fenced) => return self.fenced(held),
                Ok(Written::NotPlaced { short }) => {
                    return self.look_again(order, permit, request, lines, held, short).await;
                }
                Err(error) => {
                    may_be_placed |= error.outcome() == Outcome::Unknown;
                    if !error.is_transient() || attempt == attempts {
                        return self.give_up(request, lines, held, &error, may_be_placed).await;
                    }
                }
            }
        }
        Placement::Ended(limited())
    }

    fn order_of(&self, request: &CheckoutRequest, lines: &[Wanted], held: Option<&Held>) -> OrderRecord {
        let further = lines[1..].iter().map(|line| OrderLine {
            sku: line.sku().to_owned(),
            quantity: line.quantity,
            amount_cents: line.amount_cents,
        });
        let now_us = self.ctx.clock.now_us();
        let lease_us = i64::try_from(self.config.saga_lease.as_micros()).unwrap_or(i64::MAX);
        OrderRecord {
            order_id: request.order_id.as_str().into(),
            shopper_id: request.shopper_id.clone(),
            sku: request.sku.clone(),
            quantity: request.quantity,
            amount_cents: amount_of(lines),
            currency: lines[0].listing.product.currency.clone(),
            status: OrderStatus::Placed,
            reason: None,
            fingerprint: request.fingerprint.clone(),
            payment_method: request.payment_method.clone(),
            epoch: held.map_or(0, |held| held.session.epoch()),
            next_attempt_at_us: now_us.saturating_add(lease_us),
            attempts: 0,
            placed_at_us: now_us,
            decline_code: None,
            further: further.collect(),
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
        if !order.further.is_empty() {
            params.push(SqlValue::TextArray(order.further.iter().map(|line| Arc::from(&*line.sku)).collect()));
            params.push(SqlValue::IntArray(order.further.iter().map(|line| line.quantity).collect()));
            params.push(SqlValue::IntArray(order.further.iter().map(|line| line.amount_cents).collect()));
        }
        if order.epoch > 0 {
            params.push(order.epoch.into());
        }
        params.push(SqlValue::Timestamp(order.next_attempt_at_us));
        params.push(SqlValue::Timestamp(order.placed_at_us));
        if !order.further.is_empty() {
            params.push(i64::try_from(1 + order.further.len()).expect("a cart has few lines").into());
            if order.epoch == 0 {
                params.push(SqlValue::TextArray(order.units().map(|(sku, _)| Arc::from(sku)).collect()));
                params.push(SqlValue::IntArray(order.units().map(|(_, quantity)| quantity).collect()));
            }
        }
        self.ctx.sql.query(self.ctx.texts.get(self.text_for(order)), &params).await.map(|rows| written(&rows, order))
    }

    /// The statement that writes an order: on holds or without, of one product or of several.
    fn text_for(&self, order: &OrderRecord) -> TextId {
        match (order.epoch > 0, order.further.is_empty()) {
            (true, true) => TextId::CHECKOUT_PLACE,
            (true, false) => TextId::CHECKOUT_PLACE_LINES,
            (false, true) if self.ctx.bugs.has(KnownBug::ConditionalWithoutCondition) => {
                TextId::CHECKOUT_BUG_PLACE_DEGRADED
            }
            (false, true) => TextId::CHECKOUT_PLACE_DEGRADED,
            (false, false) => TextId::CHECKOUT_PLACE_LINES_DEGRADED,
        }
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
        lines: &[Wanted],
        held: Option<Held>,
        short: Option<String>,
    ) -> Placement {
        match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &order.order_id).await {
            Ok(Some(found)) if found == order => {
                self.count_placed(&order);
                Placement::Placed(Placed { order, permit })
            }
            Ok(Some(found)) => Placement::Ended(self.answer_found(request, lines, &found, held).await),
            Ok(None) if held.is_none() => {
                let short = short.and_then(|sku| lines.iter().find(|line| line.sku() == sku));
                Placement::Ended(sold_out(request, short.unwrap_or(&lines[0])))
            }
            // It was there a moment ago, and orders are never deleted: only an error of Postgres can hide it.
            Ok(None) | Err(_) => Placement::Ended(CheckoutAnswer::Pending { order_id: request.order_id.clone() }),
        }
    }

    /// Postgres did not take the order. If it may have after all, the shopper is told to ask; the compensation worker ends
    /// what nobody carries on.
    async fn give_up(
        self: &Arc<Self>,
        request: &CheckoutRequest,
        lines: &[Wanted],
        held: Option<Held>,
        error: &SqlError,
        may_be_placed: bool,
    ) -> Placement {
        if may_be_placed {
            return Placement::Ended(CheckoutAnswer::Pending { order_id: request.order_id.clone() });
        }
        if let Some(held) = held {
            self.release_lines(request, lines, &held.fresh).await;
        }
        Placement::Ended(match error {
            SqlError::PoolExhausted { .. } => limited(),
            SqlError::Refused { .. } | SqlError::Unreachable | SqlError::ConnectionLost | SqlError::TimedOut { .. } => {
                unavailable()
            }
        })
    }
}

fn written(rows: &Rows, order: &OrderRecord) -> Written {
    match rows.first() {
        None => Written::Fenced,
        Some(row) if row.optional_text("order_id").is_some() => Written::Placed,
        Some(row) => {
            let tells = order.epoch == 0 && !order.further.is_empty();
            let short = if tells { row.optional_text("short_sku").map(Into::into) } else { None };
            Written::NotPlaced { short }
        }
    }
}
