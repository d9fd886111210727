//! The API, the administrator's API, and health.
//!
//! | route | what it does |
//! |---|---|
//! | `/v1/…` | the card gateway, by the engine |
//! | `GET`, `PUT /admin/switches` | faults by rate |
//! | `POST /admin/faults` | one fault, counted |
//! | `GET /admin/faults` | how many requests were left without an answer, by kind |
//! | `GET /healthz` | that it is there |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shared;
use axum::routing::get;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use payments_engine::{Config, Decline, Fault, Operation, Payments, Transit, WebhookDelivery};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use crate::clock::Clock;
use crate::faults::Order;
use crate::switches::{Fate, Switches};

/// The largest request taken in, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Who may do what. Without a key everybody may.
#[derive(Clone, Default)]
pub struct Access {
    /// What `/v1` asks for as `Authorization: Bearer`.
    pub api_key: Option<String>,
    /// What `/admin` asks for as `Authorization: Bearer`.
    pub admin_token: Option<String>,
}

struct State {
    engine: Payments,
    switches: Switches,
    stream: ChaCha8Rng,
    clock: Clock,
    /// Requests that were left without an answer, by kind.
    unanswered: BTreeMap<&'static str, u64>,
}

/// The card gateway of one process.
pub struct Sandbox {
    state: Mutex<State>,
    access: Access,
}

impl Sandbox {
    /// A gateway without payments. Whether a fault strikes is drawn from `seed`.
    #[must_use]
    pub fn new(config: Config, access: Access, switches: Switches, seed: u64) -> Arc<Self> {
        let stream = ChaCha8Rng::seed_from_u64(seed);
        let mut state = State {
            engine: Payments::new(config),
            switches: Switches::default(),
            stream,
            clock: Clock::default(),
            unanswered: BTreeMap::new(),
        };
        state.set_switches(switches);
        Arc::new(Self { state: Mutex::new(state), access })
    }

    /// Its routes.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/admin/switches", get(show_switches).put(set_switches))
            .route("/admin/faults", get(show_unanswered).post(order_fault))
            .fallback(api)
            .with_state(Arc::clone(self))
    }

    /// The webhooks that are due.
    pub(crate) fn take_webhooks(&self) -> Vec<WebhookDelivery> {
        let state = &mut *self.state();
        if state.switches.outage {
            return Vec::new();
        }
        let now_ms = state.clock.now_ms();
        state.engine.take_webhooks(now_ms)
    }

    /// How a delivery ended.
    pub(crate) fn webhook_delivered(&self, id: u64, acknowledged: bool) {
        let state = &mut *self.state();
        let now_ms = state.clock.now_ms();
        state.engine.webhook_delivered(id, acknowledged, now_ms);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set_switches(&mut self, switches: Switches) {
        self.engine.inject(Fault::DuplicateWebhooks { every: switches.duplicate_webhook_every });
        self.switches = switches;
    }

    /// Executes a request; `None` when it is not answered.
    fn handle(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let operation = operation_of(request);
        let answer = self.answer(request, operation);
        if answer.is_none() {
            *self.unanswered.entry(operation.map_or("other", name_of)).or_default() += 1;
        }
        answer
    }

    fn answer(&mut self, request: &Request<Bytes>, operation: Option<Operation>) -> Option<Response<Bytes>> {
        let fate = self.switches.draw(operation, &mut self.stream);
        if self.switches.outage {
            return None;
        }
        let Fate { declined, slow, unanswered } = fate;
        if declined {
            self.engine.inject(Fault::DeclineNext { count: 1, decline: Decline::Generic });
        }
        if slow {
            self.engine.inject(Fault::Slow { operation, count: 1, delay_ms: self.switches.slow_ms.into() });
        }
        let now_ms = self.clock.now_ms();
        let response = self.engine.handle(request, now_ms);
        (!unanswered && !Transit::of(&response).lost).then_some(response)
    }
}

/// What a request is, as far as faults care; `None` for what the engine will refuse.
fn operation_of(request: &Request<Bytes>) -> Option<Operation> {
    let path = request.uri().path();
    match *request.method() {
        Method::GET => Some(Operation::Read),
        Method::POST if path == "/v1/payment_intents" => Some(Operation::Create),
        Method::POST if path == "/v1/refunds" => Some(Operation::Refund),
        Method::POST => match path.rsplit('/').next() {
            Some("confirm") => Some(Operation::Confirm),
            Some("capture") => Some(Operation::Capture),
            Some("cancel") => Some(Operation::Cancel),
            Some(_) | None => None,
        },
        _ => None,
    }
}

