//! The search server in the process: a router in front of the search engine.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shared;
use http::{Request, Response, StatusCode};
use ports::clock::Clock;
use search_engine::Search;

use crate::time::Steady;

/// The largest request taken in, in bytes.
const MAX_BODY: usize = 100 << 20;

struct State {
    engine: Search,
    time: Steady,
}

/// A server without indices. It ends, with all its indices, when the last handle on it is gone.
pub struct SearchServer {
    state: Mutex<State>,
}

impl SearchServer {
    /// An empty server.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { engine: Search::new(), time: Steady::new(clock) }) })
    }

    /// Its API.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// Does something to the engine beside its API: for tests.
    pub fn with<T>(&self, run: impl FnOnce(&mut Search, i64) -> T) -> T {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = state.time.now_ms();
        run(&mut state.engine, now_ms)
    }
}

async fn answer(Shared(server): Shared<Arc<SearchServer>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let mut refused = Response::new(Body::empty());
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return refused;
    };
    let request = Request::from_parts(parts, body);
    server.with(|engine, now_ms| engine.handle(&request, now_ms)).map(Body::from)
}
