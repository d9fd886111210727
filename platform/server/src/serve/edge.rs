//! What is served at a process's address.
//!
//! With all roles in one process that is the gateway's API and the webhooks' intake; nothing else of the inside can be
//! called. `/readyz` asks every role of the process, and `/metrics` counts over all of them.
//!
//! A Redis that is away makes no role unready: checkout works on Postgres alone, under its strict limit. A Kafka that is away
//! makes a role unready that runs alone and has nothing else to do; a process of all roles sells on, and its events wait in the
//! outbox. `/readyz` names both as `degraded`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use platform::exposition;
use platform::metrics::Metrics;
use platform::roles::Role;
use ports::redis_port::RedisConnector;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use tower::ServiceExt;
use tracing::Instrument;

use super::log_watch::LogWatch;
use super::processes::{Processes, Stopping, is_ready};
use crate::trace_context;

/// How long Redis may take to show that it is there.
const GATE_PATIENCE: Duration = Duration::from_millis(500);

/// What roles use and, all roles together, can do without for a while; none where no role of the process uses it.
#[derive(Default)]
pub struct Beside {
    /// Redis.
    pub gate: Option<Arc<dyn RedisConnector>>,
    /// Kafka.
    pub log: Option<LogWatch>,
}

struct Health {
    routers: Vec<(Role, Router)>,
    metrics: Metrics,
    stopping: Stopping,
    beside: Beside,
    /// Whether the one role of the process has nothing to do without Kafka.
    lives_by_log: bool,
}

/// The edge of a process that runs all roles.
///
/// # Panics
/// When the gateway or the payments role is not among them.
pub fn whole(processes: &Processes, beside: Beside) -> Router {
    let gateway = processes.router(Role::Gateway).expect("all roles run here");
    let payments = processes.router(Role::Payments).expect("all roles run here");
    let webhooks = any(async move |request: Request<Body>| payments.oneshot(request).await);
    let served = Router::new().route("/webhooks/payments", webhooks).fallback_service(gateway);
    health(processes, beside, false).fallback_service(served.layer(from_fn(traced)))
}

/// The edge of a process that runs one role.
///
/// # Panics
/// When it does not run there.
pub fn alone(processes: &Processes, role: Role, beside: Beside) -> Router {
    let router = processes.router(role).expect("the role runs here");
    let lives_by_log = beside.log.is_some();
    health(processes, beside, lives_by_log).fallback_service(router.layer(from_fn(traced)))
}

fn health(processes: &Processes, beside: Beside, lives_by_log: bool) -> Router {
    let health = Health {
        routers: processes.routers().to_vec(),
        metrics: processes.metrics().clone(),
        stopping: processes.stopping(),
        beside,
        lives_by_log,
    };
    Router::new()
        .route("/livez", get(async || Json(json!({"alive": true}))))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(health))
}

async fn readyz(State(health): State<Arc<Health>>) -> Response {
    let mut roles = Map::new();
    let mut ready = !health.stopping.is_stopping();
    for (role, router) in &health.routers {
        let role_ready = is_ready(router).await;
        ready &= role_ready;
        roles.insert(role.name().to_owned(), Value::Bool(role_ready));
    }
    let mut degraded = Vec::new();
    if let Some(gate) = &health.beside.gate
        && !answers(&**gate).await
    {
        degraded.push("redis");
    }
    if let Some(log) = &health.beside.log
        && !log.answers().await
    {
        degraded.push("kafka");
        ready &= !health.lives_by_log;
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let stopping = health.stopping.is_stopping();
    (status, Json(json!({"ready": ready, "stopping": stopping, "degraded": degraded, "roles": roles}))).into_response()
}

async fn answers(gate: &dyn RedisConnector) -> bool {
    let asking = async {
        let mut connection = gate.connect().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    matches!(timeout(GATE_PATIENCE, asking).await, Ok(Ok(_)))
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], exposition::render(&health.metrics)).into_response()
}

/// One span a request, and one line when it is answered. Probes have none: they would drown the rest.
async fn traced(request: axum::extract::Request, next: Next) -> Response {
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        status = tracing::field::Empty,
    );
    trace_context::continue_from(request.headers(), &span);
    let response = next.run(request).instrument(span.clone()).await;
    span.record("status", response.status().as_u16());
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response
}
