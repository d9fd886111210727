//! The catalog role on real servers: one loader per page over all processes, and pages while a store is away.

use std::time::Duration;

use reqwest::Response;
use testbed::{Persistence, Postgres, Redis, psql, shared};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::process::{Serving, run};

const TV: &str = "/internal/catalog/products/TV";

/// The catalog's own servers, to be taken away.
struct Stores {
    database: Postgres,
    redis: Redis,
    settings: Vec<String>,
}

impl Stores {
    /// With a television in the catalog. `orders` names a database that `migrate` wants besides.
    fn start(orders: &str) -> Self {
        let database = Postgres::start().unwrap();
        let redis = Redis::start(Persistence::None).unwrap();
        let settings = [
            format!("postgres.url={}", shared::database(orders).unwrap()),
            format!("catalog.postgres_url={}", database.url()),
            format!("redis.url={}", redis.url()),
            "shop.secret=of a test".to_owned(),
            "log.filter=off".to_owned(),
        ];
        let settings: Vec<String> = settings.into_iter().flat_map(|set| ["--set".to_owned(), set]).collect();
        let stores = Self { database, redis, settings };
        let migrated = run(&stores.command(&["migrate"]));
        assert!(migrated.status.success(), "{migrated:?}");
        let tv = "INSERT INTO sellers VALUES ('s', 'S'); INSERT INTO categories VALUES ('c', 'C');
                  INSERT INTO products VALUES ('TV', 's', 'c', 'Television', '', '{}', 29900, 'usd', true, NULL,
                                               'active', 1, now());";
        psql(&stores.database.url(), tv).unwrap();
        stores
    }

    fn command<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        words.iter().copied().chain(self.settings.iter().map(String::as_str)).collect()
    }

    fn serve(&self) -> Serving {
        Serving::start(&self.command(&["serve", "--role", "catalog"]))
    }
}

async fn get(shop: &Serving) -> Response {
    reqwest::get(format!("{}{TV}", shop.url)).await.unwrap()
}

async fn counted(shop: &Serving, counter: &str) -> u64 {
    let metrics = reqwest::get(format!("{}/metrics", shop.url)).await.unwrap().text().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix(counter)).unwrap();
    line.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_two_processes_that_find_a_cold_page_send_one_statement() {
    let stores = Stores::start("catalog_cold");
    let shops = [stores.serve(), stores.serve()];
    let client = reqwest::Client::new();
    let mut readers = JoinSet::new();
    for reader in 0..400 {
        let (client, url) = (client.clone(), format!("{}{TV}", shops[reader % 2].url));
        readers.spawn(async move { client.get(url).send().await.unwrap().status().as_u16() });
    }
    assert!(readers.join_all().await.iter().all(|status| *status == 200));
    let loads = counted(&shops[0], "catalog_loads_total").await + counted(&shops[1], "catalog_loads_total").await;
    assert_eq!(loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_outlives_its_database_and_then_redis_too_and_both_come_back() {
    let mut stores = Stores::start("catalog_faults");
    let shop = stores.serve();
    assert_eq!(get(&shop).await.status().as_u16(), 200);
    stores.database.kill().unwrap();
    sleep(Duration::from_millis(5_500)).await;
    let stale = get(&shop).await;
    assert_eq!((stale.status().as_u16(), stale.headers().contains_key("x-stale")), (200, true));
    assert!(stale.headers()["age"].to_str().unwrap().parse::<u64>().unwrap() >= 5);
    stores.redis.kill().unwrap();
    for _ in 0..5 {
        let last = get(&shop).await;
        assert_eq!((last.status().as_u16(), last.headers().contains_key("x-stale")), (200, true), "what was seen last");
        sleep(Duration::from_millis(100)).await;
    }
    stores.database.restart().unwrap();
    stores.redis.restart().unwrap();
    psql(&stores.database.url(), "UPDATE products SET price_cents = 19900 WHERE sku = 'TV'").unwrap();
    for _ in 0..100 {
        let page = get(&shop).await;
        let is_fresh = !page.headers().contains_key("x-stale");
        if is_fresh && page.text().await.unwrap().contains("19900") {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the new price was not shown ten seconds after both came back");
}
