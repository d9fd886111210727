//! A scenario in the terms of the parts it sets up: the platform's configuration, costs, pools, limits, the catalogue.

use std::time::Duration;

use checkers::Limits;
use checkers::limits::{AdmissionLimit, ShopLimits, SkuLimits};
use checkers::targets::{Bound, Figure, Target};
use platform::config::{
    CatalogConfig, CommitConfig, CommitStrategy, CompensationConfig, Config, FulfilmentConfig, GateConfig,
    GatewayConfig, LaneConfig, PaymentConfig, ShopConfig,
};
use redis_engine::Persistence;
use scenario::Scenario;

use super::crowd::Habits;
use super::hosts::card_gateway::{CardGatewayCosts, WEBHOOK_SECRET};
use super::hosts::kafka::KafkaCosts;
use super::hosts::postgres::PostgresCosts;
use super::hosts::redis::RedisCosts;
use super::network::NetworkOptions;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn us(us: u64) -> i64 {
    i64::try_from(us).expect("checked when the scenario was read")
}

fn ppm(ratio: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ratios lie in 0..=1")]
    let ppm = (ratio * 1_000_000.0).round() as u32;
    ppm
}

/// A ratio of the scenario in parts per million.
#[must_use]
pub fn ratio_ppm(ratio: f64) -> u32 {
    ppm(ratio)
}

/// The commit strategy of a scenario's word.
#[must_use]
pub fn strategy(word: scenario::CommitStrategy) -> CommitStrategy {
    match word {
        scenario::CommitStrategy::Version => CommitStrategy::Version,
        scenario::CommitStrategy::Conditional => CommitStrategy::Conditional,
        scenario::CommitStrategy::Buckets => CommitStrategy::Buckets,
        scenario::CommitStrategy::Group => CommitStrategy::Group,
        scenario::CommitStrategy::Drawn => unreachable!("a drawn strategy is settled before the run"),
    }
}

/// The platform's configuration.
#[must_use]
pub fn platform_config(scenario: &Scenario, strategy: CommitStrategy) -> Config {
    let options = &scenario.platform;
    let gateway = GatewayConfig {
        replicas: options.replicas.gateway,
        per_sku_rate_per_s: options.gateway.per_sku_rate_per_s,
        per_sku_burst: options.gateway.per_sku_burst,
        lane_timeout: ms(options.gateway.lane_timeout_ms),
        products_refresh: ms(options.gateway.products_refresh_ms),
        ..GatewayConfig::default()
    };
    let gate = GateConfig {
        hold_ttl: ms(options.gate.hold_ttl_ms),
        tombstone_ttl: ms(options.gate.tombstone_ttl_ms),
        command_timeout: ms(options.gate.command_timeout_ms),
        reconnect_delay: ms(options.gate.reconnect_delay_ms),
        upkeep_interval: ms(options.gate.upkeep_interval_ms),
        leak_patience: ms(options.gate.leak_patience_ms),
        open_lease: ms(options.gate.open_lease_ms),
    };
    let commit = CommitConfig {
        strategy,
        buckets: i64::from(options.commit.buckets),
        group_max: index(options.commit.group_max),
        group_delay: ms(options.commit.group_delay_ms),
        attempts: options.commit.attempts,
        backoff: ms(options.commit.backoff_ms),
    };
    let payment = PaymentConfig {
        timeout: ms(options.payment.timeout_ms),
        attempts: options.payment.attempts,
        backoff: ms(options.payment.backoff_ms),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        ..PaymentConfig::default()
    };
    let compensation = CompensationConfig {
        poll: ms(options.compensation.poll_ms),
        batch: i64::from(options.compensation.batch),
        lease: ms(options.compensation.lease_ms),
        commit_attempts: i64::from(options.compensation.commit_attempts),
        backoff: ms(options.compensation.backoff_ms),
    };
    let fulfilment = FulfilmentConfig {
        relay_poll: ms(options.fulfilment.relay_poll_ms),
        relay_batch: i64::from(options.fulfilment.relay_batch),
        consumer_batch: index(options.fulfilment.consumer_batch),
        retry_delay: ms(options.fulfilment.retry_delay_ms),
        warehouse_poll: ms(options.fulfilment.warehouse_poll_ms),
        picking_time: ms(options.fulfilment.picking_ms),
        transit_time: ms(options.fulfilment.transit_ms),
    };
    Config {
        gateway,
        flash_lane: lane(&options.flash_lane),
        ordinary_lane: lane(&options.ordinary_lane),
        gate,
        commit,
        payment,
        compensation,
        fulfilment,
        shop: shop(scenario),
    }
}

