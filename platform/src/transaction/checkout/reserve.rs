//! The gate step: a hold, or a truthful "sold out".
//!
//! "Sold out" means that nothing was done under this key, ever. Redis can vouch for that while the session's lease holds:
//! then every order was placed on a hold, and a hold leaves its key or a tombstone. Where Redis has seen the key, the
//! order's row is asked.

use std::sync::Arc;

use super::{Lane, limited};
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::transaction::inventory::gate::{Session, Shut};
use crate::transaction::inventory::{Claim, Reservation};
use crate::transaction::products::Listing;

/// A hold that backs this checkout.
pub(super) struct Held {
    pub(super) session: Arc<Session>,
    /// Whether this very request took it.
    pub(super) fresh: bool,
}

/// Where the gate leaves a checkout.
pub(super) enum Step {
    /// Place the order on this hold.
    Held(Held),
    /// Redis is away: Postgres may work alone.
    WithoutGate,
    /// The key has a past: its order answers.
    Existing,
    /// The answer.
    Ended(CheckoutAnswer),
}

pub(super) fn claim_of<'a>(request: &'a CheckoutRequest, listing: &'a Listing) -> Claim<'a> {
    Claim {
        keys: &listing.keys,
        order_id: &request.order_id,
        quantity: request.quantity,
        fingerprint: &request.fingerprint,
    }
}

impl Lane {
    /// Asks the gate for a hold.
    pub(super) async fn reserve(&self, request: &CheckoutRequest, listing: &Listing) -> Step {
        // Twice: a session that turns out to be outdated is verified anew.
        for _ in 0..2 {
            let session = match self.gate.session().await {
                Ok(session) => session,
                Err(Shut::Away) => return Step::WithoutGate,
                Err(Shut::Busy) => return Step::Ended(limited()),
            };
            let claim = claim_of(request, listing);
            if listing.is_sold_out() {
                match self.gate.has_seen(&session, claim).await {
                    Ok(false) if self.gate.is_valid(&session) => return self.sold_out(),
                    Ok(_) => {}
                    Err(_) => continue,
                }
            }
            let Ok(reservation) = self.gate.reserve(&session, claim).await else {
                // The answer was lost: the hold, if there is one, is found by the next try or by the reaper.
                continue;
            };
            match reservation {
                Reservation::Taken => {
                    self.ctx.metrics.count(Counter::HoldsTaken);
                    return Step::Held(Held { session, fresh: true });
                }
                Reservation::Repeated => {
                    self.ctx.metrics.count(Counter::HoldsRepeated);
                    return Step::Held(Held { session, fresh: false });
                }
                Reservation::Settled => return Step::Existing,
                Reservation::SoldOutSeen => {
                    listing.set_sold_out(self.config.sold_out_cache);
                    return Step::Existing;
                }
                Reservation::SoldOut => {
                    listing.set_sold_out(self.config.sold_out_cache);
                    if self.gate.is_valid(&session) {
                        return self.sold_out();
                    }
                }
                Reservation::KeyReused => {
                    self.ctx.metrics.count(Counter::IdempotencyConflicts);
                    return Step::Ended(CheckoutAnswer::KeyReused);
                }
                Reservation::Stale => {}
            }
        }
        Step::WithoutGate
    }

    fn sold_out(&self) -> Step {
        self.ctx.metrics.count(Counter::SoldOutAtGate);
        Step::Ended(CheckoutAnswer::SoldOut)
    }
}
