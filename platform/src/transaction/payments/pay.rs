//! Paying, as the saga does it: authorize, then capture, with the same two keys however often it is tried.

use tokio::time::sleep;

use super::client::{Done, Payments, RESET};
use super::intent::Money;
use crate::bugs::KnownBug;
use crate::metrics::Counter;
use crate::transaction::backoff::pause;
use crate::transaction::order_record::OrderRecord;

/// What paying came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Payment {
    /// The money was taken.
    Captured { intent_id: String },
    /// The issuer said no; nothing was taken, and under this order's keys nothing ever will be.
    Declined { code: String },
    /// The payment was given up: compensation has been here.
    GivenUp,
    /// Nobody knows. Compensation will read back.
    Unknown,
}

impl Payments {
    /// Pays for an order.
    pub(crate) async fn pay(&self, order: &OrderRecord) -> Payment {
        let payment = self.ctx.config.payment.clone();
        let mut intent_id = None;
        // KNOWN BUG, capture-retried-under-new-key: a try whose answer was lost is taken for one that did nothing, and
        // made again as a new payment.
        let mut fresh_key = self.ctx.bugs.has(KnownBug::CaptureRetriedUnderNewKey);
        for attempt in 1..=payment.attempts.max(1) {
            let generation = if fresh_key { attempt } else { 1 };
            if attempt > 1 {
                sleep(pause(payment.backoff, attempt - 1, &self.ctx.entropy)).await;
                if fresh_key {
                    intent_id = None;
                } else {
                    match self.read_back(&order.order_id).await {
                        Some(Money::Captured { intent_id }) => return self.captured(intent_id),
                        Some(Money::Declined { code }) => return self.declined(code),
                        Some(Money::Canceled) => return Payment::GivenUp,
                        Some(Money::Authorized { intent_id: held }) => intent_id = Some(held),
                        Some(Money::Nowhere) | None => {}
                    }
                }
            }
            if intent_id.is_none() {
                match self.authorize(order, generation).await {
                    Done::Intent(intent) => intent_id = Some(intent.id),
                    Done::Declined { code } => return self.declined(code),
                    Done::Refused { .. } | Done::Unknown { .. } => continue,
                }
            }
            let Some(held) = &intent_id else { continue };
            match self.capture(&order.order_id, held, generation).await {
                Done::Intent(intent) => match Money::of_one(&intent) {
                    Money::Captured { intent_id } => return self.captured(intent_id),
                    Money::Canceled => return Payment::GivenUp,
                    Money::Nowhere | Money::Declined { .. } | Money::Authorized { .. } => {}
                },
                // KNOWN BUG, payment-made-anew-after-reset.
                Done::Refused { code } if self.ctx.bugs.has(KnownBug::PaymentMadeAnewAfterReset) && code == RESET => {
                    fresh_key = true;
                }
                // Refused because it was cancelled, or because it was captured before: reading back tells which.
                Done::Declined { .. } | Done::Refused { .. } | Done::Unknown { .. } => {}
            }
        }
        self.last_look(order).await
    }

    /// One more look at the gateway's record before the order is left to compensation.
    async fn last_look(&self, order: &OrderRecord) -> Payment {
        match self.read_back(&order.order_id).await {
            Some(Money::Captured { intent_id }) => self.captured(intent_id),
            Some(Money::Declined { code }) => self.declined(code),
            Some(Money::Canceled) => Payment::GivenUp,
            Some(Money::Authorized { .. } | Money::Nowhere) | None => Payment::Unknown,
        }
    }

    fn captured(&self, intent_id: String) -> Payment {
        self.ctx.metrics.count(Counter::PaymentsCaptured);
        Payment::Captured { intent_id }
    }

    fn declined(&self, code: String) -> Payment {
        self.ctx.metrics.count(Counter::PaymentsDeclined);
        Payment::Declined { code }
    }
}