fn shop(scenario: &Scenario) -> ShopConfig {
    let options = &scenario.platform.catalog;
    let catalog = CatalogConfig {
        fresh: ms(options.fresh_ms),
        while_loading: ms(options.while_loading_ms),
        life: ms(options.life_ms),
        absent: ms(options.absent_ms),
        kept: ms(options.kept_ms),
        load_limit: ms(options.load_limit_ms),
        retry: ms(options.retry_ms),
        lock: ms(options.lock_ms),
        wait: ms(options.wait_ms),
        read_limit: ms(options.read_limit_ms),
        page_size: i64::from(options.page_size),
    };
    // Every process of a world signs with the same secret; nobody there forges.
    ShopConfig { secret: "of this world".to_owned(), catalog, ..ShopConfig::default() }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit an index")
}

fn lane(options: &scenario::Lane) -> LaneConfig {
    LaneConfig {
        max_in_flight: index(options.max_in_flight),
        max_sagas: index(options.max_sagas),
        degraded_rate_per_s: options.degraded_rate_per_s,
        sold_out_cache: ms(options.sold_out_cache_ms),
        saga_lease: ms(options.saga_lease_ms),
        products_refresh: ms(options.products_refresh_ms),
    }
}

/// How long the platform has before the doors open: it boots in half a second, and setting the gate's counters takes a
/// round trip for each few dozen products.
#[must_use]
pub fn opening_us(scenario: &Scenario) -> i64 {
    const BOOT_US: i64 = 500_000;
    const PRODUCT_US: i64 = 100;
    let products = i64::try_from(scenario.catalogue().products.len()).expect("fewer than 65,536 products");
    BOOT_US + products * PRODUCT_US
}

/// How a database pool behaves.
#[derive(Debug, Clone, Copy)]
pub struct PoolOptions {
    /// Connections at most.
    pub size: usize,
    /// How long a caller waits for one.
    pub acquire_timeout: Duration,
    /// How long a caller waits for an answer before it gives the connection up.
    pub answer_timeout: Duration,
}

/// A pool of `size` connections.
#[must_use]
pub fn pool(size: u32) -> PoolOptions {
    PoolOptions { size: index(size), acquire_timeout: ms(1_000), answer_timeout: ms(2_000) }
}

/// Costs of Postgres.
#[must_use]
pub fn postgres_costs(scenario: &Scenario) -> PostgresCosts {
    let costs = &scenario.calibration.postgres;
    PostgresCosts {
        parallelism: index(costs.parallelism),
        statement_us: us(costs.statement_us),
        row_us: us(costs.row_us),
        flush_us: us(costs.commit_fsync_us),
    }
}

/// Costs of Redis.
#[must_use]
pub fn redis_costs(scenario: &Scenario) -> RedisCosts {
    let costs = &scenario.calibration.redis;
    RedisCosts { command_us: us(costs.command_us), script_us: us(costs.script_us) }
}

/// Costs of Kafka.
#[must_use]
pub fn kafka_costs(scenario: &Scenario) -> KafkaCosts {
    let costs = &scenario.calibration.kafka;
    KafkaCosts { parallelism: index(costs.parallelism), produce_us: us(costs.produce_us), fetch_us: us(costs.fetch_us) }
}

