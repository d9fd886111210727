//! Every setting of the platform, with its unit and its default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the hard commit takes units from stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommitStrategy {
    /// Read the row, then write it if its version has not changed. Collapses on one hot row; kept to show why.
    Version,
    /// `UPDATE … WHERE on_hand >= n`.
    Conditional,
    /// The stock split over rows, with stealing.
    Buckets,
    /// One transaction commits many orders.
    Group,
}

impl CommitStrategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [Self::Version, Self::Conditional, Self::Buckets, Self::Group];

    /// The name in scenarios and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Conditional => "conditional",
            Self::Buckets => "buckets",
            Self::Group => "group",
        }
    }
}

/// The settings of all roles; each reads its own section.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Admission at the edge.
    pub gateway: GatewayConfig,
    /// The lane for flash products.
    pub flash_lane: LaneConfig,
    /// The lane for all other products.
    pub ordinary_lane: LaneConfig,
    /// The Redis gate and its upkeep.
    pub gate: GateConfig,
    /// The hard commit.
    pub commit: CommitConfig,
    /// Talking to the card gateway.
    pub payment: PaymentConfig,
    /// The compensation worker.
    pub compensation: CompensationConfig,
    /// Relay, consumers and warehouse.
    pub fulfilment: FulfilmentConfig,
    /// The shop around the sale.
    pub shop: ShopConfig,
}

/// Admission at the edge.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayConfig {
    /// How many gateways share the per-SKU limits below; each admits its share.
    pub replicas: u32,
    /// Checkouts admitted per second and SKU, over all gateways.
    pub per_sku_rate_per_s: u32,
    /// Checkouts a full bucket admits at once per SKU, over all gateways.
    pub per_sku_burst: u32,
    /// How long a lane may take to answer before the gateway answers 202 with a status URL.
    pub lane_timeout: Duration,
    /// How often the product list is read again.
    pub products_refresh: Duration,
    /// The largest request body taken in, in bytes.
    pub max_body_bytes: usize,
    /// The largest quantity of one checkout.
    pub max_quantity: i64,
    /// Whether `X-Shopper-Id` is believed: only where whoever sets it has checked who is asking.
    pub trusts_shopper_header: bool,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            replicas: 1,
            per_sku_rate_per_s: 10_000,
            per_sku_burst: 1_000,
            lane_timeout: Duration::from_millis(3_000),
            products_refresh: Duration::from_millis(5_000),
            max_body_bytes: 16 * 1024,
            max_quantity: 10,
            trusts_shopper_header: true,
        }
    }
}

/// One lane: a pool and limits that no other lane shares.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneConfig {
    /// Checkouts under way at once in one process; beyond it 429.
    pub max_in_flight: usize,
    /// Sagas (from the placed order to the commit) under way at once in one process; others wait for a place.
    pub max_sagas: usize,
    /// Checkouts per second and process while Redis is away and Postgres works alone.
    pub degraded_rate_per_s: u32,
    /// How long a sold-out answer of the gate is repeated without asking it again.
    pub sold_out_cache: Duration,
    /// How long the saga keeps an order to itself before the compensation worker may take it up.
    pub saga_lease: Duration,
    /// How often the product list is read again.
    pub products_refresh: Duration,
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self {
            max_in_flight: 10_000,
            max_sagas: 256,
            degraded_rate_per_s: 50,
            sold_out_cache: Duration::from_millis(50),
            saga_lease: Duration::from_millis(5_000),
            products_refresh: Duration::from_millis(5_000),
        }
    }
}

