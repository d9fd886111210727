//! Checkout: the lane that takes a wish to buy to its answer.
//!
//! | module | what it does |
//! |---|---|
//! | `admission` | what is in flight in this process, and the limits |
//! | `wanted` | the lines, with the products they name |
//! | `reserve` | the gate: a hold on every line, or a truthful "sold out" |
//! | `price` | nothing is bought at a price the shopper was not shown |
//! | `place` | the order and its intent, written down before any money moves |
//! | `saga` | pay, commit, tell the gate; from the placed order to its end or to compensation |
//! | `replay` | the answer an earlier attempt with the same key has earned |
//!
//! Two lanes run this code, for flash products and for all others, each in processes with a pool and limits of its own:
//! when the flash sale drowns, ordinary checkout does not notice.
//!
//! The caller's request may be dropped at any await. Until the order is placed, that leaves at most a hold, which expires.
//! From then on a task of its own carries the saga, and the caller merely waits for it.

mod admission;
mod place;
mod price;
mod replay;
mod reserve;
mod saga;
mod wanted;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use tokio::sync::Semaphore;

use self::admission::{Admission, Admitted, DegradedRate};
use self::place::{Placed, Placement};
use self::reserve::Step;
use self::wanted::Wanted;
use crate::config::LaneConfig;
use crate::context::Context;
use crate::messages::{self, CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::transaction::commit::Committer;
use crate::transaction::inventory::gate::Gate;
use crate::transaction::payments::Payments;
use crate::transaction::products::Catalog;

/// When a shopper who was refused for lack of room may come again.
const RETRY_LIMITED_MS: u64 = 1_000;
/// When a shopper may come again who met an outage.
const RETRY_UNAVAILABLE_MS: u64 = 2_000;
/// How often a checkout reserves anew because the epoch moved on under it.
const EPOCH_TRIES: u32 = 4;

/// One lane of one process.
pub struct Lane {
    ctx: Context,
    config: LaneConfig,
    catalog: Arc<Catalog>,
    gate: Arc<Gate>,
    payments: Payments,
    committer: Committer,
    admission: Arc<Admission>,
    sagas: Arc<Semaphore>,
    degraded: DegradedRate,
}

impl Lane {
    /// A lane with limits of its own; it connects when it is first used.
    #[must_use]
    pub fn new(ctx: Context, config: &LaneConfig) -> Arc<Self> {
        Arc::new(Self {
            catalog: Catalog::new(ctx.clone(), config.products_refresh),
            gate: Gate::new(ctx.clone()),
            payments: Payments::new(ctx.clone()),
            committer: Committer::new(ctx.clone()),
            admission: Admission::new(config.max_in_flight),
            sagas: Arc::new(Semaphore::new(config.max_sagas.max(1))),
            degraded: DegradedRate::new(config.degraded_rate_per_s),
            config: config.clone(),
            ctx,
        })
    }

    /// Takes a checkout to its answer. It must be well formed: the edge has seen to it.
    pub async fn checkout(self: &Arc<Self>, request: CheckoutRequest) -> CheckoutAnswer {
        let entry = match self.admission.enter(&request) {
            Admitted::Entered(entry) => entry,
            Admitted::InFlight => {
                self.ctx.metrics.count(Counter::IdempotencyConflicts);
                return CheckoutAnswer::InFlight;
            }
            Admitted::KeyReused => {
                self.ctx.metrics.count(Counter::IdempotencyConflicts);
                return CheckoutAnswer::KeyReused;
            }
            Admitted::Full => {
                self.ctx.metrics.count(Counter::LaneLimited);
                return limited();
            }
        };
        let lines = match self.wanted(&request).await {
            Ok(lines) => lines,
            Err(answer) => return answer,
        };
        if let Some(answer) = self.at_another_price(&request, &lines).await {
            return answer;
        }
        let placed = match self.place(&request, &lines).await {
            Ok(placed) => placed,
            Err(answer) => return answer,
        };
        let order_id = request.order_id;
        let answer = self.begin_saga(placed, entry);
        if request.respond_async {
            return CheckoutAnswer::Pending { order_id };
        }
        // The saga's task dies only with the process.
        answer.await.unwrap_or(CheckoutAnswer::Pending { order_id })
    }

    /// Reserves and places the order, again under the new epoch when the old one ends in between. The error is the answer
    /// of a checkout that ends here.
    async fn place(self: &Arc<Self>, request: &CheckoutRequest, lines: &[Wanted]) -> Result<Placed, CheckoutAnswer> {
        for _ in 0..EPOCH_TRIES {
            let held = match self.reserve(request, lines).await {
                Step::Held(held) => Some(held),
                Step::WithoutGate => {
                    if !self.admits_degraded() {
                        return Err(limited());
                    }
                    None
                }
                Step::Existing(held) => return Err(self.answer_existing(request, lines, held).await),
                Step::Ended(answer) => return Err(answer),
            };
            match self.place_order(request, lines, held).await {
                Placement::Placed(placed) => return Ok(placed),
                Placement::EpochMoved => {}
                Placement::Ended(answer) => return Err(answer),
            }
        }
        for line in lines {
            self.gate.release(line.claim(request), Counter::HoldsReleased).await;
        }
        Err(limited())
    }

    /// The strict limit under which Postgres works alone.
    fn admits_degraded(&self) -> bool {
        let admits = self.degraded.admit();
        if !admits {
            self.ctx.metrics.count(Counter::DegradedLimited);
        }
        admits
    }
}

fn limited() -> CheckoutAnswer {
    CheckoutAnswer::Limited { retry_after_ms: RETRY_LIMITED_MS }
}

fn unavailable() -> CheckoutAnswer {
    CheckoutAnswer::Unavailable { retry_after_ms: RETRY_UNAVAILABLE_MS }
}

/// `POST /internal/checkouts`: a [`CheckoutRequest`] in, a [`CheckoutAnswer`] out; 422 for a request that is none.
pub fn lane_router(ctx: Context, config: &LaneConfig) -> Router {
    Router::new().route("/internal/checkouts", post(take)).with_state(Lane::new(ctx, config))
}

async fn take(State(lane): State<Arc<Lane>>, body: Bytes) -> Response {
    match messages::read::<CheckoutRequest>(&body) {
        Ok(request) if request.is_well_formed() => answer(lane.checkout(request).await),
        Ok(_) | Err(_) => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

/// Most answers of a sale are "sold out": that one is not put together each time.
fn answer(answer: CheckoutAnswer) -> Response {
    if answer == CheckoutAnswer::SoldOut {
        let document = Bytes::from_static(CheckoutAnswer::SOLD_OUT);
        return ([(header::CONTENT_TYPE, "application/json")], document).into_response();
    }
    Json(answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_prepared_answer_reads_as_sold_out() {
        let body = http_body_util::BodyExt::collect(answer(CheckoutAnswer::SoldOut).into_body()).await.unwrap();
        let read: CheckoutAnswer = serde_json::from_slice(&body.to_bytes()).unwrap();
        assert_eq!(read, CheckoutAnswer::SoldOut);
    }
}