/// Costs of the card gateway.
#[must_use]
pub fn card_gateway_costs(scenario: &Scenario) -> CardGatewayCosts {
    let costs = &scenario.calibration.payments;
    CardGatewayCosts {
        authorize_us: us(costs.authorize_us),
        capture_us: us(costs.capture_us),
        refund_us: us(costs.refund_us),
    }
}

/// The network.
#[must_use]
pub fn network(scenario: &Scenario) -> NetworkOptions {
    let options = &scenario.network;
    NetworkOptions {
        latency_min_us: u32::try_from(options.hop_min_us).expect("at most ten seconds"),
        latency_mean_us: u32::try_from(options.hop_mean_us).expect("at most ten seconds"),
        drop_ppm: ppm(options.drop_ratio),
        retransmit_us: 200_000,
    }
}

/// How Redis is set up. A crash that names a persistence mode of its own decides for the whole run: a server has one.
#[must_use]
pub fn redis_config(scenario: &Scenario, faults: &[scenario::ScheduledFault]) -> redis_engine::Config {
    let of_crash = faults.iter().find_map(|fault| {
        let scenario::Fault::RedisCrash { persistence } = &fault.fault else { return None };
        *persistence
    });
    let persistence = match of_crash.unwrap_or(scenario.redis.persistence) {
        scenario::Persistence::None => Persistence::None,
        scenario::Persistence::Rdb => {
            Persistence::Rdb { save_every_ms: us(scenario.redis.snapshot_interval_ms), after_changes: 1 }
        }
        scenario::Persistence::AofEverysec => Persistence::AofEverysec,
        scenario::Persistence::AofAlways => Persistence::AofAlways,
    };
    redis_engine::Config::new(persistence).with_replica(us(scenario.redis.replica_lag_ms))
}

/// What shoppers do beyond what is drawn for each.
#[must_use]
pub fn habits(scenario: &Scenario) -> Habits {
    let shoppers = &scenario.shoppers;
    Habits {
        retry_backoff_us: i64::from(shoppers.retry_backoff_ms) * 1_000,
        bot_retry_us: i64::from(shoppers.bot_retry_ms) * 1_000,
        slow_network_us: i64::from(shoppers.slow_network_add_ms) * 1_000,
        waiting_ppm: ppm(shoppers.waiting_ratio),
        waiting_retry_us: i64::from(shoppers.waiting_retry_ms) * 1_000,
        waiting_until_us: us(scenario.run.duration_ms + shoppers.waiting_after_ms) * 1_000,
        cancel_ppm: ppm(shoppers.cancel_ratio),
    }
}

/// What the checkers hold the run to.
#[must_use]
pub fn limits(scenario: &Scenario) -> Limits {
    let gateway = &scenario.platform.gateway;
    let admission = AdmissionLimit { rate_per_s: gateway.per_sku_rate_per_s, burst: gateway.per_sku_burst };
    let sku = |product: &scenario::Product| SkuLimits {
        sku: product.sku.clone(),
        stocked: Some(us(product.stock)),
        admission: Some(admission),
        must_sell_out: scenario.targets.sell_everything,
    };
    Limits {
        skus: scenario.catalogue().products.iter().map(sku).collect(),
        admission_jitter_us: 0,
        drain_limit_us: us(scenario.run.drain_limit_ms) * 1_000,
        targets: targets(scenario),
        shop: None,
    }
}

