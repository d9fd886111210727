//! The search server as a machine on the network: service times, stalls, and crashes that lose nothing acknowledged or
//! everything there is.
//!
//! It stands behind a process like the card gateway: killing the process is the crash, and its next start the recovery.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use search_engine::Search;
use serde_json::Value;

use crate::world::observer::Observer;
use crate::world::station::Station;
use crate::world::time::{EPOCH_US, Timeline};

/// Service times, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct SearchCosts {
    /// Requests worked on at once.
    pub parallelism: usize,
    /// A search, and everything else that is no write.
    pub search_us: i64,
    /// Each document of a bulk request.
    pub write_us: i64,
}

struct State {
    engine: Search,
    threads: Station,
    stalled_until_us: i64,
}

/// The machine the search server runs on.
pub struct SearchHost {
    state: Mutex<State>,
    costs: SearchCosts,
    timeline: Timeline,
    observer: Observer,
}

impl SearchHost {
    /// A server without indices.
    #[must_use]
    pub fn new(costs: SearchCosts, timeline: Timeline, observer: Observer) -> Arc<Self> {
        let threads = Station::new(costs.parallelism);
        let state = State { engine: Search::new(), threads, stalled_until_us: i64::MIN };
        Arc::new(Self { state: Mutex::new(state), costs, timeline, observer })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall_ms(&self) -> i64 {
        (EPOCH_US + self.timeline.now_us()).div_euclid(1_000)
    }

    /// Executes a request when its turn comes.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let documents = if request.uri().path() == "/_bulk" {
            let lines = request.body().iter().filter(|byte| **byte == b'\n').count();
            i64::try_from(lines / 2).unwrap_or(i64::MAX)
        } else {
            0
        };
        let service_us = self.costs.search_us.max(documents.saturating_mul(self.costs.write_us));
        let done_us = {
            let state = &mut *self.state();
            let begins_us = self.timeline.now_us().max(state.stalled_until_us);
            state.threads.serve(begins_us, service_us)
        };
        self.timeline.sleep_until(done_us).await;
        let now_ms = self.wall_ms();
        let response = self.state().engine.handle(&request, now_ms);
        if response.status().is_client_error() {
            self.observer.probe("search-refused");
        }
        response
    }

    /// The server has started again, with everything it had acknowledged.
    pub fn recover(&self) {
        let now_ms = self.wall_ms();
        self.state().engine.crash_and_restart(now_ms);
    }

    /// The server's disk is gone: it has no index any more.
    pub fn lose_everything(&self) {
        self.state().engine.lose_everything();
        self.observer.probe("search-lost-everything");
    }

    /// Nothing is worked on until `until_us`.
    pub fn stall_until(&self, until_us: i64) {
        self.state().stalled_until_us = until_us;
    }

    /// Every document behind an alias, whether or not a search sees it yet, by id.
    #[must_use]
    pub fn documents(&self, alias: &str) -> BTreeMap<String, Value> {
        self.state().engine.documents(alias)
    }
}
