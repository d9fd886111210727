//! The card gateway as a machine on the network: its service times, its faults on the wire, and its webhooks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use payments_engine::{Config, Decline, Fault, Payments};
use platform::messages::PAYMENTS;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio::sync::oneshot;

use crate::world::network::NodeIndex;
use crate::world::observer::Observer;
use crate::world::stage::{Dispatched, Stage};
use crate::world::time::{EPOCH_US, Timeline};

/// Service times, from the calibration file, in microseconds. The gateway serves any number at once.
#[derive(Debug, Clone, Copy)]
pub struct CardGatewayCosts {
    /// Creating and authorizing an intent.
    pub authorize_us: i64,
    /// Capturing.
    pub capture_us: i64,
    /// Everything else.
    pub refund_us: i64,
}

/// Faults of answers; each a probability in parts per million of the requests it can strike.
#[derive(Debug, Clone, Copy, Default)]
pub struct CardGatewayFaults {
    /// Authorizations that are declined.
    pub decline_ppm: u32,
    /// Requests that take `slow_us` longer.
    pub slow_ppm: u32,
    /// How much longer.
    pub slow_us: i64,
    /// Requests that are executed and never answered.
    pub answer_lost_ppm: u32,
    /// Nothing is answered at all.
    pub outage: bool,
    /// Each n-th webhook is delivered twice; 0 for none.
    pub duplicate_webhook_every: u32,
}

struct State {
    engine: Payments,
    faults: CardGatewayFaults,
    entropy: ChaCha8Rng,
}

/// The machine the card gateway runs on.
pub struct CardGateway {
    state: Mutex<State>,
    costs: CardGatewayCosts,
    timeline: Timeline,
    observer: Observer,
}

/// The secret webhooks are signed with in simulated worlds.
pub const WEBHOOK_SECRET: &str = "whsec_simulated";

impl CardGateway {
    /// A gateway without payments.
    #[must_use]
    pub fn new(costs: CardGatewayCosts, timeline: Timeline, observer: Observer, seed: u64) -> Arc<Self> {
        let config = Config { webhook_secret: Some(WEBHOOK_SECRET.to_owned()), ..Config::default() };
        let state = State {
            engine: Payments::new(config),
            faults: CardGatewayFaults::default(),
            entropy: ChaCha8Rng::seed_from_u64(seed),
        };
        Arc::new(Self { state: Mutex::new(state), costs, timeline, observer })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall_ms(&self) -> i64 {
        (EPOCH_US + self.timeline.now_us()).div_euclid(1_000)
    }

    /// Executes a request; `None` when its answer is lost.
    pub async fn handle(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let is_authorization = request.method() == Method::POST && request.uri().path() == "/v1/payment_intents";
        let (plan, service_us) = self.plan(is_authorization, request.uri().path());
        self.timeline.busy_until(self.timeline.now_us() + service_us).await;
        if plan.outage {
            return None;
        }
        let response = {
            let now_ms = self.wall_ms();
            let state = &mut *self.state();
            if plan.declines {
                state.engine.inject(Fault::DeclineNext { count: 1, decline: Decline::Generic });
            }
            let response = state.engine.handle(&request, now_ms);
            self.observer.card_gateway_answer(self.timeline.now_us(), &request, &response);
            response
        };
        if plan.answer_lost && response.status() != StatusCode::PAYMENT_REQUIRED {
            self.observer.probe("payment-answer-lost");
            return None;
        }
        Some(response)
    }

    fn plan(&self, is_authorization: bool, path: &str) -> (Plan, i64) {
        let state = &mut *self.state();
        let faults = state.faults;
        let mut happens = |ppm: u32| ppm > 0 && state.entropy.next_u64() % 1_000_000 < u64::from(ppm);
        let plan = Plan {
            declines: is_authorization && happens(faults.decline_ppm),
            answer_lost: happens(faults.answer_lost_ppm),
            outage: faults.outage,
        };
        let slow_us = if happens(faults.slow_ppm) { faults.slow_us } else { 0 };
        let service_us = if is_authorization {
            self.costs.authorize_us
        } else if path.ends_with("/capture") {
            self.costs.capture_us
        } else {
            self.costs.refund_us
        };
        (plan, service_us + slow_us)
    }

    /// Changes the faults of answers.
    pub fn set_faults(&self, change: impl FnOnce(&mut CardGatewayFaults)) {
        let state = &mut *self.state();
        change(&mut state.faults);
        state.engine.inject(Fault::DuplicateWebhooks { every: state.faults.duplicate_webhook_every });
    }

    /// Delivers webhooks to the platform as they fall due, for as long as the gateway runs.
    pub async fn deliver_webhooks(self: Arc<Self>, processes: impl Stage, from: NodeIndex) {
        const TICK_US: i64 = 20_000;
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
        loop {
            self.timeline.sleep_until(self.timeline.now_us() + TICK_US).await;
            let due = {
                let now_ms = self.wall_ms();
                let state = &mut *self.state();
                if state.faults.outage { Vec::new() } else { state.engine.take_webhooks(now_ms) }
            };
            for webhook in due {
                let request = Request::post("/webhooks/payments")
                    .header("content-type", "application/json")
                    .header("stripe-signature", webhook.signature.as_str())
                    .body(webhook.body.clone())
                    .expect("a signature is a valid header");
                let draw = self.state().entropy.next_u64();
                let (reply_to, reply) = oneshot::channel();
                let (gateway, id) = (self.clone(), webhook.id);
                let sent = processes.send(from, PAYMENTS, draw, request, reply_to);
                let delivery = async move {
                    let ok = sent == Dispatched::Sent
                        && matches!(tokio::time::timeout(PATIENCE, reply).await, Ok(Ok(r)) if r.status().is_success());
                    let now_ms = gateway.wall_ms();
                    gateway.state().engine.webhook_delivered(id, ok, now_ms);
                };
                drop(tokio::spawn(delivery));
            }
        }
    }
}

struct Plan {
    declines: bool,
    answer_lost: bool,
    outage: bool,
}
