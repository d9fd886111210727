//! Real servers behind the ports: addresses from the settings, and a look at each server before anything starts.

mod absent;
mod address;
mod probe;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use live::http::{BaseUrl, LiveHttp};
use live::kafka::{KafkaSettings, LiveLog};
use live::postgres::{PostgresPool, PostgresSettings};
use live::redis::LiveRedis;
use platform::messages::{
    ACCOUNTS, CARD_GATEWAY, CATALOG, FLASH_SALE, INVENTORY, ORDERS, RECOMMENDATIONS, SEARCH_ENGINE,
};
use platform::roles::Role;
use ports::http_port::HttpClient;

use crate::settings::{Settings, SettingsError};
use crate::stores::Stores;
use crate::trace_context::Traced;
use absent::Absent;

pub use probe::{StoreError, probe_card_gateway, probe_database, probe_kafka, probe_postgres, probe_redis};

/// How long connecting to a service may take.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_000);
/// The server's own limit comes first, so that its answer and not a guess is what is heard.
const BEYOND_STATEMENT: Duration = Duration::from_millis(2_000);

/// What a role cannot do its work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Postgres.
    pub postgres: bool,
    /// The catalog's database.
    pub catalog: bool,
    /// Redis.
    pub redis: bool,
    /// Kafka.
    pub kafka: bool,
    /// The search server.
    pub search: bool,
    /// The card gateway's API.
    pub card_gateway: bool,
    /// The secret of the card gateway's webhooks.
    pub webhooks: bool,
    /// The other services, at their addresses.
    pub services: bool,
}

impl Needs {
    /// What this role needs. `alone`: the other services are not in its process.
    #[must_use]
    pub fn of(role: Role, alone: bool) -> Self {
        let database = Self { postgres: true, ..Self::default() };
        match role {
            Role::Gateway => Self { services: alone, ..Self::default() },
            Role::FlashSale | Role::Orders | Role::Compensation => Self { redis: true, card_gateway: true, ..database },
            Role::Inventory => Self { redis: true, ..database },
            Role::Catalog => Self { catalog: true, redis: true, ..Self::default() },
            Role::Indexer => Self { catalog: true, redis: true, kafka: true, search: true, ..Self::default() },
            Role::Accounts => database,
            Role::Payments => Self { webhooks: true, ..database },
            Role::OutboxRelay | Role::Notification | Role::Analytics | Role::Warehouse | Role::Recommendations => {
                Self { kafka: true, ..database }
            }
        }
    }

    /// What several roles in one process need.
    #[must_use]
    pub fn of_all(roles: &[Role], alone: bool) -> Self {
        roles.iter().map(|role| Self::of(*role, alone)).fold(Self::default(), |sum, one| Self {
            postgres: sum.postgres | one.postgres,
            catalog: sum.catalog | one.catalog,
            redis: sum.redis | one.redis,
            kafka: sum.kafka | one.kafka,
            search: sum.search | one.search,
            card_gateway: sum.card_gateway | one.card_gateway,
            webhooks: sum.webhooks | one.webhooks,
            services: sum.services | one.services,
        })
    }
}

/// Looks for what must be set and is not, before anything is opened.
///
/// # Errors
/// The first key that is missing.
pub fn require(settings: &Settings, needs: Needs) -> Result<(), SettingsError> {
    let wanted = [
        (needs.postgres, "postgres.url", "the database is needed"),
        (needs.catalog, CATALOG_URL, "the catalog has a database of its own"),
        (needs.catalog, "shop.secret", "what is handed out is signed"),
        (needs.redis, "redis.url", "the gate is needed"),
        (needs.kafka, "kafka.brokers", "the log is needed"),
        (needs.search, SEARCH_URL, "the index is there"),
        (needs.card_gateway, "card_gateway.url", "the card gateway is needed"),
        (needs.webhooks, "card_gateway.webhook_secret", "webhooks are believed only when they are signed"),
        (needs.services, "services.orders", "this role calls it"),
        (needs.services, "services.flash_sale", "this role calls it"),
        (needs.services, "services.inventory", "this role calls it"),
    ];
    for (_, key, why) in wanted.into_iter().filter(|(needed, ..)| *needed) {
        settings.required(key, why)?;
    }
    Ok(())
}

/// The way to every other service and to the card gateway.
///
/// # Errors
/// An address that is none.
pub fn http(settings: &Settings) -> Result<Arc<dyn HttpClient>, SettingsError> {
    let mut services = BTreeMap::new();
    let keys = [
        (ORDERS, "services.orders"),
        (FLASH_SALE, "services.flash_sale"),
        (INVENTORY, "services.inventory"),
        (CATALOG, "services.catalog"),
        (SEARCH_ENGINE, SEARCH_URL),
        (RECOMMENDATIONS, "services.recommendations"),
        (ACCOUNTS, "services.accounts"),
        (CARD_GATEWAY, "card_gateway.url"),
    ];
    for (service, key) in keys {
        let url = settings.text(key);
        if !url.is_empty() {
            let base = BaseUrl::parse(url).map_err(|error| settings.refuse(key, error.to_string()))?;
            services.insert(service, base);
        }
    }
    let client = LiveHttp::new(services, CONNECT_TIMEOUT)
        .map_err(|error| settings.refuse("card_gateway.url", error.to_string()))?;
    // The key itself is the platform's client's to show; here it is found out in time that it cannot be shown.
    HeaderValue::from_str(settings.text("card_gateway.api_key"))
        .map_err(|_| settings.refuse("card_gateway.api_key", "it does not fit a header".to_owned()))?;
    Ok(Arc::new(Traced(client)))
}

