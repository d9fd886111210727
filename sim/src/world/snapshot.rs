//! Stops the platform at the end of a run and reads the stores, through the same ports that a live audit uses.

use std::sync::Arc;
use std::time::Duration;

use checkers::Snapshot;
use checkers::snapshot::TopicRecord;
use platform::messages::{CARD_GATEWAY, ORDER_TOPIC};
use ports::entropy::Entropy;
use ports::redis_port::RedisConnector;

use super::adapters::http::SimHttp;
use super::adapters::redis::SimRedis;
use super::adapters::sql::{PoolOptions, SimPool};
use super::build::World;
use super::settings;

/// How long a store may take over one answer: a table of a long run is read whole, and rows take time.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// The stores as they stand now. The platform's processes end here: several stores read one after the other fit together
/// only while nobody writes, and what a run that did not drain has under way would look like a broken promise. The card
/// gateway drops what it was being asked and is read like the others.
///
/// # Errors
/// When a store cannot be read: which, and why.
pub async fn take(world: &World, quiet: bool) -> Result<Snapshot, String> {
    let targets = &world.targets;
    let taken_at_us = world.timeline.now_us();
    targets.processes.halt_all_but(CARD_GATEWAY);
    let options = PoolOptions { answer_timeout: PATIENCE, ..settings::pool(1) };
    let pool = SimPool::new(targets.postgres.clone(), world.observer_at, options);
    let mut snapshot = Snapshot {
        taken_at_us,
        quiet,
        tables: checkers::collect::tables(&pool).await.map_err(|error| format!("reading Postgres: {error}"))?,
        ..Snapshot::default()
    };
    let skus: Vec<&str> = world.limits.skus.iter().map(|sku| sku.sku.as_str()).collect();
    let redis = SimRedis::new(targets.redis.clone(), world.observer_at, Duration::from_secs(1));
    let mut connection = redis.connect().await.map_err(|error| format!("reaching Redis: {error}"))?;
    let gate = checkers::collect::gate(&mut connection, &skus).await;
    snapshot.gate = Some(gate.map_err(|error| format!("reading Redis: {error}"))?);
    let http = Arc::new(SimHttp::new(targets.processes.clone(), world.observer_at, Entropy::from_seed(0)));
    let intents = checkers::collect::card_intents(&*http, CARD_GATEWAY).await;
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
