//! The discovery path as it is deployed, over engines in the process: catalog, change stream, indexer, search server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use change_stream::Table;
use embedded::{
    Connector, KafkaServer, Log, Pool, PoolOptions, PostgresServer, RedisServer, SearchServer, Switchboard,
    change_stream as connector,
};
use http::{Request, StatusCode};
use platform::bugs::Bugs;
use platform::config::Config;
use platform::context::Context;
use platform::discovery::search::rebuild;
use platform::messages::{CATALOG_TOPIC, SEARCH_ENGINE};
use platform::metrics::Metrics;
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::events::EventLog;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The wall clock of a test: as fast as tokio's.
pub(crate) struct TestClock(Instant);

impl Clock for TestClock {
    fn now_us(&self) -> i64 {
        1_700_000_000_000_000 + i64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

/// The stores, a catalog process, and indexers that come and go.
pub(crate) struct Shop {
    pub(crate) context: Context,
    pub(crate) switchboard: Arc<Switchboard>,
    pub(crate) search: Arc<SearchServer>,
    pub(crate) log: Arc<dyn EventLog>,
    catalog: Router,
    database: Arc<PostgresServer>,
}

/// An indexer; it dies when this is dropped.
pub(crate) struct Indexer(Vec<JoinHandle<()>>);

impl Drop for Indexer {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Shop {
    /// A shop with two categories and two sellers, and no products yet.
    pub(crate) fn open() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TestClock(Instant::now()));
        let config = postgres_engine::Config { change_feed: true, ..postgres_engine::Config::default() };
        let database = PostgresServer::start(config, clock.clone());
        for (name, script) in Texts::embedded().catalog_migrations() {
            database.run_script(script).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        database
            .run_script(
                "INSERT INTO categories VALUES ('home', 'Home'), ('toys', 'Toys');
                 INSERT INTO sellers VALUES ('Hearth & Co', 'Hearth & Co'), ('Bricks', 'Bricks')",
            )
            .unwrap();
        let kafka = KafkaServer::start(&[(CATALOG_TOPIC, 3)], clock.clone()).unwrap();
        let log: Arc<dyn EventLog> = Arc::new(Log::new(kafka));
        connector::follow(&database, Table { name: "products", key: "sku" }, log.clone(), CATALOG_TOPIC);
        let redis = RedisServer::start(redis_engine::Config::default(), 7, clock.clone());
        let search = SearchServer::new(clock.clone());
        let switchboard = Switchboard::new();
        switchboard.plug_in(SEARCH_ENGINE, search.router());
        let mut config = Config::default();
        config.shop.secret = "s".into();
        config.shop.catalog.page_size = 4;
        // So long that only an invalidation makes a page change within a test.
        config.shop.catalog.fresh = Duration::from_secs(600);
        config.shop.search.page_size = 4;
        config.shop.search.retry = Duration::from_millis(50);
        config.shop.search.limit = Duration::from_secs(5);
        let second = Duration::from_secs(1);
        let pool = PoolOptions { size: 4, acquire_timeout: second, answer_timeout: second };
        let context = Context {
            sql: Arc::new(Pool::new(database.clone(), pool)),
            redis: Arc::new(Connector::new(redis)),
            events: log.clone(),
            http: switchboard.clone(),
            clock,
            entropy: Entropy::from_seed(7),
            texts: Texts::embedded(),
            config: Arc::new(config),
            bugs: Bugs::none(),
            metrics: Metrics::default(),
        };
        let catalog = roles::build(Role::Catalog, context.clone()).router;
        Self { context, switchboard, search, log, catalog, database }
    }

    /// Starts an indexer.
    pub(crate) fn indexer(&self) -> Indexer {
        let context = Context { entropy: self.context.entropy.fork(), ..self.context.clone() };
        let process = roles::build(Role::Indexer, context);
        Indexer(process.workers.into_iter().map(|worker| tokio::spawn(worker.future)).collect())
    }

    /// Changes the catalog's database.
    pub(crate) fn run(&self, script: &str) {
        self.database.run_script(script).unwrap();
    }

    /// Adds a product.
    pub(crate) fn add(&self, sku: &str, name: &str, category: &str, seller: &str, price_cents: i64) {
        self.run(&format!(
            "INSERT INTO products VALUES ('{sku}', '{seller}', '{category}', '{name}', 'Stands on a table.', \
             '{{\"colour\": \"black\"}}', {price_cents}, 'usd', false, NULL, 'active', 1, '2026-01-01T00:00:00Z')"
        ));
    }

    /// Asks the catalog role.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.catalog.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Searches; the query as forms write it.
    pub(crate) async fn find(&self, query: &str) -> Value {
        let (status, page) = self.get(&format!("/internal/catalog/search?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        page
    }

    /// The SKUs of a search's first page.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        let page = self.find(query).await;
        assert_eq!(page["degraded"], false, "{query}: {page}");
        skus(&page)
    }

    /// Waits until the index holds just what the table says, row by row.
    pub(crate) async fn settled(&self) {
        let same = async {
            loop {
                let expected = rebuild::expected(&self.context).await.unwrap();
                match rebuild::indexed(&self.context).await {
                    Ok(indexed) if indexed == expected => return,
                    _ => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        if timeout(PATIENCE, same).await.is_err() {
            let expected = rebuild::expected(&self.context).await.unwrap();
            panic!("the table: {expected:#?}\nthe index: {:#?}", rebuild::indexed(&self.context).await);
        }
    }
}

/// The SKUs of a page.
pub(crate) fn skus(page: &Value) -> Vec<String> {
    let products = page["products"].as_array().unwrap();
    products.iter().map(|product| product["sku"].as_str().unwrap().to_owned()).collect()
}