/// What comes of a Redis that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutRedis {
    /// Nothing begins: it is to be looked at.
    Fail,
    /// It is waited for: the gate is shut, and checkout works on Postgres alone until it is there.
    Begin,
}

/// The stores that are needed, each looked at: a wrong password or a server that is not there is found before anything
/// is served. What is not needed is absent. A Redis that is there and lets nobody in is an error in any case.
///
/// # Errors
/// A setting that is missing or wrong, or the first server that is not as it must be.
pub async fn connect(settings: &Settings, needs: Needs, without_redis: WithoutRedis) -> Result<Stores, StoreError> {
    let mut stores = Stores {
        flash_lane: Arc::new(Absent),
        ordinary_lane: Arc::new(Absent),
        workers: Arc::new(Absent),
        catalog: Arc::new(Absent),
        redis: Arc::new(Absent),
        events: Arc::new(Absent),
    };
    if needs.postgres {
        let workers = postgres(settings, "postgres.worker_connections")?;
        probe_postgres(settings, &workers).await?;
        stores.workers = Arc::new(workers);
        stores.flash_lane = Arc::new(postgres(settings, "postgres.lane_connections")?);
        stores.ordinary_lane = Arc::new(postgres(settings, "postgres.lane_connections")?);
    }
    if needs.catalog {
        let catalog = catalog(settings)?;
        probe_database(settings, CATALOG_URL, &catalog).await?;
        stores.catalog = Arc::new(catalog);
    }
    if needs.redis {
        let redis = redis(settings)?;
        match probe_redis(settings, &redis).await {
            Err(away @ StoreError::Away { .. }) if without_redis == WithoutRedis::Begin => {
                tracing::warn!(%away, "beginning without Redis");
            }
            looked_at => looked_at?,
        }
        stores.redis = Arc::new(redis);
    }
    if needs.kafka {
        let log = kafka(settings)?;
        probe_kafka(settings, &log).await?;
        stores.events = Arc::new(log);
    }
    Ok(stores)
}

/// The key of the search server.
pub const SEARCH_URL: &str = "search.url";

/// The key of the catalog's database.
pub const CATALOG_URL: &str = "catalog.postgres_url";

/// The pool of the catalog's database; nothing is sent yet.
///
/// # Errors
/// An address that is missing or none, or that of the other database.
pub fn catalog(settings: &Settings) -> Result<PostgresPool, SettingsError> {
    let statement_timeout = settings.duration("postgres.statement_timeout_ms");
    let options = PostgresSettings {
        max_connections: settings.count("catalog.connections"),
        acquire_timeout: settings.duration("postgres.acquire_timeout_ms"),
        answer_timeout: statement_timeout + BEYOND_STATEMENT,
        statement_timeout,
        lock_timeout: statement_timeout,
        ..PostgresSettings::default()
    };
    catalog_with(settings, options)
}

/// The same with these options.
///
/// # Errors
/// As [`catalog`].
pub fn catalog_with(settings: &Settings, options: PostgresSettings) -> Result<PostgresPool, SettingsError> {
    let url = settings.required(CATALOG_URL, "the catalog has a database of its own")?;
    if url == settings.text("postgres.url") {
        return Err(settings.refuse(CATALOG_URL, "it is the database of orders; the catalog needs its own".to_owned()));
    }
    let url = address::with_password(url, settings.text("catalog.postgres_password"));
    PostgresPool::new(&url, options).map_err(|error| settings.refuse(CATALOG_URL, error.to_string()))
}

/// A pool of as many connections as `size` says; nothing is sent yet.
///
/// # Errors
/// An address that is missing or none.
pub fn postgres(settings: &Settings, size: &str) -> Result<PostgresPool, SettingsError> {
    let statement_timeout = settings.duration("postgres.statement_timeout_ms");
    let options = PostgresSettings {
        max_connections: settings.count(size),
        acquire_timeout: settings.duration("postgres.acquire_timeout_ms"),
        answer_timeout: statement_timeout + BEYOND_STATEMENT,
        statement_timeout,
        lock_timeout: statement_timeout,
        ..PostgresSettings::default()
    };
    postgres_with(settings, options)
}

/// A pool with these options.
///
/// # Errors
/// An address that is missing or none.
pub fn postgres_with(settings: &Settings, options: PostgresSettings) -> Result<PostgresPool, SettingsError> {
    settings.required("postgres.url", "the database is needed")?;
    let url = address::with_password(settings.text("postgres.url"), settings.text("postgres.password"));
    PostgresPool::new(&url, options).map_err(|error| settings.refuse("postgres.url", error.to_string()))
}

/// A connector; nothing is sent yet.
///
/// # Errors
/// An address that is missing or none.
pub fn redis(settings: &Settings) -> Result<LiveRedis, SettingsError> {
    settings.required("redis.url", "the gate is needed")?;
    let url = address::with_password(settings.text("redis.url"), settings.text("redis.password"));
    let connect_timeout = settings.duration("redis.connect_timeout_ms");
    LiveRedis::new(&url, connect_timeout).map_err(|error| settings.refuse("redis.url", error.to_string()))
}

/// The log; nothing is sent yet.
///
/// # Errors
/// Brokers that are missing.
pub fn kafka(settings: &Settings) -> Result<LiveLog, SettingsError> {
    let brokers = settings.required("kafka.brokers", "the log is needed")?.to_owned();
    Ok(LiveLog::new(KafkaSettings { brokers, ..KafkaSettings::default() }))
}
