//! Engines in the process, with the platform's schema, its topic, and the card gateway on the switchboard.

use std::sync::Arc;
use std::time::Duration;

use change_stream::Table;
use embedded::{
    CardGateway, Connector, KafkaServer, Log, Pool, PoolOptions, PostgresServer, RedisServer, SearchServer,
    Switchboard, change_stream as connector,
};
use platform::config::Config;
use platform::messages::{CARD_GATEWAY, CATALOG_TOPIC, ORDER_TOPIC, PAYMENTS, SEARCH_ENGINE};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::sql::SqlPool;

use super::ServeError;
use crate::settings::Settings;
use crate::stores::Stores;

/// Everything that a deployment would have around the platform, in this process.
pub struct EmbeddedStores {
    /// The stores.
    pub stores: Stores,
    /// The way to all services, the card gateway among them.
    pub switchboard: Arc<Switchboard>,
    /// The platform's configuration; its webhook secret is this process's own.
    pub config: Arc<Config>,
    /// The card gateway.
    pub card_gateway: Arc<CardGateway>,
}

impl EmbeddedStores {
    /// Starts the engines. Needs a runtime.
    ///
    /// # Errors
    /// When an engine refuses the schema or the topic.
    pub fn start(settings: &Settings, clock: Arc<dyn Clock>, entropy: &Entropy) -> Result<Self, ServeError> {
        let mut config = settings.platform_config();
        if config.payment.webhook_secret.is_empty() {
            // Nobody outside this process has to know it.
            config.payment.webhook_secret = format!("whsec_{:016x}{:016x}", entropy.next_u64(), entropy.next_u64());
        }
        if config.shop.secret.is_empty() {
            config.shop.secret = super::drawn_secret(entropy);
        }
        let texts = Texts::embedded();
        let postgres = database(settings, clock.clone(), false, texts.migrations())?;
        let catalog = database(settings, clock.clone(), true, texts.catalog_migrations())?;
        let redis = RedisServer::start(redis_engine::Config::default(), entropy.next_u64(), clock.clone());
        let partitions = i32::try_from(settings.number("kafka.partitions")).expect("checked when it was read");
        let topics = [(ORDER_TOPIC, partitions), (CATALOG_TOPIC, partitions)];
        let kafka = KafkaServer::start(&topics, clock.clone())
            .map_err(|error| ServeError::Engine(format!("the engine refuses the topic: {error}")))?;
        let events = Arc::new(Log::new(kafka));
        connector::follow(&catalog, Table { name: "products", key: "sku" }, events.clone(), CATALOG_TOPIC);
        let search = SearchServer::new(clock.clone());
        let card_gateway = CardGateway::new(config.payment.webhook_secret.clone(), clock);
        let switchboard = Switchboard::new();
        switchboard.plug_in(CARD_GATEWAY, card_gateway.router());
        switchboard.plug_in(SEARCH_ENGINE, search.router());
        let pool = |key| -> Arc<dyn SqlPool> { Arc::new(Pool::new(postgres.clone(), pool_options(settings, key))) };
        let catalog = Arc::new(Pool::new(catalog, pool_options(settings, "catalog.connections")));
        let stores = Stores {
            flash_lane: pool("postgres.lane_connections"),
            ordinary_lane: pool("postgres.lane_connections"),
            workers: pool("postgres.worker_connections"),
            catalog,
            redis: Arc::new(Connector::new(redis)),
            events,
        };
        Ok(Self { stores, switchboard, config: Arc::new(config), card_gateway })
    }

    /// Lets the card gateway tell the platform of what happened, from now on.
    pub fn deliver_webhooks(&self) {
        self.card_gateway.deliver_webhooks(self.switchboard.clone(), PAYMENTS, "/webhooks/payments");
    }

    /// Waits until the gate is open, so that the first shopper finds a shop that sells.
    pub async fn opened(&self) {
        const LOOK: Duration = Duration::from_millis(20);
        loop {
            let open = self.stores.workers.query(include_str!("../../sql/gate_is_open.sql"), &[]).await;
            if open.is_ok_and(|rows| rows.first().is_some()) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// A server of its own with this schema.
fn database<'a>(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    change_feed: bool,
    migrations: impl Iterator<Item = (&'static str, &'a str)>,
) -> Result<Arc<PostgresServer>, ServeError> {
    let server = PostgresServer::start(engine_config(settings, change_feed), clock);
    for (name, script) in migrations {
        let refused = |error| ServeError::Engine(format!("the engine refuses {name}: {error}"));
        server.run_script(script).map_err(refused)?;
    }
    Ok(server)
}

fn engine_config(settings: &Settings, change_feed: bool) -> postgres_engine::Config {
    let statement_timeout_us = settings.duration("postgres.statement_timeout_ms").as_micros();
    postgres_engine::Config {
        statement_timeout_us: u64::try_from(statement_timeout_us).expect("at most a day"),
        max_connections: 2 * settings.size("postgres.lane_connections")
            + settings.size("postgres.worker_connections")
            + 8,
        change_feed,
        ..postgres_engine::Config::default()
    }
}

fn pool_options(settings: &Settings, size: &str) -> PoolOptions {
    PoolOptions {
        size: settings.size(size),
        acquire_timeout: settings.duration("postgres.acquire_timeout_ms"),
        // The server's own timeout comes first, so that its error and not a guess is what is heard.
        answer_timeout: settings.duration("postgres.statement_timeout_ms") + Duration::from_millis(500),
    }
}
