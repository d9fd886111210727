//! What compensation does with an order's money once the order can no longer be committed: make sure that nothing more
//! can be captured, and give back what was.

use std::sync::PoisonError;

use super::client::{Done, Payments};
use super::intent::{Money, Reply};
use crate::transaction::order_record::OrderRecord;

/// Looks and steps one try takes before it is left for later. Each pass ends the matter unless the gateway moved in
/// between.
const PASSES: u32 = 4;
/// Keys of one step that may be spent on stored errors before it is left to people.
const GENERATIONS: u32 = 8;

/// How the money of an order ended. Each is final: nothing on its way can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing was taken, and nothing can be any more.
    Untaken,
    /// The issuer said no.
    Declined { code: String },
    /// It was taken, and given back.
    Refunded { intent_id: String },
}

impl Payments {
    /// Ends the payment of an order that has left `placed`; `None` when the gateway left something unknown.
    ///
    /// When the gateway knows of no payment, a slow saga's request may still be on its way to make one. Its key is
    /// therefore used up first: the same request under the same key, whose result is then cancelled. Whatever comes later
    /// under that key is a replay.
    pub(crate) async fn give_back(&self, order: &OrderRecord) -> Option<Ended> {
        let mut key_is_spent = false;
        for _ in 0..PASSES {
            match self.read_back(&order.order_id).await? {
                Money::Captured { intent_id } => return self.refund(&order.order_id, intent_id).await,
                Money::Canceled => return Some(Ended::Untaken),
                Money::Declined { code } => return Some(Ended::Declined { code }),
                Money::Authorized { intent_id } => self.let_go(&order.order_id, &intent_id).await,
                Money::Nowhere if key_is_spent && self.search_has_caught_up(order) => return Some(Ended::Untaken),
                // The key's only request is over, but a search that trails behind may not have found its effect yet.
                Money::Nowhere if key_is_spent => return None,
                Money::Nowhere => match self.authorize(order, 1).await {
                    Done::Intent(_) => {}
                    Done::Declined { code } => return Some(Ended::Declined { code }),
                    // Invalid for the gateway: whoever sends it is refused alike.
                    Done::Refused { .. } => return Some(Ended::Untaken),
                    Done::Unknown { spent } => key_is_spent = spent,
                },
            }
        }
        None
    }

    /// Whether the search has had the time to find what a key that is known to be spent has done. Counted from when this
    /// process first knew, so a restart only makes it later.
    fn search_has_caught_up(&self, order: &OrderRecord) -> bool {
        let lag_us = i64::try_from(self.ctx.config.payment.search_lag.as_micros()).unwrap_or(i64::MAX);
        let now_us = self.ctx.clock.now_us();
        let mut known_spent = self.known_spent_us.lock().unwrap_or_else(PoisonError::into_inner);
        let since_us = *known_spent.entry(order.order_id.clone()).or_insert(now_us);
        let caught_up = now_us.saturating_sub(since_us) >= lag_us;
        if caught_up {
            known_spent.remove(&order.order_id);
        }
        caught_up
    }

    /// Cancels an authorization. What came of it is read back by the caller: a capture may have been faster.
    async fn let_go(&self, order_id: &str, intent_id: &str) {
        for generation in 1..=GENERATIONS {
            match self.cancel(order_id, intent_id, generation).await {
                Done::Unknown { spent: true } => {}
                Done::Intent(_) | Done::Declined { .. } | Done::Refused { .. } | Done::Unknown { spent: false } => {
                    return;
                }
            }
        }
    }

    /// Refunds a capture in full; `None` when nobody knows whether it was done. The gateway gives back no more than it
    /// took, so a key that is spent on an error may be followed by a fresh one.
    pub(crate) async fn refund(&self, order_id: &str, intent_id: String) -> Option<Ended> {
        for generation in 1..=GENERATIONS {
            match self.request_refund(order_id, &intent_id, generation).await {
                Reply::Done(_) => return Some(Ended::Refunded { intent_id }),
                Reply::Refused { code } if code == "charge_already_refunded" => {
                    return Some(Ended::Refunded { intent_id });
                }
                Reply::Unknown { spent: true } => {}
                Reply::Unknown { spent: false } | Reply::Refused { .. } | Reply::Declined { .. } => return None,
            }
        }
        None
    }
}
