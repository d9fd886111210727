//! A small shop: three engines, two lanes, the inventory worker and the compensation worker.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use platform::bugs::Bugs;
use platform::config::{CommitStrategy, Config};
use platform::context::Context;
use platform::messages::{CheckoutAnswer, CheckoutRequest};
use platform::metrics::{Counter, Metrics};
use platform::texts::Texts;
use platform::transaction::checkout::Lane;
use platform::transaction::{compensation, inventory};
use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::events::{EventConsumer, EventError, EventLog, EventProducer};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::card::{Card, Client};
use crate::database::{Database, Pool};
use crate::redis_server::{Connector, RedisServer};

struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now_us(&self) -> i64 {
        1_700_000_000_000_000 + i64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

struct NoEvents;

#[async_trait]
impl EventLog for NoEvents {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Err(EventError::Unreachable)
    }

    async fn consumer(&self, _: &'static str, _: &[&'static str]) -> Result<Box<dyn EventConsumer>, EventError> {
        Err(EventError::Unreachable)
    }
}

/// The shop. It sells `lamp`.
pub(crate) struct Shop {
    pub(crate) database: Arc<Database>,
    pub(crate) redis: Arc<RedisServer>,
    pub(crate) card: Arc<Card>,
    pub(crate) lanes: [Arc<Lane>; 2],
    pub(crate) metrics: Metrics,
    ctx: Context,
    workers: Vec<JoinHandle<()>>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl Shop {
    /// A shop with this many lamps, open.
    pub(crate) async fn open(lamps: i64, strategy: CommitStrategy) -> Self {
        let mut config = Config::default();
        config.commit.strategy = strategy;
        config.flash_lane.saga_lease = Duration::from_millis(5_000);
        let mut shop = Self::shut(lamps, config).await;
        shop.start_inventory();
        shop.start_compensation();
        shop.wait_until_open().await;
        shop
    }

    /// A shop in which no worker runs yet.
    pub(crate) async fn shut(lamps: i64, config: Config) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock(Instant::now()));
        let database = Database::new(Arc::clone(&clock));
        for statement in [
            "INSERT INTO products VALUES ('lamp', 'Lamp', 2500, 'eur', true, '2026-01-01T00:00:00Z')".to_owned(),
            format!("INSERT INTO inventory VALUES ('lamp', {lamps}, 0, 'open')"),
            format!(
                "INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at) \
                 VALUES ('lamp', 'stocked', 'd1', {lamps}, '2026-01-01T00:00:00Z')"
            ),
        ] {
            database.run(&statement).await;
        }
        let redis = RedisServer::new(Arc::clone(&clock));
        let card = Card::new(Arc::clone(&clock));
        let metrics = Metrics::default();
        let ctx = Context {
            sql: Arc::new(Pool(Arc::clone(&database))),
            redis: Arc::new(Connector(Arc::clone(&redis))),
            events: Arc::new(NoEvents),
            http: Arc::new(Client(Arc::clone(&card))),
            clock,
            entropy: Entropy::from_seed(3),
            texts: Texts::embedded(),
            config: Arc::new(config),
            bugs: Bugs::none(),
            metrics: metrics.clone(),
        };
        let lanes = [(); 2].map(|()| Lane::new(ctx.clone(), &ctx.config.flash_lane));
        Self { database, redis, card, lanes, metrics, ctx, workers: Vec::new() }
    }

    /// Puts another product on sale; before anything was looked at.
    pub(crate) async fn stock(&self, sku: &str, units: i64) {
        for statement in [
            format!("INSERT INTO products VALUES ('{sku}', '{sku}', 1000, 'eur', false, '2026-01-01T00:00:00Z')"),
            format!("INSERT INTO inventory VALUES ('{sku}', {units}, 0, 'open')"),
            format!(
                "INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at) \
                 VALUES ('{sku}', 'stocked', 'd1', {units}, '2026-01-01T00:00:00Z')"
            ),
        ] {
            self.database.run(&statement).await;
        }
    }

    /// Units of one product, buckets included.
    pub(crate) async fn on_hand_of(&self, sku: &str) -> i64 {
        let of = |table: &str| format!("COALESCE((SELECT sum(on_hand) FROM {table} WHERE sku = '{sku}'), 0)");
        let sum = format!("SELECT ({} + {})::bigint", of("inventory"), of("inventory_buckets"));
        self.database.int(&sum).await
    }

    pub(crate) fn start_inventory(&mut self) {
        self.workers.push(tokio::spawn(inventory::upkeep_worker(self.ctx.clone())));
    }

    pub(crate) fn start_compensation(&mut self) {
        self.workers.push(tokio::spawn(compensation::worker(self.ctx.clone())));
    }

    pub(crate) async fn wait_until_open(&self) {
        while self.database.int("SELECT count(*) FROM gate_epoch WHERE state = 'open'").await == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// One checkout through one of the lanes.
    pub(crate) async fn checkout(&self, lane: usize, request: &CheckoutRequest) -> CheckoutAnswer {
        self.lanes[lane].checkout(request.clone()).await
    }

    pub(crate) async fn status(&self, order_id: &str) -> String {
        self.database.text(&format!("SELECT status FROM orders WHERE order_id = '{order_id}'")).await
    }

    pub(crate) async fn on_hand(&self) -> i64 {
        let sum = "SELECT (i.on_hand + COALESCE((SELECT sum(b.on_hand) FROM inventory_buckets b), 0))::bigint \
                   FROM inventory i";
        self.database.int(sum).await
    }

    pub(crate) fn count(&self, counter: Counter) -> u64 {
        self.metrics.get(counter)
    }

    /// Waits until every order is settled and every hold too; then what holds in a quiet shop must hold.
    pub(crate) async fn settle(&self) {
        let unsettled = "SELECT count(*) FROM orders WHERE status IN ('placed', 'compensating', 'cancelling')";
        for _ in 0..600 {
            sleep(Duration::from_millis(100)).await;
            let on_hand = Some(self.on_hand().await);
            let quiet = self.database.int(unsettled).await == 0 && self.redis.live_holds("lamp") == 0;
            if quiet && self.redis.counter("lamp") == on_hand {
                break;
            }
        }
        assert_eq!(self.database.int(unsettled).await, 0, "orders are left unsettled");
        assert_eq!(self.redis.counter("lamp"), Some(self.on_hand().await), "the counter tells another stock");
        assert_eq!(self.redis.live_holds("lamp"), 0, "holds are left");
        let ledger = self.database.int("SELECT sum(delta)::bigint FROM stock_ledger").await;
        assert_eq!(ledger, self.on_hand().await, "the ledger tells another stock");
        assert!(ledger >= 0, "oversold");
        let (taken, returned, held) = self.card.taken_returned_held();
        let stands = "SELECT count(*) FROM orders WHERE status IN ('confirmed', 'picking', 'shipped', 'delivered')";
        let stands = usize::try_from(self.database.int(stands).await).unwrap();
        assert_eq!((taken - returned, held), (stands, 0), "money and orders do not match");
    }
}

/// A shopper's wish for lamps.
pub(crate) fn wish(order_id: &str, quantity: i64) -> CheckoutRequest {
    CheckoutRequest {
        order_id: order_id.into(),
        shopper_id: "ann".into(),
        sku: "lamp".into(),
        quantity,
        payment_method: "pm_card_visa".into(),
        fingerprint: "f1".into(),
        respond_async: false,
        shown_price_cents: None,
        further: Vec::new(),
    }
}