/// The Redis gate and its upkeep.
#[derive(Debug, Clone, PartialEq)]
pub struct GateConfig {
    /// How long a hold lives without being confirmed or renewed.
    pub hold_ttl: Duration,
    /// How long a settled hold's tombstone is kept, so that a late repeat finds it.
    pub tombstone_ttl: Duration,
    /// How long one command may take before Redis counts as away.
    pub command_timeout: Duration,
    /// How long a process believes that the gate is open after Postgres said so. Orders are placed without Redis only
    /// when this has run out everywhere.
    pub open_lease: Duration,
    /// How long a process waits before it tries a lost connection again.
    pub reconnect_delay: Duration,
    /// How often the inventory role looks at Redis, at expired holds and at the leak gauge.
    pub upkeep_interval: Duration,
    /// How long a leak must stand unchanged before the counters are rebuilt.
    pub leak_patience: Duration,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            hold_ttl: Duration::from_millis(10_000),
            tombstone_ttl: Duration::from_millis(600_000),
            command_timeout: Duration::from_millis(250),
            open_lease: Duration::from_millis(1_000),
            reconnect_delay: Duration::from_millis(100),
            upkeep_interval: Duration::from_millis(250),
            leak_patience: Duration::from_millis(3_000),
        }
    }
}

/// The hard commit.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitConfig {
    /// How units are taken from stock.
    pub strategy: CommitStrategy,
    /// Rows a SKU's stock is split over, for `buckets`.
    pub buckets: i64,
    /// Orders in one transaction at most, for `group`.
    pub group_max: usize,
    /// How long the first order of a group waits for others, for `group`.
    pub group_delay: Duration,
    /// Tries of one saga before it leaves the order to the compensation worker.
    pub attempts: u32,
    /// The pause before the second try; it doubles, with jitter.
    pub backoff: Duration,
}

impl Default for CommitConfig {
    fn default() -> Self {
        Self {
            strategy: CommitStrategy::Group,
            buckets: 16,
            group_max: 50,
            group_delay: Duration::from_millis(2),
            attempts: 4,
            backoff: Duration::from_millis(10),
        }
    }
}

/// Talking to the card gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentConfig {
    /// How long one request may take; afterwards its outcome is unknown.
    pub timeout: Duration,
    /// Tries of one saga, all under the same idempotency key.
    pub attempts: u32,
    /// The pause before the second try; it doubles, with jitter.
    pub backoff: Duration,
    /// How far the gateway's search may trail behind its record: zero for the sandbox, a minute and more for Stripe.
    pub search_lag: Duration,
    /// The secret key shown to the gateway; none is shown when it is empty.
    pub api_key: String,
    /// The secret webhooks are signed with.
    pub webhook_secret: String,
}

impl Default for PaymentConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_millis(1_000),
            attempts: 2,
            backoff: Duration::from_millis(50),
            search_lag: Duration::ZERO,
            api_key: String::new(),
            webhook_secret: String::new(),
        }
    }
}

/// The compensation worker.
#[derive(Debug, Clone, PartialEq)]
pub struct CompensationConfig {
    /// How often it looks for orders that are not settled.
    pub poll: Duration,
    /// How many it takes up at once.
    pub batch: i64,
    /// How long it keeps one to itself.
    pub lease: Duration,
    /// Tries to commit a captured order before its money is given back.
    pub commit_attempts: i64,
    /// The pause after a try that did not settle an order; it doubles up to a minute.
    pub backoff: Duration,
}

impl Default for CompensationConfig {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(200),
            batch: 50,
            lease: Duration::from_millis(5_000),
            commit_attempts: 3,
            backoff: Duration::from_millis(500),
        }
    }
}

/// Relay, consumers and warehouse.
#[derive(Debug, Clone, PartialEq)]
pub struct FulfilmentConfig {
    /// How often the relay looks for unpublished events when there were none.
    pub relay_poll: Duration,
    /// Events published in one transaction.
    pub relay_batch: i64,
    /// Records a consumer takes at once.
    pub consumer_batch: usize,
    /// How long a consumer or the relay waits after an error.
    pub retry_delay: Duration,
    /// How often the warehouse looks for parcels that are due.
    pub warehouse_poll: Duration,
    /// Time from taking an order up to handing it to the carrier.
    pub picking_time: Duration,
    /// Time from the carrier to the shopper.
    pub transit_time: Duration,
}

impl Default for FulfilmentConfig {
    fn default() -> Self {
        Self {
            relay_poll: Duration::from_millis(50),
            relay_batch: 200,
            consumer_batch: 200,
            retry_delay: Duration::from_millis(200),
            warehouse_poll: Duration::from_millis(500),
            picking_time: Duration::from_millis(1_000),
            transit_time: Duration::from_millis(2_000),
        }
    }
}