/// What pages and carts are held to; none where there is no shop. `faults` may set how Redis keeps its data.
#[must_use]
pub fn shop_limits(scenario: &Scenario, faults: &[scenario::ScheduledFault]) -> Option<ShopLimits> {
    scenario.browsing.as_ref()?;
    let catalog = &scenario.platform.catalog;
    let in_us = |ms: u64| us(ms) * 1_000;
    // A command that Redis did not answer, and the time until it is connected to again.
    let redis_us = in_us(scenario.platform.gate.command_timeout_ms + scenario.platform.gate.reconnect_delay_ms);
    let redis_loses_us = match redis_config(scenario, faults).persistence {
        Persistence::None => None,
        // The snapshot that was being taken may be the one before the last.
        Persistence::Rdb { save_every_ms, .. } => Some(2 * save_every_ms * 1_000 + SLACK_US),
        Persistence::AofEverysec => Some(1_000_000 + SLACK_US),
        Persistence::AofAlways => Some(in_us(scenario.redis.replica_lag_ms) + SLACK_US),
    };
    Some(ShopLimits {
        bound_us: in_us(catalog.fresh_ms + catalog.while_loading_ms),
        absent_us: in_us(catalog.absent_ms + catalog.kept_ms),
        fresh_us: in_us(catalog.fresh_ms) * 4 / 5,
        load_us: in_us(catalog.lock_ms) + redis_us,
        recovery_us: in_us(catalog.retry_ms + catalog.lock_ms + catalog.read_limit_ms) + redis_us,
        redis_loses_us,
    })
}

/// What ticks and hops add to what a server promises, in microseconds.
const SLACK_US: i64 = 300_000;

/// The scenario's own numbers, in the checker's figures.
fn targets(scenario: &Scenario) -> Vec<Target> {
    let wanted = &scenario.targets;
    let in_us = |ms: Option<u64>| ms.map(|ms| Bound::AtMost(us(ms) * 1_000));
    let errors = wanted.error_budget_ratio.map(|ratio| Bound::AtMost(i64::from(ppm(ratio))));
    let bounds = [
        (Figure::OrdersPerS, wanted.orders_per_s.map(|rate| Bound::AtLeast(us(rate)))),
        (Figure::LastSaleAfterUs, in_us(wanted.sold_out_within_ms)),
        (Figure::ErrorsPerMillion, errors),
        (Figure::WonP99Us, in_us(wanted.p99_ms.won)),
        (Figure::SoldOutP99Us, in_us(wanted.p99_ms.sold_out)),
        (Figure::LimitedP99Us, in_us(wanted.p99_ms.limited)),
        (Figure::PendingP99Us, in_us(wanted.p99_ms.queued)),
    ];
    bounds.into_iter().filter_map(|(figure, bound)| Some(Target { figure, bound: bound? })).collect()
}

/// The rows with which the platform starts: products, stock, its ledger, and the buckets of that strategy.
#[must_use]
pub fn first_rows(scenario: &Scenario, strategy: CommitStrategy) -> String {
    // One transaction: nobody, not even a checker, may see a product without its ledger.
    let mut script = String::from("BEGIN;\n");
    for product in scenario.catalogue().products {
        let sku = product.sku.replace('\'', "''");
        let stock = us(product.stock);
        let buckets = match strategy {
            CommitStrategy::Buckets => i64::from(scenario.platform.commit.buckets),
            CommitStrategy::Version | CommitStrategy::Conditional | CommitStrategy::Group => 0,
        };
        let in_row = if buckets == 0 { stock } else { 0 };
        script.push_str(&format!(
            "INSERT INTO products (sku, name, price_cents, currency, flash, created_at) \
             VALUES ('{sku}', '{sku}', {}, 'usd', {}, now());\n\
             INSERT INTO inventory (sku, on_hand, version, status) VALUES ('{sku}', {in_row}, 1, 'open');\n\
             INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at) \
             VALUES ('{sku}', 'stocked', 'delivery-{sku}', {stock}, now());\n",
            product.price_cents, product.flash,
        ));
        for bucket in 0..buckets {
            let on_hand = stock / buckets + i64::from(bucket < stock % buckets);
            script.push_str(&format!(
                "INSERT INTO inventory_buckets (sku, bucket, on_hand) VALUES ('{sku}', {bucket}, {on_hand});\n"
            ));
        }
    }
    script.push_str("COMMIT;\n");
    script
}
