//! A sans-IO card payment gateway with the semantics of Stripe's payment intents.
//!
//! `(state, request, now) -> (state, response)`: no socket, no clock, no randomness. Whoever hosts the engine
//! carries the bytes, loses them, delays them and keeps the time; [`Transit`] on a response says what the fault
//! plan wants the host to do with it.
//!
//! Map: [`Payments`] (this file) answers requests; `route` reads method and path, `params` the body, `command`
//! validates; `intent` is the state machine of one payment and `ledger` holds them all; `execute` joins the two;
//! `idempotency` stores answers by key; `webhook` queues and signs events; `fault` is the plan; `answer` writes
//! the JSON, `error` the refusals.
//!
//! Semantics follow Stripe's public API reference (payment intents, refunds, idempotent requests, webhooks).
//! Outside the subset: authentication of the caller, disputes, multicapture, payment methods that redirect.
//! They are refused by name, never guessed at.

mod answer;
mod card;
mod command;
mod error;
mod execute;
mod fault;
mod idempotency;
mod intent;
mod ledger;
mod params;
mod route;
mod webhook;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};

pub use card::Decline;
pub use fault::{Fault, Transit};
pub use intent::{Canceled, CaptureMethod, Captured, PaymentIntent, Refund, Status};
pub use route::Operation;
pub use webhook::{WebhookDelivery, sign};

use answer::Answer;
use command::Command;
use error::ApiError;
use fault::{FaultPlan, Interruption, WebhookFault};
use idempotency::{Lookup, StoredAnswers};
use ledger::Ledger;
use params::Params;
use route::Route;
use webhook::Outbox;

/// The version of Stripe's API that is modelled: what a request gets that names none. One that names another is refused.
pub const API_VERSION: &str = "2024-12-18.acacia";
/// The header in which requests name it, and answers too.
const VERSION_HEADER: &str = "stripe-version";

/// What distinguishes one gateway account from another. Durations are milliseconds.
#[derive(Clone, Debug)]
pub struct Config {
    /// Key of the webhook signatures. `None`: no endpoint is registered, so no event is queued.
    pub webhook_secret: Option<String>,
    /// How long an idempotency key replays its answer; afterwards the same key is a new effect.
    pub idempotency_life_ms: i64,
    /// How long an authorization may wait for its capture before the gateway cancels it.
    pub authorization_life_ms: i64,
    /// How old a payment intent must be for `/search` to find it. Stripe's search trails by up to a minute;
    /// the list by order id does not.
    pub search_lag_ms: i64,
    /// Wait after the first delivery that was not acknowledged; doubles with each further attempt.
    pub webhook_backoff_ms: i64,
    /// Deliveries of one event before the gateway gives up on it.
    pub webhook_attempts: u32,
}

impl Default for Config {
    fn default() -> Self {
        const HOUR_MS: i64 = 3_600_000;
        Self {
            webhook_secret: None,
            idempotency_life_ms: 24 * HOUR_MS,
            authorization_life_ms: 7 * 24 * HOUR_MS,
            search_lag_ms: 0,
            webhook_backoff_ms: 1_000,
            webhook_attempts: 16,
        }
    }
}

/// The gateway: every payment intent it was ever asked for, the answers it stored and the webhooks it owes.
#[derive(Debug)]
pub struct Payments {
    config: Config,
    ledger: Ledger,
    stored: StoredAnswers,
    outbox: Outbox,
    faults: FaultPlan,
    requests: u64,
}

impl Payments {
    /// An account without payments.
    pub fn new(config: Config) -> Self {
        Self {
            ledger: Ledger::default(),
            stored: StoredAnswers::new(config.idempotency_life_ms),
            outbox: Outbox::new(&config),
            faults: FaultPlan::default(),
            requests: 0,
            config,
        }
    }

