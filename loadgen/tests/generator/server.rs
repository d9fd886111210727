//! A server that answers every checkout "sold out" at once, but for a stretch in which it answers nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

/// When it stalls, counted from the first checkout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stall {
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

/// What is shared by all requests.
struct Shared {
    stall: Option<Stall>,
    first: std::sync::OnceLock<Instant>,
    checkouts: AtomicU64,
}

/// A running server; ends with the test's runtime.
pub(crate) struct Server {
    shared: Arc<Shared>,
    pub(crate) url: String,
}

impl Server {
    pub(crate) async fn start(stall: Option<Stall>) -> Self {
        let shared = Arc::new(Shared { stall, first: std::sync::OnceLock::new(), checkouts: AtomicU64::new(0) });
        let router = Router::new()
            .route("/livez", axum::routing::get(async || "alive"))
            .route("/v1/checkouts", axum::routing::post(checkout))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { shared, url }
    }

    /// Checkouts it was sent.
    pub(crate) fn checkouts(&self) -> u64 {
        self.shared.checkouts.load(Ordering::Relaxed)
    }
}

async fn checkout(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.checkouts.fetch_add(1, Ordering::Relaxed);
    let first = *shared.first.get_or_init(Instant::now);
    if let Some(stall) = shared.stall
        && (stall.from..stall.until).contains(&first.elapsed())
    {
        sleep_until(first + stall.until).await;
    }
    (StatusCode::CONFLICT, r#"{"type":"https://doorbuster.dev/problems/sold-out"}"#)
}
