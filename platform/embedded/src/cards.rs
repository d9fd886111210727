//! The card gateway in the process: a router in front of the payments engine, and its webhooks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shared;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use payments_engine::{Config, Fault, Payments, Transit, WebhookDelivery};
use ports::clock::Clock;
use ports::http_port::{HttpClient, ServiceName};

use crate::time::Steady;

/// How often due webhooks are looked for.
const WEBHOOK_TICK: Duration = Duration::from_millis(20);
/// How long the receiver of a webhook may take.
const WEBHOOK_PATIENCE: Duration = Duration::from_secs(2);
/// The largest request taken in, in bytes.
const MAX_BODY: usize = 64 * 1024;

struct State {
    engine: Payments,
    time: Steady,
}

/// A gateway without payments. It ends, with all its payments, when the last handle on it is gone.
pub struct CardGateway {
    state: Mutex<State>,
}

impl CardGateway {
    /// A gateway that signs webhooks with `webhook_secret`.
    #[must_use]
    pub fn new(webhook_secret: String, clock: Arc<dyn Clock>) -> Arc<Self> {
        let config = Config { webhook_secret: Some(webhook_secret), ..Config::default() };
        let state = State { engine: Payments::new(config), time: Steady::new(clock) };
        Arc::new(Self { state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault to its plan.
    pub fn inject(&self, fault: Fault) {
        self.state().engine.inject(fault);
    }

    /// Its API.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// Delivers webhooks to `path` of `service` as they fall due, until the gateway is gone. Needs a runtime.
    pub fn deliver_webhooks(self: &Arc<Self>, http: Arc<dyn HttpClient>, service: ServiceName, path: &'static str) {
        drop(tokio::spawn(Self::keep_delivering(Arc::downgrade(self), http, service, path)));
    }

    async fn keep_delivering(gateway: Weak<Self>, http: Arc<dyn HttpClient>, service: ServiceName, path: &'static str) {
        loop {
            tokio::time::sleep(WEBHOOK_TICK).await;
            let Some(due) = gateway.upgrade().map(|gateway| gateway.take_webhooks()) else { return };
            for webhook in due {
                let (gateway, http) = (gateway.clone(), http.clone());
                drop(tokio::spawn(async move {
                    let answer = http.call(service, delivery(&webhook, path), WEBHOOK_PATIENCE).await;
                    let ok = answer.is_ok_and(|answer| answer.status().is_success());
                    if let Some(gateway) = gateway.upgrade() {
                        let state = &mut *gateway.state();
                        let now_ms = state.time.now_ms();
                        state.engine.webhook_delivered(webhook.id, ok, now_ms);
                    }
                }));
            }
        }
    }

    fn take_webhooks(&self) -> Vec<WebhookDelivery> {
        let state = &mut *self.state();
        let now_ms = state.time.now_ms();
        state.engine.take_webhooks(now_ms)
    }
}

fn delivery(webhook: &WebhookDelivery, path: &str) -> Request<Bytes> {
    Request::post(path)
        .header("content-type", "application/json")
        .header("stripe-signature", webhook.signature.as_str())
        .body(webhook.body.clone())
        .expect("a signature is a valid header")
}

async fn answer(Shared(gateway): Shared<Arc<CardGateway>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let mut refused = Response::new(Body::empty());
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return refused;
    };
    let response = {
        let state = &mut *gateway.state();
        let now_ms = state.time.now_ms();
        state.engine.handle(&Request::from_parts(parts, body), now_ms)
    };
    let transit = Transit::of(&response);
    if transit.lost {
        // Executed and never answered: the caller has to give up by itself.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_millis(u64::try_from(transit.delay_ms).unwrap_or(0))).await;
    response.map(Body::from)
}
