//! Reads Redis: counters, live holds and the epoch, with plain commands.

use ports::redis_port::Connection;
use redis::RedisResult;

use super::CollectError;
use crate::snapshot::{Gate, GateSku, HoldRow};

/// The epoch that scripts must carry.
const EPOCH_KEY: &str = "gate:epoch";

/// Reads what Redis holds of `skus`. Several commands, and so no single moment: to be asked once all is quiet.
///
/// # Errors
/// The first error of Redis.
pub async fn gate(connection: &mut Connection, skus: &[&str]) -> Result<Gate, CollectError> {
    let epoch: Option<i64> = redis::cmd("GET").arg(EPOCH_KEY).query_async(connection).await?;
    let mut read = Vec::with_capacity(skus.len());
    for sku in skus {
        read.push(of_sku(connection, sku).await?);
    }
    Ok(Gate { epoch, skus: read })
}

/// The braces are part of the keys: all keys of a product lie in one slot of a cluster.
async fn of_sku(connection: &mut Connection, sku: &str) -> RedisResult<GateSku> {
    let counter: Option<i64> = redis::cmd("GET").arg(format!("stock:{{{sku}}}")).query_async(connection).await?;
    let index = format!("holds:{{{sku}}}");
    let ids: Vec<String> = redis::cmd("ZRANGE").arg(index).arg(0).arg(-1).query_async(connection).await?;
    let mut holds = Vec::with_capacity(ids.len());
    for order_id in ids {
        let key = format!("hold:{{{sku}}}:{order_id}");
        let fields = redis::cmd("HMGET").arg(key).arg("state").arg("quantity").query_async(connection).await?;
        let (state, quantity): (Option<String>, Option<i64>) = fields;
        holds.push(HoldRow { order_id, state, quantity: quantity.unwrap_or(0) });
    }
    Ok(GateSku { sku: sku.to_owned(), counter, holds })
}
