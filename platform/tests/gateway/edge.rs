//! A gateway whose lanes are a script: what they answer is said beforehand, and what they were asked is kept.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use platform::bugs::Bugs;
use platform::config::{Config, GatewayConfig};
use platform::context::Context;
use platform::messages::{CheckoutAnswer, OrderView, Product};
use platform::metrics::{Counter, Metrics};
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::events::{EventConsumer, EventError, EventLog, EventProducer};
use ports::http_port::{HttpClient, HttpError, ServiceName};
use ports::redis_port::{Connection, RedisConnector};
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt;

/// A call that left the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) service: ServiceName,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

type Answer = Result<(StatusCode, Bytes), HttpError>;

/// The other services: the product list, one answer to everything else, and what they were asked.
#[derive(Default)]
struct Services {
    products: Mutex<Option<Vec<Product>>>,
    answer: Mutex<Option<Answer>>,
    calls: Mutex<Vec<Call>>,
}

#[async_trait]
impl HttpClient for Services {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        _timeout: Duration,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let (status, body) = if request.uri().path() == "/internal/products" {
            let products = self.products.lock().unwrap().clone().ok_or(HttpError::Unreachable { service })?;
            (StatusCode::OK, serde_json::to_vec(&products).unwrap().into())
        } else {
            self.calls.lock().unwrap().push(Call {
                service,
                method: request.method().clone(),
                path: request.uri().path().to_owned(),
                body: request.into_body(),
            });
            self.answer.lock().unwrap().clone().expect("the test says what is answered")?
        };
        Ok(http::Response::builder().status(status).body(body).unwrap())
    }
}

/// One gateway under test.
pub(crate) struct Edge {
    pub(crate) router: Router,
    services: Arc<Services>,
    pub(crate) metrics: Metrics,
}

/// A gateway that admits everything.
pub(crate) async fn open_edge() -> Edge {
    edge(GatewayConfig { per_sku_rate_per_s: 1_000_000, per_sku_burst: 1_000, ..GatewayConfig::default() }).await
}

/// A gateway that knows `console` (flash), `cable` and `usb hub` (not), and whose buckets have had a second to fill.
pub(crate) async fn edge(config: GatewayConfig) -> Edge {
    let edge = edge_without_products(config);
    let product = |sku: &str, flash| Product { sku: sku.into(), price_cents: 49_900, currency: "usd".into(), flash };
    *edge.services.products.lock().unwrap() =
        Some(vec![product("console", true), product("cable", false), product("usb hub", false)]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    edge
}

/// A gateway that has not seen the product list yet.
pub(crate) fn edge_without_products(config: GatewayConfig) -> Edge {
    let services = Arc::new(Services::default());
    let metrics = Metrics::default();
    let ctx = Context {
        sql: Arc::new(Absent),
        redis: Arc::new(Absent),
        events: Arc::new(Absent),
        http: services.clone(),
        clock: Arc::new(Absent),
        entropy: Entropy::from_seed(0),
        texts: Texts::embedded(),
        config: Arc::new(Config { gateway: config, ..Config::default() }),
        bugs: Bugs::none(),
        metrics: metrics.clone(),
    };
    let process = roles::build(Role::Gateway, ctx);
    for worker in process.workers {
        drop(tokio::spawn(worker.future));
    }
    Edge { router: process.router, services, metrics }
}

impl Edge {
    /// Says what the other services answer from now on.
    pub(crate) fn answers(&self, status: u16, body: &impl Serialize) -> &Self {
        let body = serde_json::to_vec(body).unwrap();
        *self.services.answer.lock().unwrap() = Some(Ok((StatusCode::from_u16(status).unwrap(), body.into())));
        self
    }

    /// Says what a lane answers to a checkout from now on.
    pub(crate) fn lane_answers(&self, answer: CheckoutAnswer) -> &Self {
        self.answers(200, &answer)
    }

    /// Says that no answer comes from now on.
    pub(crate) fn fails(&self, error: HttpError) -> &Self {
        *self.services.answer.lock().unwrap() = Some(Err(error));
        self
    }

    /// The response, whole, as text.
    pub(crate) async fn send(&self, request: Request<Body>) -> String {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let mut text = format!("{}\n", head.status);
        let headers: BTreeMap<&str, &str> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        for (name, value) in headers {
            writeln!(text, "{name}: {value}").unwrap();
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        match serde_json::from_slice::<Value>(&body) {
            Ok(json) => write!(text, "\n{json:#}").unwrap(),
            Err(_) => write!(text, "\n{}", String::from_utf8_lossy(&body)).unwrap(),
        }
        text
    }

    /// The calls that left the gateway so far, but for the product list.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.services.calls.lock().unwrap().clone()
    }

    /// Whether nobody was asked and no token was taken.
    pub(crate) fn did_nothing(&self) -> bool {
        self.calls().is_empty() && self.metrics.get(Counter::CheckoutsAdmitted) == 0
    }
}

/// `ann`'s checkout with key `k-1`.
pub(crate) fn checkout(body: &str) -> Request<Body> {
    checkout_with(&[], body)
}

/// The same with other or more headers; an empty value takes a header away.
pub(crate) fn checkout_with(headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut all =
        BTreeMap::from([("x-shopper-id", "ann"), ("idempotency-key", "k-1"), ("content-type", "application/json")]);
    all.extend(headers.iter().copied());
    let request = Request::post("/v1/checkouts");
    let request = all
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(request, |request, (name, value)| request.header(name, value));
    request.body(Body::from(body.to_owned())).unwrap()
}

/// A well-formed body.
pub(crate) const CONSOLE: &str = r#"{"sku":"console","quantity":1,"payment_method":"pm_card_visa"}"#;

/// The id of `ann`'s order with key `k-1`.
pub(crate) const ORDER_ID: &str = "ord_f89eeb7e2703808da0a725481a7e3e20";

/// `ann`'s order.
pub(crate) fn order(status: &str, reason: Option<&str>) -> OrderView {
    OrderView {
        order_id: ORDER_ID.into(),
        shopper_id: "ann".into(),
        sku: "console".into(),
        quantity: 1,
        amount_cents: 49_900,
        currency: "usd".into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
        lines: Vec::new(),
    }
}

/// What a gateway has no use for.
struct Absent;

impl Clock for Absent {
    fn now_us(&self) -> i64 {
        0
    }
}

#[async_trait]
impl SqlPool for Absent {
    async fn query(&self, _sql: &str, _params: &[SqlValue]) -> Result<Rows, SqlError> {
        Err(SqlError::Unreachable)
    }

    async fn begin(&self, _isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        Err(SqlError::Unreachable)
    }
}

#[async_trait]
impl RedisConnector for Absent {
    async fn connect(&self) -> redis::RedisResult<Connection> {
        Err((redis::ErrorKind::Io, "no Redis here").into())
    }
}

#[async_trait]
impl EventLog for Absent {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Err(EventError::Unreachable)
    }

    async fn consumer(
        &self,
        _group: &'static str,
        _topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        Err(EventError::Unreachable)
    }
}
