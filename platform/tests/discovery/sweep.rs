//! Seeded runs: many readers, changing prices, a database and a Redis that come and go and lose what they held. Whatever
//! happens, a reader is answered, a page is no older than it says, and once all is well it is no older than its bound.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use platform::config::CatalogConfig;
use ports::entropy::Entropy;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::world::{Answer, Replica, World};

const SEEDS: u64 = 40;
const STEPS: u32 = 250;
const PRODUCTS: u64 = 4;
const REPLICAS: u64 = 3;
/// How long after a fault the word that the database is away may still stand, and a look may still be under way.
const RECOVERY: Duration = Duration::from_millis(2_500);

/// What one seed has seen and done so far.
struct Run {
    world: Arc<World>,
    replicas: Vec<Arc<Replica>>,
    entropy: Entropy,
    seed: u64,
    /// Per product: since when it has had which price.
    prices: Vec<Vec<(Instant, i64)>>,
    /// When a store was last away, or came back.
    troubled: Instant,
}

/// A page as one reader got it.
struct Read {
    product: usize,
    asked: Instant,
    answered: Instant,
    answer: Answer,
}

fn sku(product: usize) -> String {
    format!("T{product:03}")
}

impl Run {
    fn new(seed: u64) -> Self {
        let world = World::with_products(usize::try_from(PRODUCTS).unwrap());
        let replicas = (0..REPLICAS).map(|replica| Arc::new(world.replica(seed * REPLICAS + replica))).collect();
        let now = Instant::now();
        let prices = (0..PRODUCTS).map(|_| vec![(now, 2_500)]).collect();
        Self { world, replicas, entropy: Entropy::from_seed(seed), seed, prices, troubled: now }
    }

    fn is_troubled(&self) -> bool {
        [&self.world.database_away, &self.world.redis_away].iter().any(|away| away.load(Ordering::Relaxed))
    }

    fn strike(&mut self) {
        match self.entropy.below(100) {
            0..=2 => drop(self.world.database_away.fetch_not(Ordering::Relaxed)),
            3..=5 => drop(self.world.redis_away.fetch_not(Ordering::Relaxed)),
            6 => self.world.lose_redis_data(),
            7..=16 => {
                let product = usize::try_from(self.entropy.below(PRODUCTS)).unwrap();
                let price = 1 + i64::try_from(self.entropy.below(1 << 40)).unwrap();
                let sku = sku(product);
                self.world.run(&format!("UPDATE products SET price_cents = {price} WHERE sku = '{sku}'"));
                self.prices[product].push((Instant::now(), price));
            }
            17 => self.world.statement_ms.store(1 + self.entropy.below(400), Ordering::Relaxed),
            _ => {}
        }
    }

    async fn step(&mut self) {
        let was_troubled = self.is_troubled();
        self.strike();
        if was_troubled || self.is_troubled() {
            self.troubled = Instant::now();
        }
        let mut readers = JoinSet::new();
        for _ in 0..self.entropy.below(12) {
            let product = usize::try_from(self.entropy.below(PRODUCTS)).unwrap();
            let replica = Arc::clone(&self.replicas[usize::try_from(self.entropy.below(REPLICAS)).unwrap()]);
            readers.spawn(async move {
                let asked = Instant::now();
                let answer = replica.product(&sku(product)).await;
                Read { product, asked, answered: Instant::now(), answer }
            });
        }
        for read in readers.join_all().await {
            self.check(&read);
        }
        if self.is_troubled() {
            self.troubled = Instant::now();
        }
        sleep(Duration::from_millis(self.entropy.below(400))).await;
    }

    fn check(&self, read: &Read) {
        let told = format!("seed {}, {}: {:?}", self.seed, sku(read.product), read.answer);
        let well = !self.is_troubled() && read.asked.duration_since(self.troubled) > RECOVERY;
        let took = read.answered.duration_since(read.asked);
        assert!(took < Duration::from_millis(1_200), "{told} took {took:?}");
        match read.answer.status {
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(!well, "{told}: nothing was away");
                return;
            }
            _ => panic!("{told}"),
        }
        let age = Duration::from_secs(read.answer.header("age").parse().unwrap());
        let bound = CatalogConfig::default().bound();
        assert!(!well || (age < bound && read.answer.header("x-stale").is_empty()), "{told}: older than its bound");
        // The age is told in whole seconds, and a page is on its way for a while.
        let oldest = read.asked.checked_sub(age + Duration::from_millis(1_700));
        let price = read.answer.body["product"]["price_cents"].as_i64().unwrap();
        let had = self.prices[read.product].iter().position(|(_, had)| *had == price).expect("a price it had");
        let until = self.prices[read.product].get(had + 1).map(|(until, _)| *until);
        let too_old = until.zip(oldest).is_some_and(|(until, oldest)| until < oldest);
        assert!(!too_old, "{told}: it had that price {:?} ago at the latest", until.map(|until| until.elapsed()));
    }

    async fn heal_and_check(&mut self) {
        self.world.database_away.store(false, Ordering::Relaxed);
        self.world.redis_away.store(false, Ordering::Relaxed);
        self.world.statement_ms.store(5, Ordering::Relaxed);
        self.troubled = Instant::now();
        sleep(RECOVERY + CatalogConfig::default().bound()).await;
        for replica in self.replicas.clone() {
            for product in 0..self.prices.len() {
                let page = replica.product(&sku(product)).await;
                let latest = self.prices[product].last().unwrap().1;
                assert_eq!(page.body["product"]["price_cents"].as_i64(), Some(latest), "seed {}: {page:?}", self.seed);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_comes_and_goes_readers_are_answered_and_no_page_is_older_than_it_says() {
    for seed in 0..SEEDS {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step().await;
        }
        run.heal_and_check().await;
    }
}
