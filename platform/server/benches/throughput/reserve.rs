//! Soft reservations: the platform's gate against `redis-benchmark` with the same script.
//!
//! The platform's processes have one Redis connection each, over which the commands of all callers are pipelined; so the
//! reference has one connection with as many commands under way. A second one, with a connection per caller and nothing
//! pipelined, is shown beside it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use platform::config::Config;
use platform::texts::{TextId, Texts};
use platform::transaction::inventory::keys::{GATE_EPOCH, SkuKeys};
use platform::transaction::steps::Reserving;
use redis::Script;
use testbed::{Engine, client_program};
use tokio::task::block_in_place;
use tokio::time::Instant;

use crate::report::Row;
use crate::servers::{CLIENTS, Servers};
use crate::{Plan, failed};

/// What is reserved.
pub(crate) const SKU: &str = "RESERVED";
/// What redis-benchmark replaces by twelve digits drawn anew for each command.
const DRAWN: &str = "__rand_int__";

pub(crate) async fn measure(servers: &Servers, plan: Plan) -> Result<Row, String> {
    let mut config = Config::default();
    config.gate.hold_ttl = Duration::from_secs(86_400);
    // A turn is to measure Redis, not the patience of its callers.
    config.gate.command_timeout = Duration::from_secs(5);
    let reserving = Arc::new(Reserving::new(servers.context(config)?, SKU));
    if !reserving.reserve("ord_first").await {
        return Err("the gate gave no hold".to_owned());
    }
    let numbers = Arc::new(AtomicU64::new(0));
    let mut row = Row::new("soft reserves/s", 0.6, "redis-benchmark, same script, 1 connection, 100 under way");
    let mut unpipelined = Vec::new();
    load(&reserving, &numbers, plan.turn / 4).await?;
    for _ in 0..plan.rounds {
        let reserved = load(&reserving, &numbers, plan.turn).await?;
        // As many as the platform took, so that both leave the sets of holds equally longer.
        let commands = reserved * plan.turn.as_secs_f64();
        row.platform.push(reserved);
        row.bare.push(redis_benchmark(servers, commands, 1, CLIENTS)?);
        unpipelined.push(redis_benchmark(servers, commands / 2.0, CLIENTS, 1)?);
    }
    row.also("redis-benchmark, 100 connections, 1 under way on each", unpipelined);
    Ok(row)
}

/// Holds a second, taken by all callers together.
async fn load(reserving: &Arc<Reserving>, numbers: &Arc<AtomicU64>, turn: Duration) -> Result<f64, String> {
    let began = Instant::now();
    let callers: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(keep_reserving(reserving.clone(), numbers.clone(), began + turn))).collect();
    let mut taken = 0_u32;
    for caller in callers {
        taken += caller.await.map_err(failed)??;
    }
    Ok(f64::from(taken) / began.elapsed().as_secs_f64())
}

async fn keep_reserving(reserving: Arc<Reserving>, numbers: Arc<AtomicU64>, until: Instant) -> Result<u32, String> {
    let mut taken = 0_u32;
    while Instant::now() < until {
        let order_id = format!("ord_{:032}", numbers.fetch_add(1, Ordering::Relaxed));
        if !reserving.reserve(&order_id).await {
            return Err(format!("{order_id} got no hold"));
        }
        taken += 1;
    }
    Ok(taken)
}

/// Runs of the same script a second.
fn redis_benchmark(servers: &Servers, commands: f64, connections: usize, pipelined: usize) -> Result<f64, String> {
    let epoch = servers.sql("SELECT epoch FROM gate_epoch")?;
    let keys = SkuKeys::of(SKU);
    let order_id = format!("ord_{:020}{DRAWN}", 0);
    let hash = Script::new(Texts::embedded().get(TextId::LUA_RESERVE)).get_hash().to_owned();
    let program = client_program(Engine::Redis, "redis-benchmark").map_err(failed)?;
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &servers.redis.port().to_string(), "--csv", "-r", "1000000000000"]);
    command.args(["-n", &format!("{commands:.0}"), "-c", &connections.to_string(), "-P", &pipelined.to_string()]);
    command.args(["EVALSHA", &hash, "4", GATE_EPOCH, &keys.stock, &keys.holds, &keys.hold(&order_id)]);
    let expires_ms = "1900000000000";
    command.args([&epoch, "1", expires_ms, &order_id, "0123456789abcdef0123456789abcdef"]);
    let output = block_in_place(|| command.output()).map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout);
    // "name","requests a second","mean latency",…
    let rate = text.lines().last().and_then(|line| line.rsplit("\",\"").nth(6)).and_then(|word| word.parse().ok());
    rate.ok_or_else(|| format!("redis-benchmark: {text}{}", String::from_utf8_lossy(&output.stderr)))
}