/// The word by which an administrator orders a fault of this kind.
fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Confirm => "confirm",
        Operation::Capture => "capture",
        Operation::Cancel => "cancel",
        Operation::Refund => "refund",
        Operation::Read => "read",
    }
}

async fn api(Shared(sandbox): Shared<Arc<Sandbox>>, request: Request<Body>) -> Response<Body> {
    if !shows(&sandbox.access.api_key, request.headers()) {
        return error(StatusCode::UNAUTHORIZED, "Invalid API Key provided.");
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    };
    let answer = sandbox.state().handle(&Request::from_parts(parts, body));
    let Some(response) = answer else {
        // The caller has to give up by itself.
        std::future::pending::<()>().await;
        return error(StatusCode::GATEWAY_TIMEOUT, "Never reached.");
    };
    let delay_ms = u64::try_from(Transit::of(&response).delay_ms).unwrap_or(0);
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    response.map(Body::from)
}

async fn show_switches(Shared(sandbox): Shared<Arc<Sandbox>>, headers: HeaderMap) -> Response<Body> {
    if !shows(&sandbox.access.admin_token, &headers) {
        return error(StatusCode::UNAUTHORIZED, "The administrator's token is missing or wrong.");
    }
    let switches = json!(sandbox.state().switches);
    json_answer(StatusCode::OK, &switches)
}

async fn set_switches(Shared(sandbox): Shared<Arc<Sandbox>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if !shows(&sandbox.access.admin_token, &headers) {
        return error(StatusCode::UNAUTHORIZED, "The administrator's token is missing or wrong.");
    }
    let read = serde_json::from_slice::<Switches>(&body).map_err(|refusal| refusal.to_string());
    match read.and_then(|switches| switches.check().map(|()| switches)) {
        Ok(switches) => {
            tracing::info!(?switches, "switches set");
            let answer = json!(switches);
            sandbox.state().set_switches(switches);
            json_answer(StatusCode::OK, &answer)
        }
        Err(refusal) => error(StatusCode::BAD_REQUEST, &refusal),
    }
}

async fn show_unanswered(Shared(sandbox): Shared<Arc<Sandbox>>, headers: HeaderMap) -> Response<Body> {
    if !shows(&sandbox.access.admin_token, &headers) {
        return error(StatusCode::UNAUTHORIZED, "The administrator's token is missing or wrong.");
    }
    let unanswered: BTreeMap<&str, u64> = [Operation::Create, Operation::Confirm, Operation::Capture]
        .into_iter()
        .chain([Operation::Cancel, Operation::Refund, Operation::Read])
        .map(|operation| (name_of(operation), 0))
        .chain(sandbox.state().unanswered.clone())
        .collect();
    json_answer(StatusCode::OK, &json!({ "unanswered": unanswered }))
}

async fn order_fault(Shared(sandbox): Shared<Arc<Sandbox>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if !shows(&sandbox.access.admin_token, &headers) {
        return error(StatusCode::UNAUTHORIZED, "The administrator's token is missing or wrong.");
    }
    match serde_json::from_slice::<Order>(&body) {
        Ok(order) => {
            tracing::info!(?order, "fault ordered");
            sandbox.state().engine.inject(order.into());
            json_answer(StatusCode::ACCEPTED, &json!({ "accepted": true }))
        }
        Err(refusal) => error(StatusCode::BAD_REQUEST, &refusal.to_string()),
    }
}

/// Whether the caller shows the wanted bearer token, or none is wanted. Compared without stopping at the first
/// difference.
fn shows(wanted: &Option<String>, headers: &HeaderMap) -> bool {
    let Some(wanted) = wanted else { return true };
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    shown.is_some_and(|shown| {
        let differing = shown.iter().zip(wanted.as_bytes()).fold(0, |seen, (a, b)| seen | (a ^ b));
        shown.len() == wanted.len() && differing == 0
    })
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn error(status: StatusCode, message: &str) -> Response<Body> {
    json_answer(status, &json!({ "error": { "type": "invalid_request_error", "message": message } }))
}
