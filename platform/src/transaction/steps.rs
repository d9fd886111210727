//! The two steps that carry a sale, each by itself, for whoever measures them on real servers.
//!
//! Neither is another way to sell: both call what the lane calls, without the lane around it.

use std::sync::Arc;

use super::commit::{Committed, Committer, Sale};
use super::inventory::gate::Gate;
use super::inventory::keys::SkuKeys;
use super::inventory::{Claim, Reservation};
use super::order_record::OrderRecord;
use crate::context::Context;
use crate::order_status::OrderStatus;

/// Soft reservations of one product, one unit each.
pub struct Reserving {
    gate: Arc<Gate>,
    keys: SkuKeys,
}

impl Reserving {
    /// Connects when it is first used; the inventory role must have opened the gate.
    #[must_use]
    pub fn new(ctx: Context, sku: &str) -> Self {
        Self { gate: Gate::new(ctx), keys: SkuKeys::of(sku) }
    }

    /// Takes a new hold; `false` when none came of it, for whatever reason.
    pub async fn reserve(&self, order_id: &str) -> bool {
        let Ok(session) = self.gate.session().await else { return false };
        let claim = Claim { keys: &self.keys, order_id, quantity: 1, fingerprint: "0123456789abcdef0123456789abcdef" };
        matches!(self.gate.reserve(&session, claim).await, Ok(Reservation::Taken))
    }
}

/// An order that was placed and paid, as far as the hard commit can see.
#[derive(Clone)]
pub struct PaidOrder(Sale);

impl PaidOrder {
    /// An order of one unit, whose rows stand in Postgres as `placed`.
    #[must_use]
    pub fn of_one_unit(order_id: &str, shopper_id: &str, sku: &str, amount_cents: i64) -> Self {
        let order = OrderRecord {
            order_id: order_id.into(),
            shopper_id: shopper_id.into(),
            sku: sku.into(),
            quantity: 1,
            amount_cents,
            currency: "usd".into(),
            status: OrderStatus::Placed,
            reason: None,
            fingerprint: String::new(),
            payment_method: String::new(),
            epoch: 0,
            next_attempt_at_us: 0,
            attempts: 0,
            placed_at_us: 0,
            decline_code: None,
            further: Arc::default(),
        };
        Self(Sale { order: Arc::new(order), intent_id: format!("pi_{order_id}").into() })
    }

    /// What its commit writes into the outbox.
    #[must_use]
    pub fn event(&self) -> Arc<str> {
        self.0.event()
    }
}

/// Hard commits by the configured strategy.
pub struct Committing(Committer);

impl Committing {
    /// A committer of its own.
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        Self(Committer::new(ctx))
    }

    /// Commits an order, in as many tries as the settings allow; whether it is sold now.
    pub async fn commit(&self, order: &PaidOrder) -> bool {
        matches!(self.0.commit(&order.0).await, Committed::Sold { .. })
    }
}