    /// Answers one request at `now_ms` (milliseconds since the epoch, never going back).
    ///
    /// The effect, if any, has happened when this returns: an answer the host drops is an answer the client lost.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Response<Bytes> {
        self.advance(now_ms);
        self.requests += 1;
        let key = request.headers().get("idempotency-key");
        let route = spoken(request).and_then(|()| Route::of(request.method(), request.uri()));
        let (answer, transit) = match route {
            Ok(route) => match self.faults.interrupt(route.operation()) {
                Some(Interruption::Unanswered) => (ApiError::hung().into(), Transit::lost()),
                Some(Interruption::RateLimited) => (ApiError::rate_limited().into(), Transit::default()),
                None => {
                    let transit = self.faults.transit(route.operation());
                    let answered_ms = now_ms.saturating_add(transit.delay_ms);
                    (self.answer(&route, request, key, now_ms, answered_ms), transit)
                }
            },
            Err(refused) => (refused.into(), Transit::default()),
        };
        self.respond(answer, key, transit)
    }

    fn answer(
        &mut self,
        route: &Route,
        request: &Request<Bytes>,
        key: Option<&HeaderValue>,
        now_ms: i64,
        answered_ms: i64,
    ) -> Answer {
        let parsed = Params::of(request).and_then(|params| {
            let key = if request.method() == Method::POST { key } else { None };
            Ok((params, key.map(idempotency::checked_key).transpose()?))
        });
        let (params, key) = match parsed {
            Ok(parsed) => parsed,
            Err(refused) => return refused.into(),
        };
        let fingerprint = key.map(|_| params.fingerprint(request.uri().path()));
        if let (Some(key), Some(fingerprint)) = (key, &fingerprint) {
            match self.stored.look_up(key, fingerprint, now_ms) {
                Lookup::New => {}
                Lookup::Replay(answer) => return answer,
                Lookup::InUse => return ApiError::key_in_use(key).into(),
                Lookup::OtherRequest => return ApiError::key_reused(key).into(),
            }
        }
        // A request that fails validation has not begun: its key stays free, as Stripe keeps it.
        let command = match Command::of(route, params) {
            Ok(command) => command,
            Err(refused) => return refused.into(),
        };
        let answer = self.execute(command, route.operation(), key, now_ms);
        if let (Some(key), Some(fingerprint)) = (key, fingerprint) {
            self.stored.keep(key, fingerprint, &answer, now_ms, answered_ms);
        }
        answer
    }

    fn respond(&self, answer: Answer, key: Option<&HeaderValue>, transit: Transit) -> Response<Bytes> {
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert(VERSION_HEADER, HeaderValue::from_static(API_VERSION));
        let request_id = HeaderValue::from_str(&format!("req_{:014}", self.requests));
        headers.insert("request-id", request_id.expect("digits and letters are a header value"));
        if let Some(key) = key {
            headers.insert("idempotency-key", key.clone());
        }
        if answer.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert("retry-after", HeaderValue::from_static("1"));
        }
        if transit != Transit::default() {
            response.extensions_mut().insert(transit);
        }
        response
    }

    /// Lets time pass: cancels authorizations that were never captured and forgets keys that outlived their day.
    pub fn advance(&mut self, now_ms: i64) {
        self.stored.forget_expired(now_ms);
        let oldest_ms = now_ms.saturating_sub(self.config.authorization_life_ms);
        for index in self.ledger.expire_authorizations(oldest_ms, now_ms) {
            self.outbox.payment_intent_event("payment_intent.canceled", self.ledger.at(index), now_ms);
        }
    }

    /// When [`advance`](Self::advance) or [`take_webhooks`](Self::take_webhooks) next has something to do.
    pub fn next_deadline(&self) -> Option<i64> {
        let expiry = self.ledger.oldest_authorization_ms();
        let expiry = expiry.map(|at| at.saturating_add(self.config.authorization_life_ms));
        [expiry, self.outbox.next_due_ms()].into_iter().flatten().min()
    }

    /// The webhook deliveries due at `now_ms`, signed. Each comes back, later and later, until it is acknowledged
    /// with [`webhook_delivered`](Self::webhook_delivered) or its attempts are spent.
    pub fn take_webhooks(&mut self, now_ms: i64) -> Vec<WebhookDelivery> {
        self.outbox.take_due(now_ms)
    }

    /// Tells the gateway how delivery `id` ended: `ok` for a 2xx answer, which ends it.
    pub fn webhook_delivered(&mut self, id: u64, ok: bool, now_ms: i64) {
        self.outbox.delivered(id, ok, now_ms);
    }

    /// Adds `fault` to the plan.
    pub fn inject(&mut self, fault: Fault) {
        match self.faults.add(fault) {
            Some(WebhookFault::Duplicate { every }) => self.outbox.duplicate_every(every),
            Some(WebhookFault::Delay { every, delay_ms }) => self.outbox.delay_every(every, delay_ms),
            None => {}
        }
    }

    /// Every payment intent, in order of creation, for checkers and reports.
    pub fn charges(&self) -> impl Iterator<Item = &PaymentIntent> {
        self.ledger.iter()
    }
}

/// Whether the request is to be read as this version of the API has it.
fn spoken(request: &Request<Bytes>) -> Result<(), ApiError> {
    match request.headers().get(VERSION_HEADER) {
        Some(version) if version != API_VERSION => Err(ApiError::unknown_version(version)),
        Some(_) | None => Ok(()),
    }
}
