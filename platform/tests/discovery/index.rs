//! The index follows the table through everything that may happen on the way.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use platform::discovery::search::rebuild;
use platform::messages::{CATALOG_TOPIC, SEARCH_ENGINE};
use platform::metrics::Counter;
use ports::events::NewRecord;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_change_reaches_the_index_and_the_page_and_a_deletion_takes_both_away() {
    let shop = Shop::open();
    let _indexer = shop.indexer();
    let page = async || shop.get("/internal/catalog/products/LAMP").await;
    assert_eq!(page().await.0, StatusCode::NOT_FOUND);
    shop.add("LAMP", "Desk lamp", "home", "Bricks", 2_500);
    shop.settled().await;
    assert_eq!(shop.found("q=lamp").await, ["LAMP"]);
    let price = async |wanted: i64| {
        let shown = async {
            while page().await.1["product"]["price_cents"] != json!(wanted) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, shown).await.unwrap_or_else(|_| panic!("the page never shows {wanted}"));
    };
    price(2_500).await;
    shop.run("UPDATE products SET price_cents = 1999, version = 2 WHERE sku = 'LAMP'");
    price(1_999).await;
    shop.settled().await;
    assert_eq!(shop.find("q=lamp").await["products"][0]["price_cents"], 1_999);
    shop.run("DELETE FROM products WHERE sku = 'LAMP'");
    shop.settled().await;
    assert_eq!(shop.found("q=lamp").await, [""; 0]);
    let gone = async {
        while page().await.0 != StatusCode::NOT_FOUND {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the page goes");
}

#[tokio::test]
async fn a_change_that_comes_again_or_late_does_nothing() {
    let shop = Shop::open();
    let _indexer = shop.indexer();
    shop.add("LAMP", "Desk lamp", "home", "Bricks", 2_500);
    shop.add("TABLE", "Table", "home", "Bricks", 9_000);
    // What the stream says of the lamp now is sent again after it has changed, and after the table is gone.
    let mut reader = shop.log.consumer("test", &[CATALOG_TOPIC]).await.unwrap();
    let mut old = Vec::new();
    while old.len() < 2 {
        old.extend(reader.poll(10).await.unwrap());
    }
    shop.run(
        "UPDATE products SET price_cents = 1, version = 2 WHERE sku = 'LAMP'; DELETE FROM products WHERE sku = 'TABLE'",
    );
    shop.settled().await;
    let again = old.into_iter().map(|record| NewRecord {
        topic: CATALOG_TOPIC,
        key: record.key,
        value: record.value,
        headers: Vec::new(),
    });
    let nonsense = NewRecord {
        topic: CATALOG_TOPIC,
        key: Bytes::from_static(b"{\"sku\":\"LAMP\"}"),
        value: Bytes::from_static(b"{\"op\":\"u\"}"),
        headers: Vec::new(),
    };
    let records: Vec<NewRecord> = again.chain([nonsense]).collect();
    shop.log.producer().await.unwrap().append(&records).await.unwrap();
    let refused = async {
        while shop.context.metrics.get(Counter::ChangesStale) < 2
            || shop.context.metrics.get(Counter::ChangesUnreadable) < 2
        {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, refused).await.expect("both are refused as stale, and the nonsense left behind by both groups");
    shop.settled().await;
}

#[tokio::test]
async fn whoever_dies_on_the_way_the_index_ends_equal_to_the_table() {
    let shop = Shop::open();
    for round in 0..12 {
        // Dies at whatever it is doing when the round ends.
        let _first = shop.indexer();
        let _second = shop.indexer();
        if round % 4 == 1 {
            shop.switchboard.unplug(SEARCH_ENGINE);
        }
        for product in 0..20 {
            let sku = (round * 7 + product) % 40;
            match (round + product) % 3 {
                0 => shop.run(&format!("DELETE FROM products WHERE sku = 'P{sku:02}'")),
                _ => shop.run(&format!(
                    "INSERT INTO products VALUES ('P{sku:02}', 'Bricks', 'toys', 'Round {round}', '', '{{}}', {}, 'usd', false, NULL, \
                     'active', 1, '2026-01-01T00:00:00Z') ON CONFLICT (sku) DO UPDATE SET name = excluded.name, \
                     price_cents = excluded.price_cents, version = products.version + 1",
                    100 + product
                )),
            }
            sleep(Duration::from_millis(u64::try_from((round + product) % 4).unwrap())).await;
        }
        if round == 6 {
            shop.search.with(|engine, _now_ms| engine.lose_everything());
        }
        shop.search.with(|engine, now_ms| engine.crash_and_restart(now_ms));
        shop.switchboard.plug_in(SEARCH_ENGINE, shop.search.router());
    }
    let _last = shop.indexer();
    shop.settled().await;
}

#[tokio::test]
async fn a_new_index_takes_the_place_of_the_old_one_while_searches_and_changes_go_on() {
    let shop = Shop::open();
    let _indexer = shop.indexer();
    for number in 0..1_500 {
        shop.add(&format!("P{number:04}"), "Brick", "toys", "Bricks", 100);
    }
    shop.settled().await;
    let searching = async {
        for _ in 0..40 {
            assert_eq!(shop.found("q=brick").await.len(), 4);
            sleep(Duration::from_millis(1)).await;
        }
    };
    let changing = async {
        for number in 0..200 {
            let sku = format!("P{:04}", number * 7 % 1_500);
            match number % 3 {
                0 => shop.run(&format!("DELETE FROM products WHERE sku = '{sku}'")),
                _ => shop.run(&format!(
                    "UPDATE products SET price_cents = {number} + 1, version = version + 1 WHERE sku = '{sku}'"
                )),
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let rebuilding = async {
        let mut names = Vec::new();
        for _ in 0..2 {
            names.push(rebuild::rebuild(&shop.context, |_| {}).await.unwrap().index);
        }
        names
    };
    let ((), (), names) = tokio::join!(searching, changing, rebuilding);
    assert_ne!(names[0], names[1]);
    shop.settled().await;
    assert_eq!(shop.context.metrics.get(Counter::SearchesDegraded), 0);
}
