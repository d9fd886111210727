//! Stops the platform at the end of a run and reads the stores, through the same ports that a live audit uses.

use std::time::Duration;

use checkers::Snapshot;
use checkers::snapshot::TopicRecord;
use platform::messages::{CARD_GATEWAY, ORDER_TOPIC};
use ports::http_port::HttpClient;
use ports::redis_port::RedisConnector;
use ports::sql::SqlPool;

use super::plan::World;
use super::settings::{self, PoolOptions};
use super::stage::Stage;

/// How long a store may take over one answer: a table of a long run is read whole, and rows take time.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How the stores are read at the end, through the ports that a world has.
pub struct Reader<'a> {
    /// Postgres; its patience is that of [`pool`].
    pub pool: &'a dyn SqlPool,
    /// Redis.
    pub redis: &'a dyn RedisConnector,
    /// The card gateway.
    pub http: &'a dyn HttpClient,
}

/// The pool to read Postgres with.
#[must_use]
pub fn pool() -> PoolOptions {
    PoolOptions { answer_timeout: PATIENCE, ..settings::pool(1) }
}

/// The stores as they stand now. The platform's processes end here: several stores read one after the other fit together
/// only while nobody writes, and what a run that did not drain has under way would look like a broken promise. The card
/// gateway drops what it was being asked and is read like the others.
///
/// # Errors
/// When a store cannot be read: which, and why.
pub async fn take<S: Stage>(world: &World<S>, quiet: bool, reader: &Reader<'_>) -> Result<Snapshot, String> {
    let targets = &world.targets;
    let taken_at_us = world.timeline.now_us();
    targets.processes.halt_all_but(CARD_GATEWAY);
    let mut snapshot = Snapshot {
        taken_at_us,
        quiet,
        tables: checkers::collect::tables(reader.pool).await.map_err(|error| format!("reading Postgres: {error}"))?,
        ..Snapshot::default()
    };
    let skus: Vec<&str> = world.limits.skus.iter().map(|sku| sku.sku.as_str()).collect();
    let mut connection = reader.redis.connect().await.map_err(|error| format!("reaching Redis: {error}"))?;
    let gate = checkers::collect::gate(&mut connection, &skus).await;
    snapshot.gate = Some(gate.map_err(|error| format!("reading Redis: {error}"))?);
    let intents = checkers::collect::card_intents(reader.http, CARD_GATEWAY).await;
    snapshot.card_intents = Some(intents.map_err(|error| format!("reading the card gateway: {error}"))?);
    let record = |(partition, offset, event_id): (i32, i64, String)| TopicRecord {
        order_id: event_id.rsplit_once(':').map_or(event_id.as_str(), |(order, _)| order).to_owned(),
        event_id,
        partition,
        offset,
    };
    snapshot.leak_gauge = Some(world.metrics.iter().map(|(_, metrics)| metrics.leaked_holds()).sum());
    snapshot.topic = Some(targets.kafka.records(ORDER_TOPIC).into_iter().map(record).collect());
    Ok(snapshot)
}
