//! `/livez`, `/readyz` and `/metrics`, the same three in every role.
//!
//! Alive means that the process answers at all. Ready means that what the role cannot do without is there; Redis is on
//! no role's list, because checkout works without it, only slower.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::context::Context;
use crate::discovery::search::Lag;
use crate::exposition;
use crate::gateway::Gateway;
use crate::texts::TextId;

/// How long a finding is repeated: probes come from many places, and the database has better things to do.
const FINDING_TTL: Duration = Duration::from_millis(1_000);
/// How long a dependency may take to answer.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// What a role cannot do without.
#[derive(Clone)]
pub(crate) enum Needs {
    /// The product list, read at least once.
    Products(Arc<Gateway>),
    /// Postgres.
    Database,
    /// Nothing: it serves what it can.
    Nothing,
    /// Nothing, but it tells how far the index is behind.
    Index(Arc<Lag>),
}

impl Needs {
    fn name(&self) -> &'static str {
        match self {
            Self::Products(_) => "products",
            Self::Database => "database",
            Self::Nothing | Self::Index(_) => "nothing",
        }
    }

    async fn is_there(&self, ctx: &Context) -> bool {
        match self {
            Self::Products(gateway) => gateway.is_ready(),
            Self::Nothing | Self::Index(_) => true,
            Self::Database => {
                let answer = timeout(PROBE_TIMEOUT, ctx.sql.query(ctx.texts.get(TextId::HEALTH_READY), &[])).await;
                matches!(answer, Ok(Ok(_)))
            }
        }
    }
}

struct Health {
    ctx: Context,
    needs: Needs,
    /// When the dependency was last looked at, and whether it was there.
    finding: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    async fn is_ready(&self) -> bool {
        let now = Instant::now();
        let finding = *self.finding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, ready)) = finding
            && now.duration_since(at) < FINDING_TTL
        {
            return ready;
        }
        let ready = self.needs.is_there(&self.ctx).await;
        *self.finding.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, ready));
        ready
    }
}

/// The three routes.
pub(crate) fn router(ctx: Context, needs: Needs) -> Router {
    let health = Arc::new(Health { ctx, needs, finding: Mutex::new(None) });
    Router::new()
        .route("/livez", get(async || Json(json!({"alive": true}))))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn readyz(State(health): State<Arc<Health>>) -> Response {
    let ready = health.is_ready().await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut said = json!({"ready": ready, "needs": health.needs.name()});
    if let Needs::Index(lag) = &health.needs {
        let lag_ms = lag.lag_ms(health.ctx.clock.now_us());
        said["index"] = json!({"lag_ms": lag_ms, "reached": lag.is_reached()});
    }
    (status, Json(said)).into_response()
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    exposition::answer(&health.ctx.metrics).into_response()
}
