//! The table of all keys. What is not in it is refused; what is in it is documented by it.

/// What a key's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text without line breaks; empty for none.
    Text,
    /// A text that is never shown.
    Secret,
    /// A whole number in this range.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// `host:port`.
    Address,
    /// A URL of one of these schemes; empty for none. A password in it is never shown.
    Url(&'static [&'static str]),
}

impl Kind {
    /// The kind in words, for errors and documentation.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Secret => "secret text".to_owned(),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Address => "an address as host:port".to_owned(),
            Self::Url(schemes) => format!("a URL that begins with {}", schemes.join(" or ")),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name, tables separated by dots.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is when nobody says.
    pub default: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
}

impl Key {
    /// Its name in the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("DOORBUSTER_{}", self.name.replace('.', "_").to_uppercase())
    }
}

const fn key(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
    Key { name, kind, default, help }
}

/// Durations: up to a day.
const MS: Kind = Kind::Number { min: 0, max: 86_400_000 };
/// Intervals and timeouts, which must not be zero: up to a day.
const MS_1: Kind = Kind::Number { min: 1, max: 86_400_000 };
const COUNT: Kind = Kind::Number { min: 1, max: 1_000_000 };
const HTTP: Kind = Kind::Url(&["http://", "https://"]);

/// Every key, in the order in which they are documented.
pub const KEYS: &[Key] = &[
    key("listen", Kind::Address, "127.0.0.1:8080", "where HTTP is served; port 0 takes a free one"),
    key("shutdown.drain_ms", MS, "10000", "how long requests under way may take to end after SIGTERM"),
    key("http.head_timeout_ms", MS_1, "30000", "how long the head of a request may take, and a connection lie idle"),
    key("http.body_timeout_ms", MS_1, "10000", "how long the body of a request may take"),
    key("http.stall_timeout_ms", MS_1, "10000", "how long a client may take nothing of its answer"),
    key("http.max_head_bytes", Kind::Number { min: 8_192, max: 1_048_576 }, "16384", "the largest head of a request"),
    key("http.max_connections", COUNT, "16384", "connections at once; further clients wait"),
    key("log.format", Kind::Word(&["human", "json"]), "human", "how log lines are written, on stderr"),
    key("log.filter", Kind::Text, "info", "which log lines are written, as tracing's EnvFilter reads it"),
    key(
        "texts.folder",
        Kind::Text,
        "",
        "files here replace the platform's own statements and scripts of the same name",
    ),
    key("trace.endpoint", HTTP, "", "where traces are sent by OTLP over HTTP; none are without it"),
    key("postgres.url", Kind::Url(&["postgres://", "postgresql://"]), "", "the database"),
    key("postgres.password", Kind::Secret, "", "the database's password, where its URL has none"),
    key("postgres.lane_connections", COUNT, "16", "connections of a lane's pool"),
    key("postgres.worker_connections", COUNT, "8", "connections of the pool all other roles of a process share"),
    key("postgres.acquire_timeout_ms", MS_1, "1000", "how long a caller waits for a connection"),
    key("postgres.statement_timeout_ms", MS_1, "2000", "how long a statement may take"),
    key(
        "catalog.postgres_url",
        Kind::Url(&["postgres://", "postgresql://"]),
        "",
        "the catalog's own database; no catalog is served without it",
    ),
    key("catalog.postgres_password", Kind::Secret, "", "its password, where its URL has none"),
    key("catalog.connections", COUNT, "8", "connections of the catalog's pool"),
    key("catalog.fresh_ms", MS_1, "2000", "how long a page is fresh"),
    key("catalog.while_loading_ms", MS, "3000", "how long after that it is served while it is loaded anew"),
    key("catalog.life_ms", MS_1, "600000", "how long a page is kept for when the database is away"),
    key("catalog.page_size", Kind::Number { min: 1, max: 1_000 }, "24", "products on a page of a list"),
    key(
        "search.url",
        HTTP,
        "",
        "the search server, as OpenSearch 2 speaks; without it, searches are answered by plain lists",
    ),
    key("search.limit_ms", MS_1, "250", "how long it may take before a plain list is shown instead"),
    key("search.retry_ms", MS_1, "1000", "how long nobody asks it again after it was away"),
    key("search.max_in_flight", COUNT, "64", "questions a process asks it at once; beyond that a plain list is shown"),
    key("search.page_size", Kind::Number { min: 1, max: 1_000 }, "24", "products on a page of a search"),
    key(
        "cart.life_ms",
        Kind::Number { min: 1_000, max: 86_400_000 },
        "1800000",
        "how long a cart lives after its last use",
    ),
    key("cart.max_lines", Kind::Number { min: 1, max: 1_000 }, "50", "lines of one cart"),
    key(
        "accounts.hash_memory_kib",
        Kind::Number { min: 8, max: 1_048_576 },
        "19456",
        "memory of a password's hash, in KiB",
    ),
    key("accounts.hash_passes", Kind::Number { min: 1, max: 100 }, "2", "how often a password's hash goes over it"),
    key(
        "accounts.session_life_ms",
        Kind::Number { min: 60_000, max: 31_536_000_000 },
        "2592000000",
        "how long a session lasts",
    ),
    key("shop.secret", Kind::Secret, "", "what cursors and carts' cookies are signed with, in every process the same"),
    key("redis.url", Kind::Url(&["redis://", "rediss://"]), "", "the gate"),
    key("redis.password", Kind::Secret, "", "the gate's password, where its URL has none"),
    key("redis.connect_timeout_ms", MS_1, "250", "how long connecting to Redis may take"),
    key("kafka.brokers", Kind::Text, "", "the log's brokers, as host:port, separated by commas"),
    key("kafka.partitions", COUNT, "6", "partitions of the order topic, where it has to be created"),
    key(
        "kafka.replication",
        Kind::Number { min: 1, max: 64 },
        "1",
        "copies of the order topic, where it has to be created",
    ),
    key(
        "card_gateway.url",
        HTTP,
        "",
        "the card gateway: Stripe's API, spoken in version 2024-12-18.acacia whatever the account's is",
    ),
    key("card_gateway.api_key", Kind::Secret, "", "the key this platform shows to the card gateway"),
    key("card_gateway.webhook_secret", Kind::Secret, "", "what the card gateway signs its webhooks with"),
    key(
        "card_gateway.search_lag_ms",
        MS,
        "120000",
        "how far its search may trail behind its record; Stripe says a minute",
    ),
    key("services.orders", HTTP, "", "where the orders role is, for roles that run alone"),
    key("services.flash_sale", HTTP, "", "where the flash-sale role is, for roles that run alone"),
    key("services.catalog", HTTP, "", "where the catalog role is, for gateways that run alone"),
    key("services.recommendations", HTTP, "", "where the recommendations role is, for gateways that run alone"),
    key("services.accounts", HTTP, "", "where the accounts role is, for gateways that run alone"),
    key("services.inventory", HTTP, "", "where the inventory role is, for roles that run alone"),
    key("gateway.replicas", COUNT, "1", "gateways that share the limits per product"),
    key("gateway.per_sku_rate_per_s", COUNT, "10000", "checkouts admitted per second and product, over all gateways"),
    key("gateway.per_sku_burst", COUNT, "1000", "checkouts admitted at once per product, over all gateways"),
    key("gateway.lane_timeout_ms", MS_1, "3000", "how long a lane may take before the shopper hears 202"),
    key("gateway.products_refresh_ms", MS_1, "5000", "how often the product list is read again"),
    key("gateway.max_body_bytes", Kind::Number { min: 64, max: 16_777_216 }, "16384", "the largest request body"),
    key("gateway.max_quantity", COUNT, "10", "the largest quantity of one checkout"),
    key(
        "gateway.shopper_header",
        Kind::Word(&["trusted", "ignored"]),
        "trusted",
        "whether X-Shopper-Id is believed; ignored wherever shoppers reach the gateway themselves",
    ),
    key("flash_lane.max_in_flight", COUNT, "10000", "checkouts under way at once; beyond it 429"),
    key("flash_lane.max_sagas", COUNT, "256", "sagas under way at once; others wait"),
    key("flash_lane.degraded_rate_per_s", COUNT, "50", "checkouts per second while Redis is away"),
    key("flash_lane.sold_out_cache_ms", MS, "50", "how long a sold-out answer is repeated without asking"),
    key("flash_lane.saga_lease_ms", MS_1, "5000", "how long a saga keeps its order from compensation"),
    key("flash_lane.products_refresh_ms", MS_1, "5000", "how often the product list is read again"),
    key("ordinary_lane.max_in_flight", COUNT, "10000", "checkouts under way at once; beyond it 429"),
    key("ordinary_lane.max_sagas", COUNT, "256", "sagas under way at once; others wait"),
    key("ordinary_lane.degraded_rate_per_s", COUNT, "50", "checkouts per second while Redis is away"),
    key("ordinary_lane.sold_out_cache_ms", MS, "50", "how long a sold-out answer is repeated without asking"),
    key("ordinary_lane.saga_lease_ms", MS_1, "5000", "how long a saga keeps its order from compensation"),
    key("ordinary_lane.products_refresh_ms", MS_1, "5000", "how often the product list is read again"),
    key("gate.hold_ttl_ms", MS_1, "10000", "how long a hold lives without being confirmed or renewed"),
    key("gate.tombstone_ttl_ms", MS_1, "600000", "how long a settled hold is remembered"),
    key("gate.command_timeout_ms", MS_1, "250", "how long a command may take before Redis counts as away"),
    key("gate.open_lease_ms", MS_1, "1000", "how long a process believes the gate open"),
    key("gate.reconnect_delay_ms", MS, "100", "the pause before a lost connection is tried again"),
    key("gate.upkeep_interval_ms", MS_1, "250", "how often the inventory role tends the gate"),
    key("gate.leak_patience_ms", MS_1, "3000", "how long a leak must stand before counters are rebuilt"),
    key(
        "commit.strategy",
        Kind::Word(&["version", "conditional", "buckets", "group"]),
        "group",
        "how the hard commit takes units from stock",
    ),
    key("commit.buckets", COUNT, "16", "rows a product's stock is split over, for buckets"),
    key("commit.group_max", COUNT, "50", "orders in one transaction, for group"),
    key("commit.group_delay_ms", MS, "2", "how long the first order of a group waits for others"),
    key("commit.attempts", COUNT, "4", "tries of one saga"),
    key("commit.backoff_ms", MS, "10", "the pause before the second try; it doubles"),
    key("payment.timeout_ms", MS_1, "1000", "how long one request to the card gateway may take"),
    key("payment.attempts", COUNT, "2", "tries of one saga, under one idempotency key"),
    key("payment.backoff_ms", MS, "50", "the pause before the second try; it doubles"),
    key("compensation.poll_ms", MS_1, "200", "how often unsettled orders are looked for"),
    key("compensation.batch", COUNT, "50", "orders taken up at once"),
    key("compensation.lease_ms", MS_1, "5000", "how long a worker keeps an order to itself"),
    key("compensation.commit_attempts", COUNT, "3", "tries to commit a captured order before it is refunded"),
    key("compensation.backoff_ms", MS, "500", "the pause after a try that settled nothing; it doubles"),
    key("fulfilment.relay_poll_ms", MS_1, "50", "how often the relay looks when there was nothing"),
    key("fulfilment.relay_batch", COUNT, "200", "events published in one transaction"),
    key("fulfilment.consumer_batch", COUNT, "200", "records a consumer takes at once"),
    key("fulfilment.retry_delay_ms", MS, "200", "the pause of relay and consumers after an error"),
    key("fulfilment.warehouse_poll_ms", MS_1, "500", "how often the warehouse looks for parcels that are due"),
    key("fulfilment.picking_ms", MS, "1000", "from taking an order up to handing it to the carrier"),
    key("fulfilment.transit_ms", MS, "2000", "from the carrier to the shopper"),
];

/// The key of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
