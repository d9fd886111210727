//! A catalog whose stores can be counted, slowed and taken away; several replicas share them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use embedded::{redis_values, sql_values};
use http::{HeaderMap, Request, StatusCode};
use platform::bugs::Bugs;
use platform::config::{CatalogConfig, Config};
use platform::context::Context;
use platform::metrics::{Counter, Metrics};
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::events::{EventConsumer, EventError, EventLog, EventProducer};
use ports::http_port::{HttpClient, HttpError, ServiceName};
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value};
use redis_engine::{ClientId, Redis, Reply};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now_us(&self) -> i64 {
        1_700_000_000_000_000 + i64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

/// What all replicas share.
pub(crate) struct World {
    database: Mutex<postgres_engine::Postgres>,
    redis: Mutex<Redis>,
    clock: VirtualClock,
    pub(crate) database_away: AtomicBool,
    pub(crate) redis_away: AtomicBool,
    pub(crate) inventory_away: AtomicBool,
    /// Statements Postgres was sent.
    pub(crate) statements: AtomicU64,
    /// Questions the inventory role was asked.
    pub(crate) asked: AtomicU64,
    /// How long a statement takes, in milliseconds.
    pub(crate) statement_ms: AtomicU64,
}

/// One process of the catalog.
pub(crate) struct Replica {
    router: Router,
    pub(crate) metrics: Metrics,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: serde_json::Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    /// A catalog of `count` products of category `toys`, `T000` and so on, and `LAMP` of category `home`.
    pub(crate) fn with_products(count: usize) -> Arc<Self> {
        let clock = VirtualClock(Instant::now());
        let mut database = postgres_engine::Postgres::new(postgres_engine::Config::default());
        let session = database.connect().unwrap();
        let mut script = String::new();
        for (_, text) in Texts::embedded().catalog_migrations() {
            script.push_str(text);
            script.push_str(";\n");
        }
        script.push_str(
            "INSERT INTO categories VALUES ('toys', 'Toys'), ('home', 'Home'), ('empty', 'Empty');\n\
             INSERT INTO sellers VALUES ('s', 'Seller');\n",
        );
        let toys = (0..count).map(|number| (format!("T{number:03}"), "toys"));
        for (sku, category) in toys.chain([("LAMP".to_owned(), "home")]) {
            script.push_str(&format!(
                "INSERT INTO products VALUES ('{sku}', 's', '{category}', 'Name of {sku}', 'It is.', '{{\"a\": \"b\"}}', \
                 2500, 'usd', false, NULL, 'active', 1, '2026-01-01T00:00:00Z');\n"
            ));
        }
        database.execute_script(session, &script, clock.now_us()).unwrap();
        database.disconnect(session, clock.now_us());
        Arc::new(Self {
            database: Mutex::new(database),
            redis: Mutex::new(Redis::new(redis_engine::Config::default(), 7)),
            clock,
            database_away: AtomicBool::new(false),
            redis_away: AtomicBool::new(false),
            inventory_away: AtomicBool::new(false),
            statements: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            statement_ms: AtomicU64::new(5),
        })
    }

    /// A replica, with randomness of its own.
    pub(crate) fn replica(self: &Arc<Self>, seed: u64) -> Replica {
        self.replica_with(seed, CatalogConfig { page_size: 3, ..CatalogConfig::default() })
    }

    /// A replica with settings of its own.
    pub(crate) fn replica_with(self: &Arc<Self>, seed: u64, catalog: CatalogConfig) -> Replica {
        let mut config = Config::default();
        config.shop.secret = "s".into();
        config.shop.catalog = catalog;
        let metrics = Metrics::default();
        let ctx = Context {
            sql: Arc::new(Store(Arc::clone(self))),
            redis: Arc::new(Store(Arc::clone(self))),
            events: Arc::new(Store(Arc::clone(self))),
            http: Arc::new(Store(Arc::clone(self))),
            clock: Arc::new(VirtualClock(self.clock.0)),
            entropy: Entropy::from_seed(seed),
            texts: Texts::embedded(),
            config: Arc::new(config),
            bugs: Bugs::none(),
            metrics: metrics.clone(),
        };
        Replica { router: roles::build(Role::Catalog, ctx).router, metrics }
    }

    /// Runs a statement beside the catalog.
    pub(crate) fn run(&self, statement: &str) {
        let mut database = self.database.lock().unwrap();
        let session = database.connect().unwrap();
        database.execute_script(session, statement, self.clock.now_us()).unwrap();
        database.disconnect(session, self.clock.now_us());
    }

    /// Redis forgets everything, as after a crash without persistence.
    pub(crate) fn lose_redis_data(&self) {
        self.redis.lock().unwrap().crash_and_restart(self.clock.now_ms());
    }

    /// Keys in Redis.
    pub(crate) fn keys(&self) -> i64 {
        let mut redis = self.redis.lock().unwrap();
        let client = redis.connect();
        let reply = redis.execute(client, &[b"DBSIZE"], self.clock.now_ms());
        redis.disconnect(client);
        match reply {
            Reply::Int(count) => count,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}

impl Replica {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or(serde_json::Value::Null);
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn product(&self, sku: &str) -> Answer {
        self.get(&format!("/internal/catalog/products/{sku}")).await
    }

    pub(crate) fn count(&self, counter: Counter) -> u64 {
        self.metrics.get(counter)
    }
}

struct Store(Arc<World>);

#[async_trait]
impl SqlPool for Store {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let world = &self.0;
        world.statements.fetch_add(1, Ordering::Relaxed);
        let takes = Duration::from_millis(world.statement_ms.load(Ordering::Relaxed));
        if world.database_away.load(Ordering::Relaxed) {
            sleep(takes).await;
            return Err(SqlError::ConnectionLost);
        }
        let rows = world.read(sql, params);
        // The answer is on its way while others change what it says.
        sleep(takes).await;
        Ok(rows)
    }

    async fn begin(&self, _: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        panic!("the catalog only reads")
    }
}

impl World {
    fn read(&self, sql: &str, params: &[SqlValue]) -> Rows {
        let values = sql_values::parameters(params);
        let mut database = self.database.lock().unwrap();
        let session = database.connect().unwrap();
        let step = database.submit(session, sql, &values, self.clock.now_us());
        database.disconnect(session, self.clock.now_us());
        let postgres_engine::Step::Done(reply) = step else { panic!("a read never waits") };
        sql_values::rows(reply.unwrap_or_else(|error| panic!("{sql}: {error:?}")))
    }
}

#[async_trait]
impl RedisConnector for Store {
    async fn connect(&self) -> RedisResult<Connection> {
        sleep(Duration::from_micros(300)).await;
        if self.0.redis_away.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let client = self.0.redis.lock().unwrap().connect();
        Ok(Connection::new(Box::new(Client { world: Arc::clone(&self.0), client })))
    }
}

#[derive(Clone)]
struct Client {
    world: Arc<World>,
    client: ClientId,
}

impl RedisConnection for Client {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl Client {
    async fn run(&self, command: &Cmd) -> RedisResult<Value> {
        sleep(Duration::from_micros(200)).await;
        if self.world.redis_away.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let words = redis_values::words(command);
        let reply = self.world.redis.lock().unwrap().execute(self.client, &words, self.world.clock.now_ms());
        redis_values::value(reply).extract_error()
    }
}

impl ConnectionLike for Client {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.run(cmd))
    }

    fn req_packed_commands<'a>(&'a mut self, _: &'a Pipeline, _: usize, _: usize) -> RedisFuture<'a, Vec<Value>> {
        panic!("no pipeline is used")
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn lost() -> RedisError {
    RedisError::from((ErrorKind::Io, "the connection was lost"))
}

#[async_trait]
impl HttpClient for Store {
    async fn call(
        &self,
        service: ServiceName,
        _: Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, HttpError> {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(1)).await;
        if self.0.inventory_away.load(Ordering::Relaxed) {
            return Err(HttpError::Unreachable { service });
        }
        let body = r#"{"sku":"LAMP","available":7,"as_of_ms":1,"source":"gate"}"#;
        Ok(http::Response::new(Bytes::from_static(body.as_bytes())))
    }
}

#[async_trait]
impl EventLog for Store {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Err(EventError::Unreachable)
    }

    async fn consumer(&self, _: &'static str, _: &[&'static str]) -> Result<Box<dyn EventConsumer>, EventError> {
        Err(EventError::Unreachable)
    }
}
