//! The real servers, the products that are measured on, and the platform as a process.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use live::kafka::{KafkaSettings, LiveLog};
use live::postgres::{PostgresPool, PostgresSettings};
use live::redis::LiveRedis;
use platform::bugs::Bugs;
use platform::config::Config;
use platform::context::Context;
use platform::metrics::Metrics;
use platform::texts::Texts;
use ports::entropy::Entropy;
use server::clock::SystemClock;
use testbed::{Kafka, Persistence, Postgres, PostgresOptions, Program, Redis, free_port, psql};
use tokio::task::block_in_place;

use crate::failed;

/// The platform's command, built as this bench is.
const PLATFORM: &str = env!("CARGO_BIN_EXE_platform");
/// Callers at once, of every part.
pub(crate) const CLIENTS: usize = 100;
/// What is looked at.
pub(crate) const SHOWN: &str = "SHOWN";
/// Of this nothing was ever stocked.
pub(crate) const SOLD_OUT: &str = "SOLD-OUT";
/// Of everything else there is more than any run can sell.
pub(crate) const PLENTY: i64 = 1_600_000_000;
/// Rows the stock of `buckets` is split over.
pub(crate) const BUCKETS: i64 = 16;

/// Postgres, Redis, Kafka and, between [`Servers::open_shop`] and [`Servers::close_shop`], the platform.
pub(crate) struct Servers {
    shop: Option<Program>,
    pub(crate) redis: Redis,
    kafka: Kafka,
    _postgres: Postgres,
    database: String,
    catalog: String,
}

impl Servers {
    /// Starts the servers; Postgres waits for the disk at each commit, as in use.
    pub(crate) fn start() -> Result<Self, String> {
        let kafka = Kafka::start().map_err(failed)?;
        let settings = vec![("max_connections".to_owned(), "150".to_owned())];
        let options = PostgresOptions { fsync: true, settings, ..PostgresOptions::default() };
        let postgres = Postgres::start_with(&options).map_err(failed)?;
        let redis = Redis::start(Persistence::AofEverySecond).map_err(failed)?;
        let database = postgres.create_database("shop").map_err(failed)?;
        let catalog = postgres.create_database("catalog").map_err(failed)?;
        let servers = Self { shop: None, redis, kafka, _postgres: postgres, database, catalog };
        let mut migrate = Command::new(PLATFORM);
        let migrated = migrate.arg("migrate").envs(servers.settings("127.0.0.1:0")).output().map_err(failed)?;
        if !migrated.status.success() {
            return Err(String::from_utf8_lossy(&migrated.stderr).into_owned());
        }
        servers.show_product()?;
        servers.add_product(SOLD_OUT, 0)?;
        servers.add_product(crate::reserve::SKU, PLENTY)?;
        Ok(servers)
    }

    /// Runs SQL.
    pub(crate) fn sql(&self, sql: &str) -> Result<String, String> {
        block_in_place(|| psql(&self.database, sql)).map_err(failed)
    }

    /// A product of the catalog, with a page as long as pages are.
    fn show_product(&self) -> Result<(), String> {
        let sentences = "It does what it says, quietly and for years. ".repeat(8);
        let page = format!(
            "INSERT INTO sellers VALUES ('s', 'A seller');
             INSERT INTO categories VALUES ('c', 'A category');
             INSERT INTO products VALUES ('{SHOWN}', 's', 'c', 'A product', '{sentences}',
                                          '{{\"colour\": \"black\", \"power\": \"2200 W\"}}',
                                          4990, 'usd', true, NULL, 'active', 1, now());"
        );
        block_in_place(|| psql(&self.catalog, &page)).map_err(failed)?;
        self.add_product(SHOWN, 100)
    }

    /// The database's address.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// A flash product with so many units.
    pub(crate) fn add_product(&self, sku: &str, units: i64) -> Result<(), String> {
        let stocked = if units == 0 {
            String::new()
        } else {
            format!(
                "INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
                 VALUES ('{sku}', 'stocked', 'initial', {units}, now());"
            )
        };
        self.sql(&format!(
            "INSERT INTO products VALUES ('{sku}', '{sku}', 4990, 'usd', true, now());
             INSERT INTO inventory VALUES ('{sku}', {units}, 1, 'open');
             {stocked}"
        ))
        .map(drop)
    }

    /// `platform serve`, all roles, with room for any number of shoppers and a gate that is tended once.
    pub(crate) async fn open_shop(&mut self) -> Result<(), String> {
        let port = free_port().map_err(failed)?;
        let settings = self.settings(&format!("127.0.0.1:{}", port.number()));
        let command = [PLATFORM, "serve"];
        self.shop = Some(block_in_place(|| Program::start("platform", port, &command, &settings)).map_err(failed)?);
        let url = self.shop_url()?;
        for _ in 0..400 {
            let ready = reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status().is_success());
            if ready && self.sql("SELECT state FROM gate_epoch")? == "open" {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = self.shop.as_ref().map(|shop| shop.log_tail()).unwrap_or_default();
        Err(format!("the platform did not open its gate:\n{log}"))
    }

    /// Where it is served.
    pub(crate) fn shop_url(&self) -> Result<String, String> {
        self.shop.as_ref().map(Program::url).ok_or_else(|| "the platform is not running".to_owned())
    }

    /// Ends the platform.
    pub(crate) fn close_shop(&mut self) {
        block_in_place(|| self.shop = None);
    }

    fn settings(&self, listen: &str) -> Vec<(String, String)> {
        let bootstrap = self.kafka.bootstrap();
        let redis = self.redis.url();
        let settings = [
            ("LISTEN", listen),
            ("POSTGRES_URL", &self.database),
            ("CATALOG_POSTGRES_URL", &self.catalog),
            ("SHOP_SECRET", "of a bench"),
            ("REDIS_URL", &redis),
            ("KAFKA_BROKERS", &bootstrap),
            // Nobody pays here.
            ("CARD_GATEWAY_URL", "http://127.0.0.1:9"),
            ("CARD_GATEWAY_WEBHOOK_SECRET", "whsec_of_a_bench"),
            ("GATEWAY_PER_SKU_RATE_PER_S", "1000000"),
            ("GATEWAY_PER_SKU_BURST", "1000000"),
            ("GATE_HOLD_TTL_MS", "86400000"),
        ];
        settings.map(|(key, value)| (format!("DOORBUSTER_{key}"), value.to_owned())).to_vec()
    }

    /// The platform's own ports over these servers, for code that is called in this process.
    pub(crate) fn context(&self, config: Config) -> Result<Context, String> {
        let connections = u32::try_from(CLIENTS).expect("a hundred");
        let settings = PostgresSettings {
            max_connections: connections,
            // On a busy machine a hundred connections take their time to open; that is not what is measured.
            acquire_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(60),
            ..PostgresSettings::default()
        };
        Ok(Context {
            sql: Arc::new(PostgresPool::new(&self.database, settings).map_err(failed)?),
            redis: Arc::new(LiveRedis::new(&self.redis.url(), Duration::from_secs(1)).map_err(failed)?),
            events: Arc::new(LiveLog::new(KafkaSettings {
                brokers: self.kafka.bootstrap(),
                ..KafkaSettings::default()
            })),
            http: embedded::Switchboard::new(),
            clock: Arc::new(SystemClock),
            entropy: Entropy::from_seed(1),
            texts: Texts::embedded(),
            config: Arc::new(config),
            bugs: Bugs::none(),
            metrics: Metrics::default(),
        })
    }
}
