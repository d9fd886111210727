//! From the outbox to the shopper's door, over stores that are models small enough to be seen through.
//!
//! What is shown here is the order of things: what is committed before what, and what happens when an answer is lost
//! in between. Whether the statements do what they say is the engines' and the real server's to show.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cancellation;
mod consumers;
mod log;
mod readiness;
mod relay;
mod store;
mod tables;
mod warehouse;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use platform::bugs::Bugs;
use platform::config::Config;
use platform::context::Context;
use platform::messages::{OrderEvent, OrderEventKind, OrderView};
use platform::metrics::Metrics;
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::http_port::{HttpClient, HttpError, ServiceName};
use ports::redis_port::{Connection, RedisConnector};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::log::Log;
use crate::store::Store;

/// The stores, and the counts of the processes that use them.
struct World {
    store: Arc<Store>,
    log: Arc<Log>,
    metrics: Metrics,
    started: Instant,
}

impl World {
    fn new() -> Self {
        let log = Arc::new(Log::default());
        let store = Arc::new(Store::new(Arc::clone(&log)));
        Self { store, log, metrics: Metrics::default(), started: Instant::now() }
    }

    fn context(&self) -> Context {
        Context {
            sql: self.store.clone(),
            redis: Arc::new(Absent),
            events: self.log.clone(),
            http: Arc::new(Absent),
            clock: Arc::new(Since(self.started)),
            entropy: Entropy::from_seed(0),
            texts: Texts::embedded(),
            config: Arc::new(Config::default()),
            bugs: Bugs::none(),
            metrics: self.metrics.clone(),
        }
    }

    /// Starts a process; dropping it kills it.
    fn start(&self, role: Role) -> Running {
        let workers = roles::build(role, self.context()).workers;
        Running(workers.into_iter().map(|worker| tokio::spawn(worker.future)).collect())
    }
}

struct Running(Vec<JoinHandle<()>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

fn order(order_id: &str, status: &str) -> OrderView {
    OrderView {
        order_id: order_id.into(),
        shopper_id: "ann".into(),
        sku: "console".into(),
        quantity: 1,
        amount_cents: 49_900,
        currency: "usd".into(),
        status: status.into(),
        reason: None,
        lines: Vec::new(),
    }
}

fn confirmed(order_id: &str) -> OrderEvent {
    OrderEvent::of(OrderEventKind::OrderConfirmed, order(order_id, "confirmed"))
}

/// A clock that goes with the test's time, so that parcels become due.
struct Since(Instant);

impl Clock for Since {
    fn now_us(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

/// What fulfilment has no use for.
struct Absent;

#[async_trait]
impl RedisConnector for Absent {
    async fn connect(&self) -> redis::RedisResult<Connection> {
        Err((redis::ErrorKind::Io, "no Redis here").into())
    }
}

#[async_trait]
impl HttpClient for Absent {
    async fn call(
        &self,
        service: ServiceName,
        _request: http::Request<Bytes>,
        _timeout: Duration,
    ) -> Result<http::Response<Bytes>, HttpError> {
        Err(HttpError::Unreachable { service })
    }
}
