//! Answers from an order that is there already: one key, one effect, one answer.

use super::reserve::Held;
use super::wanted::Wanted;
use super::{Lane, unavailable};
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::transaction::inventory::Claim;
use crate::transaction::order_record::OrderRecord;

/// What an order says to a repeat of the request that placed it. `now_us` decides whether its saga is still at work.
pub(super) fn answer_of(order: &OrderRecord, now_us: i64) -> CheckoutAnswer {
    match order.status {
        OrderStatus::Placed if now_us < order.next_attempt_at_us => CheckoutAnswer::InFlight,
        OrderStatus::Placed => CheckoutAnswer::Pending { order_id: (*order.order_id).into() },
        // Cancelled since, perhaps: the checkout's own answer was, and stays, that it went through.
        OrderStatus::Confirmed
        | OrderStatus::Picking
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => CheckoutAnswer::Confirmed { order: order.view() },
        OrderStatus::Failed if order.reason.as_deref() == Some("declined") => CheckoutAnswer::Declined {
            order: order.view(),
            decline_code: order.decline_code.clone().unwrap_or_else(|| "card_declined".into()),
        },
        OrderStatus::Compensating | OrderStatus::Failed | OrderStatus::Refunded => {
            CheckoutAnswer::Ended { order: order.view() }
        }
    }
}

impl Lane {
    /// The answer for a key that Redis has seen before. Without an order it was a hold that came to nothing: the product
    /// is sold out for this key as for any other.
    pub(super) async fn answer_existing(
        &self,
        request: &CheckoutRequest,
        lines: &[Wanted],
        held: Option<Held>,
    ) -> CheckoutAnswer {
        match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &request.order_id).await {
            Ok(Some(found)) => self.answer_found(request, lines, &found, held).await,
            Ok(None) => {
                if let Some(held) = held {
                    self.release_lines(request, lines, &held.fresh).await;
                }
                CheckoutAnswer::SoldOut
            }
            Err(_) => unavailable(),
        }
    }

    /// The answer an order's row gives, and the end of a hold that this repeat took in vain.
    pub(super) async fn answer_found(
        &self,
        request: &CheckoutRequest,
        lines: &[Wanted],
        found: &OrderRecord,
        held: Option<Held>,
    ) -> CheckoutAnswer {
        for place in held.map(|held| held.fresh).unwrap_or_default() {
            self.settle_vain_hold(request, &lines[place], found).await;
        }
        if found.fingerprint != request.fingerprint || found.shopper_id != request.shopper_id {
            self.ctx.metrics.count(Counter::IdempotencyConflicts);
            return CheckoutAnswer::KeyReused;
        }
        let answer = answer_of(found, self.ctx.clock.now_us());
        let replays = answer != CheckoutAnswer::InFlight;
        self.ctx.metrics.count(if replays { Counter::IdempotentReplays } else { Counter::IdempotencyConflicts });
        answer
    }

    /// A hold taken for an order that was there before. While the order is placed the hold is its own from now on, and
    /// ends as it does. Under a SKU that the order does not have (the key came with another payload) it never backs anything.
    async fn settle_vain_hold(&self, request: &CheckoutRequest, line: &Wanted, found: &OrderRecord) {
        let claim = line.claim(request);
        match found.quantity_of(line.sku()) {
            Some(quantity) if found.status.holds_stock() => {
                let claim = Claim { quantity, fingerprint: &found.fingerprint, ..claim };
                self.gate.settle_sale(claim, found.epoch).await;
            }
            Some(_) if found.status == OrderStatus::Placed => {}
            Some(_) | None => self.gate.release(claim, Counter::HoldsReleased).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::order_record::tests::placed;

    #[test]
    fn an_order_within_its_lease_is_in_flight_and_pending_after_it() {
        let order = placed();
        assert_eq!(answer_of(&order, order.next_attempt_at_us - 1), CheckoutAnswer::InFlight);
        let pending = CheckoutAnswer::Pending { order_id: "ord_1".into() };
        assert_eq!(answer_of(&order, order.next_attempt_at_us), pending);
    }

    #[test]
    fn a_decline_is_told_again_with_its_code() {
        let mut order = placed().moved_to(OrderStatus::Failed, Some("declined"));
        order.decline_code = Some("insufficient_funds".into());
        let CheckoutAnswer::Declined { decline_code, .. } = answer_of(&order, 0) else { panic!("declined expected") };
        assert_eq!(decline_code, "insufficient_funds");
    }

    #[test]
    fn a_sale_stays_confirmed_to_its_checkout_wherever_the_order_went_since() {
        for status in OrderStatus::ALL.into_iter().filter(|status| status.holds_stock()) {
            let order = placed().moved_to(status, None);
            assert_eq!(answer_of(&order, 0), CheckoutAnswer::Confirmed { order: order.view() });
        }
    }
}
