//! The discovery path on the real thing: Postgres, Debezium, Kafka, OpenSearch and Redis, catalog and indexer as processes. From
//! an update to a hit, and each of them killed in the middle of changes: in the end the index is the table, row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod changes;
mod stack;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use tokio::time::Instant;

use crate::changes::Changes;
use crate::stack::{Stack, Victim};

/// Products at the start.
const PRODUCTS: u32 = 300;
/// Updates whose way to a hit is measured.
const MEASURED: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_in_the_middle_of_changes_the_index_ends_equal_to_the_table() {
    let mut stack = Stack::start(PRODUCTS).await;
    stack.settled("the first snapshot").await;
    a_change_of_one_column_keeps_the_others(&stack).await;
    from_an_update_to_a_hit(&stack).await;
    let mut changes = Changes::new(PRODUCTS);
    for victim in [Victim::ChangeStream, Victim::Indexer, Victim::SearchServer, Victim::Redis] {
        changes.make(&stack, 15).await;
        stack.kill(victim);
        changes.make(&stack, 15).await;
        if victim == Victim::SearchServer {
            let page = stack.find("category=toys").await;
            assert_eq!(page["degraded"], true, "{page}");
            assert!(!page["products"].as_array().unwrap().is_empty(), "a plain list stands in: {page}");
        }
        stack.bring_back(victim);
        changes.make(&stack, 15).await;
        let took = stack.settled(&format!("{victim:?} was killed")).await;
        println!("{victim:?} killed with 30 of 45 changes made: equal to the table {took} ms after the last one");
    }
    the_page_shows_what_the_table_says(&stack).await;
    a_new_index_while_everything_goes_on(&stack, &mut changes).await;
    the_comparison_can_fail(&stack).await;
}

/// The description is stored apart and longer than any word may be; a new price must not cost it.
async fn a_change_of_one_column_keeps_the_others(stack: &Stack) {
    stack.sql("UPDATE products SET price_cents = 77, version = version + 1 WHERE sku = 'LONG'").await;
    stack.settled("a long description").await;
    let found = stack.find("q=unfindable").await;
    assert_eq!(found["products"][0]["sku"], "LONG", "{found}");
    assert_eq!(found["products"][0]["price_cents"], 77, "{found}");
}

async fn from_an_update_to_a_hit(stack: &Stack) {
    let mut took_ms = Vec::new();
    for number in 0..MEASURED {
        let price = 1_000_000 + number;
        stack
            .sql(&format!("UPDATE products SET price_cents = {price}, version = version + 1 WHERE sku = 'LONG'"))
            .await;
        let began = Instant::now();
        let query = format!("q=unfindable&min_price_cents={price}");
        while stack.find(&query).await["products"].as_array().unwrap().is_empty() {
            assert!(began.elapsed() < stack::PATIENCE, "the hit never comes");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        took_ms.push(began.elapsed().as_millis());
    }
    took_ms.sort_unstable();
    let (least, median, most) = (took_ms[0], took_ms[took_ms.len() / 2], took_ms[took_ms.len() - 1]);
    println!(
        "from the update's commit to the hit, through Debezium and Kafka: {least} ms at least, {median} ms in the middle, {most} ms at most, of {MEASURED}"
    );
}

async fn the_page_shows_what_the_table_says(stack: &Stack) {
    let price: i64 = stack.sql("SELECT price_cents FROM products WHERE sku = 'LONG'").await.parse().unwrap();
    let began = Instant::now();
    loop {
        let page = stack.get("/internal/catalog/products/LONG").await;
        if page["product"]["price_cents"] == price {
            return;
        }
        assert!(began.elapsed() < stack::PATIENCE, "the page stays as it was: {}", page["product"]["price_cents"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_new_index_while_everything_goes_on(stack: &Stack, changes: &mut Changes) {
    let (searched, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let searching = async {
        while !done.load(Ordering::Relaxed) {
            let page = stack.find("q=unfindable").await;
            assert_eq!(
                (&page["degraded"], page["products"].as_array().unwrap().len()),
                (&Value::Bool(false), 1),
                "{page}"
            );
            searched.fetch_add(1, Ordering::Relaxed);
        }
    };
    let rebuilding = async {
        changes.make(stack, 5).await;
        let said = stack.platform(&["reindex"]).await;
        changes.make(stack, 5).await;
        done.store(true, Ordering::Relaxed);
        said
    };
    let ((), said) = tokio::join!(searching, rebuilding);
    assert!(said.contains("searches read products-"), "{said}");
    stack.settled("a new index").await;
    println!(
        "{} searches while a new index took the old one's place: none empty, none degraded",
        searched.into_inner()
    );
}

/// That index and table are equal says something only if they can be otherwise.
async fn the_comparison_can_fail(stack: &Stack) {
    stack.meddle_with_the_index().await;
    assert!(!stack.is_equal().await, "a document that nobody wrote through the change stream is seen");
}
