//! A gateway, the orders role, and the engines behind them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use embedded::{CardGateway, Connector, KafkaServer, Log, Pool, PoolOptions, PostgresServer, RedisServer, Switchboard};
use http::{HeaderMap, Method, Request, StatusCode};
use platform::bugs::Bugs;
use platform::config::{CartConfig, Config};
use platform::context::Context;
use platform::messages::{ACCOUNTS, CARD_GATEWAY, ORDER_TOPIC, ORDERS};
use platform::metrics::Metrics;
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::redis_port::{Connection, RedisConnector};
use ports::sql::SqlValue;
use redis::RedisResult;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

struct Running(Instant);

impl Clock for Running {
    fn now_us(&self) -> i64 {
        1_700_000_000_000_000 + i64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

struct NoRedis;

#[async_trait]
impl RedisConnector for NoRedis {
    async fn connect(&self) -> RedisResult<Connection> {
        Err((redis::ErrorKind::Io, "no Redis here").into())
    }
}

/// The shop. It sells `LAMP` at 25.00, `MUG` at 9.00, and `P00` to `P59` at 1.00.
pub(crate) struct Shop {
    gateway: Router,
    postgres: Arc<PostgresServer>,
    ctx: Context,
    /// Ends, with its payments, when this does.
    _cards: Arc<CardGateway>,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The cookie to be sent with the next request.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers.get("set-cookie").expect("a cookie").to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) fn cart_id(&self) -> String {
        self.body["cart_id"].as_str().unwrap_or_else(|| panic!("no cart: {self:?}")).to_owned()
    }

    /// `SKU×quantity` of each line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.body["lines"].as_array().unwrap_or_else(|| panic!("no cart: {self:?}"));
        lines.iter().map(|line| format!("{}×{}", line["sku"].as_str().unwrap(), line["quantity"])).collect()
    }

    /// The last part of a problem's type; empty when it is no problem document.
    pub(crate) fn problem(&self) -> &str {
        let is_problem = self.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
        let kind = self.body["type"].as_str().filter(|_| is_problem).unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(CartConfig::default(), true).await
    }

    /// A shop that has 20 of `LAMP` and `MUG` and 5 of `P00`, an open gate and a card gateway.
    pub(crate) async fn selling() -> Self {
        let shop = Self::open().await;
        for (sku, units) in [("LAMP", 20), ("MUG", 20), ("P00", 5)] {
            let script = format!(
                "INSERT INTO inventory VALUES ('{sku}', {units}, 0, 'open');
                 INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
                 VALUES ('{sku}', 'stocked', 'd1', {units}, now())"
            );
            shop.postgres.run_script(&script).unwrap();
        }
        for worker in roles::build(Role::Inventory, shop.ctx.clone()).workers {
            drop(tokio::spawn(worker.future));
        }
        while shop.int("SELECT count(*) FROM gate_epoch WHERE state = 'open'").await == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        shop
    }

    /// Reads one integer.
    pub(crate) async fn int(&self, sql: &str) -> i64 {
        let rows = self.ctx.sql.query(sql, &[]).await.unwrap();
        let SqlValue::Int(value) = rows.rows[0][0] else { panic!("{sql}: {rows:?}") };
        value
    }

    /// A shop whose gateway believes no header.
    #[allow(dead_code, reason = "only the tests of accounts, which share this shop, need it")]
    pub(crate) async fn at_the_edge() -> Self {
        let mut config = Config::default();
        config.gateway.trusts_shopper_header = false;
        Self::with_config(config, true).await
    }

    pub(crate) async fn with(cart: CartConfig, redis: bool) -> Self {
        let mut config = Config::default();
        config.shop.cart = cart;
        Self::with_config(config, redis).await
    }

    async fn with_config(mut config: Config, redis: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Running(Instant::now()));
        let postgres = PostgresServer::start(postgres_engine::Config::default(), clock.clone());
        for (_, text) in Texts::embedded().migrations() {
            postgres.run_script(text).unwrap();
        }
        let many = (0..60).map(|number| (format!("P{number:02}"), 100));
        for (sku, price) in [("LAMP".to_owned(), 2_500), ("MUG".to_owned(), 900)].into_iter().chain(many) {
            let product = format!("INSERT INTO products VALUES ('{sku}', 'N', {price}, 'usd', false, now())");
            postgres.run_script(&product).unwrap();
        }
        config.shop.secret = "s".into();
        config.gateway.products_refresh = Duration::from_millis(20);
        config.ordinary_lane.products_refresh = Duration::from_millis(20);
        let switchboard = Switchboard::new();
        let options =
            PoolOptions { size: 4, acquire_timeout: Duration::from_secs(5), answer_timeout: Duration::from_secs(5) };
        let redis: Arc<dyn RedisConnector> = if redis {
            Arc::new(Connector::new(RedisServer::start(redis_engine::Config::default(), 7, clock.clone())))
        } else {
            Arc::new(NoRedis)
        };
        let ctx = Context {
            sql: Arc::new(Pool::new(postgres.clone(), options)),
            redis,
            events: Arc::new(Log::new(KafkaServer::start(&[(ORDER_TOPIC, 1)], clock.clone()).unwrap())),
            http: switchboard.clone(),
            clock,
            entropy: Entropy::from_seed(1),
            texts: Texts::embedded(),
            config: Arc::new(config),
            bugs: Bugs::none(),
            metrics: Metrics::default(),
        };
        switchboard.plug_in(ORDERS, roles::build(Role::Orders, ctx.clone()).router);
        switchboard.plug_in(ACCOUNTS, roles::build(Role::Accounts, ctx.clone()).router);
        let cards = CardGateway::new("whsec".into(), ctx.clock.clone());
        switchboard.plug_in(CARD_GATEWAY, cards.router());
        let gateway = roles::build(Role::Gateway, ctx.clone());
        for worker in gateway.workers {
            drop(tokio::spawn(worker.future));
        }
        let shop = Self { gateway: gateway.router, postgres, ctx, _cards: cards };
        while shop.ask(Method::GET, "/readyz", &[], "").await.status != StatusCode::OK {
            sleep(Duration::from_millis(5)).await;
        }
        shop
    }

    /// Sets a price, and waits until the roles have heard of it.
    pub(crate) async fn set_price(&self, sku: &str, price_cents: i64) {
        let update = format!("UPDATE products SET price_cents = {price_cents} WHERE sku = '{sku}'");
        self.postgres.run_script(&update).unwrap();
        sleep(Duration::from_millis(60)).await;
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = self.gateway.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: head.status, headers: head.headers, body }
    }

    /// A new guest: their cart's id and cookie.
    pub(crate) async fn guest(&self) -> (String, String) {
        let opened = self.ask(Method::POST, "/v1/carts", &[], "").await;
        assert_eq!(opened.status, StatusCode::CREATED);
        (opened.cart_id(), opened.cookie())
    }

    pub(crate) async fn put(&self, cart: &str, who: (&str, &str), sku: &str, body: &str) -> Answer {
        let headers = [who, ("content-type", "application/json")];
        self.ask(Method::PUT, &format!("/v1/carts/{cart}/items/{sku}"), &headers, body).await
    }

    pub(crate) async fn show(&self, cart: &str, who: (&str, &str)) -> Answer {
        self.ask(Method::GET, &format!("/v1/carts/{cart}"), &[who], "").await
    }
}