/// The shop around the sale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShopConfig {
    /// What cursors and carts' cookies are signed with; the same in every process.
    pub secret: String,
    /// The catalog.
    pub catalog: CatalogConfig,
    /// Search, and the index behind it.
    pub search: SearchConfig,
    /// Carts.
    pub cart: CartConfig,
    /// Accounts.
    pub accounts: AccountsConfig,
}

/// Where the work of a password's hash is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashOn {
    /// On threads of their own, so that no other request waits for it.
    Threads,
    /// Where it is asked for: in simulated time there are no threads, and the cost is low.
    Spot,
}

/// Accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountsConfig {
    /// Memory a password's hash works over, in KiB.
    pub hash_memory_kib: u32,
    /// How often it goes over that memory.
    pub hash_passes: u32,
    /// Where it is done.
    pub hash_on: HashOn,
    /// How long a session lasts.
    pub session_life: Duration,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self { hash_memory_kib: 8, hash_passes: 1, hash_on: HashOn::Spot, session_life: Duration::from_secs(2_592_000) }
    }
}

/// Search, and the index behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchConfig {
    /// How long the search server may take before a plain listing is shown instead.
    pub limit: Duration,
    /// How long nobody asks it again after it was away; also the indexer's pause after an error.
    pub retry: Duration,
    /// Questions one process asks it at once; beyond that a plain listing is shown.
    pub max_in_flight: usize,
    /// Products on a page.
    pub page_size: i64,
    /// Changes taken from the change stream at once.
    pub batch: usize,
    /// How long a write to the index may take.
    pub write_limit: Duration,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            limit: Duration::from_millis(250),
            retry: Duration::from_millis(1_000),
            max_in_flight: 64,
            page_size: 24,
            batch: 500,
            write_limit: Duration::from_millis(10_000),
        }
    }
}

/// Carts.
#[derive(Debug, Clone, PartialEq)]
pub struct CartConfig {
    /// How long a cart lives after its last use.
    pub life: Duration,
    /// Lines of one cart at most.
    pub max_lines: i64,
}

impl Default for CartConfig {
    fn default() -> Self {
        Self { life: Duration::from_secs(1_800), max_lines: 50 }
    }
}

/// The catalog and its cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogConfig {
    /// How long a page is fresh at most; up to a fifth less, so that pages filled together do not end together.
    pub fresh: Duration,
    /// How long after that a page is still served while it is loaded anew.
    pub while_loading: Duration,
    /// How long a page is kept, for when Postgres is away.
    pub life: Duration,
    /// How long it is believed that there is no such page.
    pub absent: Duration,
    /// How long a process passes on what it has just seen without asking Redis.
    pub kept: Duration,
    /// How long Postgres may take to give a page.
    pub load_limit: Duration,
    /// How long nobody asks Postgres for a page again that it did not give.
    pub retry: Duration,
    /// How long a loader has its page to itself: longer than `load_limit`, or two load at once.
    pub lock: Duration,
    /// How long a reader without any page waits for its loader.
    pub wait: Duration,
    /// How long a look may take altogether.
    pub read_limit: Duration,
    /// Products on a page of a list.
    pub page_size: i64,
}

impl CatalogConfig {
    /// How old a page may be when it is served while nothing is broken.
    #[must_use]
    pub fn bound(&self) -> Duration {
        self.fresh + self.while_loading
    }
}

impl Default for CatalogConfig {
    fn default() -> Self {
        Self {
            fresh: Duration::from_millis(2_000),
            while_loading: Duration::from_millis(3_000),
            life: Duration::from_millis(600_000),
            absent: Duration::from_millis(2_000),
            kept: Duration::from_millis(50),
            load_limit: Duration::from_millis(500),
            retry: Duration::from_millis(1_000),
            lock: Duration::from_millis(600),
            wait: Duration::from_millis(700),
            read_limit: Duration::from_millis(900),
            page_size: 24,
        }
    }
}
