//! How much is left while the load goes on: in Redis as the platform tells its shoppers, and in Postgres.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use record::Gauge;
use serde::Deserialize;

use super::Stores;
use crate::measure::Tally;
use crate::shop::Shop;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(250);
/// Products asked for by address; a scenario of thousands is watched in Postgres alone.
const ASKED: usize = 8;
/// How long an answer may take before this look is skipped.
const PATIENCE: Duration = Duration::from_millis(1_000);

#[derive(Deserialize)]
struct Availability {
    available: i64,
}

/// Looks again and again; never returns.
pub async fn watch(shop: Arc<Shop>, stores: Option<Arc<Stores>>, tally: Arc<Mutex<Tally>>) {
    let skus: Vec<&str> = shop.catalogue.products.iter().map(|product| product.sku.as_str()).collect();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !shop.clock.has_begun() {
            continue;
        }
        let offered = if skus.len() <= ASKED { offered(&shop, &skus).await } else { None };
        let on_hand = match &stores {
            Some(stores) => stores.on_hand(&skus).await.ok().map(|on_hand| on_hand.values().sum()),
            None => None,
        };
        let at_us = shop.clock.now_us();
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        for (gauge, reading) in [(Gauge::StockLeftRedis, offered), (Gauge::StockLeftPostgres, on_hand)] {
            if let Some(reading) = reading {
                tally.series.gauge(gauge, at_us, reading);
            }
        }
    }
}

/// Units of all products that the platform offers; none unless it says so for each.
async fn offered(shop: &Shop, skus: &[&str]) -> Option<i64> {
    let mut sum = 0;
    for sku in skus {
        let request = Request::get(format!("/v1/products/{sku}/availability")).body(Full::new(Bytes::new())).ok()?;
        let response = tokio::time::timeout(PATIENCE, shop.client.send(request)).await.ok()?.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        sum += serde_json::from_slice::<Availability>(response.body()).ok()?.available;
    }
    Some(sum)
}
