//! The gate step: a hold on every line, or a truthful "sold out".
//!
//! "Sold out" means that nothing was done under this key, ever. Redis can vouch for that while the session's lease holds:
//! then every order was placed on holds, and a hold leaves its key or a tombstone. Where Redis has seen the key, the
//! order's row is asked.
//!
//! A cart's lines are reserved one after the other in SKU order, each by the script that a single product uses: the keys of
//! a SKU may lie on a server of their own. All or nothing: the first line that cannot be had gives back what this very
//! request took before it. Nobody waits for a hold, so carts that overlap cannot block each other.

use std::sync::Arc;

use super::wanted::Wanted;
use super::{Lane, limited};
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::transaction::inventory::Reservation;
use crate::transaction::inventory::gate::{Session, Shut};

/// The holds that back this checkout.
pub(super) struct Held {
    pub(super) session: Arc<Session>,
    /// The lines, by their places, whose holds this very request took.
    pub(super) fresh: Vec<usize>,
}

/// Where the gate leaves a checkout.
pub(super) enum Step {
    /// Place the order on these holds.
    Held(Held),
    /// Redis is away: Postgres may work alone.
    WithoutGate,
    /// The key has a past: its order answers. Of what this request took on its way there, these holds are left.
    Existing(Option<Held>),
    /// The answer.
    Ended(CheckoutAnswer),
}

/// What the gate says to one line.
enum LineStep {
    Held {
        fresh: bool,
    },
    SoldOut,
    Existing,
    KeyReused,
    /// The session is outdated or its connection lost.
    Again,
}

impl Lane {
    /// Asks the gate for a hold on every line.
    pub(super) async fn reserve(&self, request: &CheckoutRequest, lines: &[Wanted]) -> Step {
        let mut fresh = Vec::new();
        // Twice: a session that turns out to be outdated is verified anew.
        'sessions: for _ in 0..2 {
            let session = match self.gate.session().await {
                Ok(session) => session,
                Err(Shut::Away) => return Step::WithoutGate,
                Err(Shut::Busy) => {
                    self.release_lines(request, lines, &fresh).await;
                    return Step::Ended(limited());
                }
            };
            for (place, line) in lines.iter().enumerate() {
                match self.reserve_line(&session, request, line).await {
                    LineStep::Held { fresh: true } if !fresh.contains(&place) => fresh.push(place),
                    LineStep::Held { .. } => {}
                    LineStep::Again => continue 'sessions,
                    LineStep::Existing => {
                        let held = (!fresh.is_empty()).then_some(Held { session, fresh });
                        return Step::Existing(held);
                    }
                    LineStep::SoldOut => {
                        self.release_lines(request, lines, &fresh).await;
                        self.ctx.metrics.count(Counter::SoldOutAtGate);
                        return Step::Ended(sold_out(request, line));
                    }
                    LineStep::KeyReused => {
                        self.release_lines(request, lines, &fresh).await;
                        self.ctx.metrics.count(Counter::IdempotencyConflicts);
                        return Step::Ended(CheckoutAnswer::KeyReused);
                    }
                }
            }
            return Step::Held(Held { session, fresh });
        }
        Step::WithoutGate
    }

    async fn reserve_line(&self, session: &Arc<Session>, request: &CheckoutRequest, line: &Wanted) -> LineStep {
        let claim = line.claim(request);
        if line.listing.is_sold_out() {
            match self.gate.has_seen(session, claim).await {
                Ok(false) if self.gate.is_valid(session) => return LineStep::SoldOut,
                Ok(_) => {}
                Err(_) => return LineStep::Again,
            }
        }
        let Ok(reservation) = self.gate.reserve(session, claim).await else {
            // The answer was lost: the hold, if there is one, is found by the next try or by the reaper.
            return LineStep::Again;
        };
        match reservation {
            Reservation::Taken => {
                self.ctx.metrics.count(Counter::HoldsTaken);
                LineStep::Held { fresh: true }
            }
            Reservation::Repeated => {
                self.ctx.metrics.count(Counter::HoldsRepeated);
                LineStep::Held { fresh: false }
            }
            Reservation::Settled => LineStep::Existing,
            Reservation::SoldOutSeen => {
                line.listing.set_sold_out(self.config.sold_out_cache);
                LineStep::Existing
            }
            Reservation::SoldOut => {
                line.listing.set_sold_out(self.config.sold_out_cache);
                if self.gate.is_valid(session) { LineStep::SoldOut } else { LineStep::Again }
            }
            Reservation::KeyReused => LineStep::KeyReused,
            Reservation::Stale => LineStep::Again,
        }
    }

    /// Gives back the holds of some lines.
    pub(super) async fn release_lines(&self, request: &CheckoutRequest, lines: &[Wanted], places: &[usize]) {
        for place in places {
            self.gate.release(lines[*place].claim(request), Counter::HoldsReleased).await;
        }
    }
}

/// "Sold out", of one product or of one among several.
pub(super) fn sold_out(request: &CheckoutRequest, line: &Wanted) -> CheckoutAnswer {
    if request.further.is_empty() {
        CheckoutAnswer::SoldOut
    } else {
        CheckoutAnswer::LineSoldOut { sku: line.sku().to_owned() }
    }
}
