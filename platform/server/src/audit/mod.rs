//! `platform audit`: the simulator's checkers over the stores as they stand, read through the ports.
//!
//! An audit has no history: what shoppers were told, and in which order things happened, nobody wrote down for it. A rule
//! that needs more than the stores says so instead of passing.

pub mod report;

use std::time::Duration;

use bytes::Bytes;
use checkers::collect::{self, CollectError};
use checkers::limits::{AdmissionLimit, SkuLimits};
use checkers::{Judge, Judgement, Limits, Snapshot, Verdict};
use http::Request;
use platform::messages::{CARD_GATEWAY, INVENTORY, ORDER_TOPIC};
use ports::clock::Clock;
use ports::http_port::HttpClient;
use tokio::time::Instant;

use crate::clock::SystemClock;
use crate::live_stores::{self, Needs, StoreError, WithoutRedis};
use crate::schema::{self, Part, SchemaError};
use crate::settings::{Settings, SettingsError};
use crate::stores::Stores;
use crate::with_key::WithKey;
use report::Report;

/// How long to wait before the stores are looked at again.
const LOOK: Duration = Duration::from_millis(500);

/// How long the inventory role may take to show its gauge.
const METRICS_PATIENCE: Duration = Duration::from_secs(3);

/// How an audit goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long everything may take to settle. Afterwards the stores are judged as they stand.
    pub settle_limit: Duration,
    /// Shoppers are shopping: do not wait, and do not judge what holds only once all is quiet.
    pub busy: bool,
}

/// What an audit found.
pub struct Audit {
    /// One per checker.
    pub judgements: Vec<Judgement>,
    /// Names of the orders that violations refer to, and the history (of nothing) that explains them.
    pub judge: Judge,
    /// Whether what holds only once all is quiet was judged.
    pub quiet: bool,
    /// How many orders were looked at.
    pub orders: usize,
}

/// Why there was no audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The settings do not say where everything is.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A store is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The schema is not this build's.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A store could not be read.
    #[error(transparent)]
    Read(#[from] CollectError),
}

/// What an audit reads, and so must be set.
const NEEDS: Needs = Needs {
    postgres: true,
    redis: true,
    kafka: true,
    card_gateway: true,
    catalog: false,
    search: false,
    webhooks: false,
    services: false,
};

/// Whether the settings say where everything is that an audit reads; nothing is opened.
///
/// # Errors
/// The first key that is missing.
pub fn require(settings: &Settings) -> Result<(), SettingsError> {
    live_stores::require(settings, NEEDS)
}

/// Audits the stores that the settings name. `nonce` tells this audit's consumer group from all others.
///
/// # Errors
/// What is not set, not there, or cannot be read.
pub async fn of_settings(settings: &Settings, nonce: u64, options: Options) -> Result<Report, AuditError> {
    require(settings)?;
    let http = WithKey::new(live_stores::http(settings)?, settings)?;
    let stores = live_stores::connect(settings, NEEDS, WithoutRedis::Fail).await?;
    schema::check(Part::Orders, &*stores.workers).await?;
    Ok(Report::of(&audit(&stores, &http, &SystemClock, nonce, options).await?))
}

/// Reads the stores and judges them.
///
/// # Errors
/// The first store that cannot be read.
pub async fn audit(
    stores: &Stores,
    http: &dyn HttpClient,
    clock: &dyn Clock,
    nonce: u64,
    options: Options,
) -> Result<Audit, CollectError> {
    let started = Instant::now();
    let mut attempt = 0_u32;
    loop {
        // First what is quickly read: while that is not at rest, the rest need not be.
        let mut snapshot = stores_at_hand(stores, clock, !options.busy).await?;
        let at_rest = options.busy || !is_violated(&judged(&snapshot).0);
        let out_of_time = started.elapsed() >= options.settle_limit;
        if at_rest || out_of_time {
            attempt += 1;
            // A group of its own each time: it has never committed, and no other audit takes partitions from it.
            let group: &'static str = format!("audit-{nonce:016x}-{attempt}").leak();
            snapshot.topic = Some(collect::topic(&*stores.events, group, ORDER_TOPIC).await?);
            snapshot.card_intents = Some(collect::card_intents(http, CARD_GATEWAY).await?);
            snapshot.leak_gauge = leak_gauge(http).await;
            let (judgements, judge) = judged(&snapshot);
            if !is_violated(&judgements) || out_of_time || options.busy {
                let orders = snapshot.tables.orders.len();
                return Ok(Audit { judgements, judge, quiet: !options.busy, orders });
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What the inventory role says at `/metrics`; none when it cannot be asked, which leaves the gauge unjudged.
async fn leak_gauge(http: &dyn HttpClient) -> Option<i64> {
    let request = Request::get("/metrics").body(Bytes::new()).expect("a constant request is well formed");
    let page = http.call(INVENTORY, request, METRICS_PATIENCE).await.ok()?;
    let text = std::str::from_utf8(page.body()).ok()?;
    text.lines().find_map(|line| line.strip_prefix("leaked_holds ")?.parse().ok())
}

/// Postgres and Redis.
async fn stores_at_hand(stores: &Stores, clock: &dyn Clock, quiet: bool) -> Result<Snapshot, CollectError> {
    let tables = collect::tables(&*stores.workers).await?;
    let skus: Vec<&str> = tables.inventory.iter().map(|row| row.sku.as_str()).collect();
    let mut connection = stores.redis.connect().await?;
    let gate = collect::gate(&mut connection, &skus).await?;
    Ok(Snapshot { taken_at_us: clock.now_us(), quiet, tables, gate: Some(gate), ..Snapshot::default() })
}

fn judged(snapshot: &Snapshot) -> (Vec<Judgement>, Judge) {
    // Whatever the limit is, an audit has seen nobody pass the edge, and the checker is to say so.
    let admission = Some(AdmissionLimit { rate_per_s: u32::MAX, burst: u32::MAX });
    let sku = |sku: &str| SkuLimits { sku: sku.to_owned(), stocked: None, admission, must_sell_out: false };
    let limits = Limits { skus: snapshot.skus().map(sku).collect(), ..Limits::default() };
    let mut judge = Judge::new(&limits);
    let judgements = judge.at_end(snapshot);
    (judgements, judge)
}

fn is_violated(judgements: &[Judgement]) -> bool {
    judgements.iter().any(|judgement| matches!(judgement.verdict, Verdict::Violated { .. }))
}
