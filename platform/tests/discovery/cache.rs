//! What the cache promises, counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use platform::config::CatalogConfig;
use platform::metrics::Counter;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::world::World;

/// A thousand readers of one page, spread over the replicas, come at once.
async fn crowd(world: &Arc<World>, replicas: usize, path: &'static str) -> Vec<StatusCode> {
    let replicas: Vec<_> = (0..replicas).map(|seed| Arc::new(world.replica(seed as u64))).collect();
    let mut readers = JoinSet::new();
    for reader in 0..1_000 {
        let replica = Arc::clone(&replicas[reader % replicas.len()]);
        readers.spawn(async move { replica.get(path).await.status });
    }
    readers.join_all().await
}

#[tokio::test(start_paused = true)]
async fn a_cold_page_under_load_is_loaded_once_over_all_replicas() {
    let world = World::with_products(0);
    let statuses = crowd(&world, 4, "/internal/catalog/products/LAMP").await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    assert_eq!(world.statements(), 1, "one loader");
}

#[tokio::test(start_paused = true)]
async fn a_cold_cache_sends_one_statement_per_page_over_all_replicas() {
    let world = World::with_products(40);
    let replicas: Vec<_> = (0..4).map(|seed| Arc::new(world.replica(seed))).collect();
    let mut readers = JoinSet::new();
    for reader in 0..4_000 {
        let replica = Arc::clone(&replicas[reader % replicas.len()]);
        readers.spawn(async move { replica.product(&format!("T{:03}", reader / 4 % 40)).await.status });
    }
    assert!(readers.join_all().await.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(world.statements(), 40, "one loader for each of the pages");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_there_is_looked_for_once_and_believed_to_be_absent_for_a_while() {
    let world = World::with_products(0);
    let statuses = crowd(&world, 3, "/internal/catalog/products/GHOST").await;
    assert!(statuses.iter().all(|status| *status == StatusCode::NOT_FOUND));
    assert_eq!(world.statements(), 1, "one loader");
    sleep(Duration::from_millis(2_100)).await;
    world.run(
        "INSERT INTO products VALUES ('GHOST', 's', 'home', 'N', '', '{}', 1, 'usd', false, NULL, 'active', 1, now())",
    );
    assert_eq!(world.replica(9).product("GHOST").await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_expired_page_is_served_while_one_reader_loads_it_anew() {
    let world = World::with_products(0);
    let replica = world.replica(1);
    replica.product("LAMP").await;
    world.run("UPDATE products SET price_cents = 1999 WHERE sku = 'LAMP'");
    sleep(Duration::from_millis(2_500)).await;
    world.statement_ms.store(300, Ordering::Relaxed);
    let old = replica.product("LAMP").await;
    assert_eq!((old.body["product"]["price_cents"].as_i64(), old.header("age")), (Some(2_500), "2"));
    sleep(Duration::from_millis(400)).await;
    let new = world.replica(2).product("LAMP").await;
    assert_eq!(new.body["product"]["price_cents"].as_i64(), Some(1_999));
    assert_eq!(world.statements(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_page_past_its_bound_is_not_served_while_the_database_is_there() {
    let world = World::with_products(0);
    world.replica(1).product("LAMP").await;
    world.run("UPDATE products SET price_cents = 1999 WHERE sku = 'LAMP'");
    sleep(Duration::from_millis(5_100)).await;
    let page = world.replica(2).product("LAMP").await;
    assert_eq!((page.body["product"]["price_cents"].as_i64(), page.header("age")), (Some(1_999), "0"));
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_away_pages_are_served_stale_and_say_so_and_it_is_not_hammered() {
    let world = World::with_products(0);
    let replica = world.replica(1);
    replica.product("LAMP").await;
    world.database_away.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(60)).await;
    let before = world.statements();
    for _ in 0..100 {
        let asked = Instant::now();
        let page = replica.product("LAMP").await;
        assert!(asked.elapsed() < Duration::from_millis(50), "nobody waits for a database that is away");
        assert_eq!((page.status, page.header("x-stale")), (StatusCode::OK, "database-away"));
        assert!(page.header("age").parse::<u64>().unwrap() >= 60);
        sleep(Duration::from_millis(20)).await;
    }
    let tries = world.statements() - before;
    assert!((1..=4).contains(&tries), "{tries} tries in two seconds and a bit");
    assert_eq!(replica.get("/internal/catalog/products/OTHER").await.status, StatusCode::SERVICE_UNAVAILABLE);
    world.database_away.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(replica.product("LAMP").await.header("x-stale"), "");
    assert!(replica.count(Counter::CatalogServedStale) > 0);
}

#[tokio::test(start_paused = true)]
async fn while_redis_is_away_pages_come_from_the_database_one_question_at_a_time() {
    let world = World::with_products(0);
    world.redis_away.store(true, Ordering::Relaxed);
    let statuses = crowd(&world, 2, "/internal/catalog/products/LAMP").await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(world.statements(), 2, "one question of each replica");
}

#[tokio::test(start_paused = true)]
async fn with_both_stores_away_a_page_that_was_seen_is_still_served() {
    let world = World::with_products(0);
    let replica = world.replica(1);
    replica.product("LAMP").await;
    world.redis_away.store(true, Ordering::Relaxed);
    world.database_away.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(30)).await;
    let page = replica.product("LAMP").await;
    assert_eq!((page.status, page.header("age"), page.header("x-stale")), (StatusCode::OK, "30", "database-away"));
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_was_paused_beyond_its_lock_does_not_put_an_old_page_over_a_newer_one() {
    let world = World::with_products(0);
    let patient = CatalogConfig { load_limit: Duration::from_secs(10), ..CatalogConfig::default() };
    let paused = Arc::new(world.replica_with(1, patient));
    world.statement_ms.store(1_500, Ordering::Relaxed);
    let reading = tokio::spawn(async move { paused.product("LAMP").await.status });
    sleep(Duration::from_millis(100)).await;
    world.run("UPDATE products SET price_cents = 1999 WHERE sku = 'LAMP'");
    world.statement_ms.store(5, Ordering::Relaxed);
    sleep(Duration::from_millis(600)).await;
    let next = world.replica(2).product("LAMP").await;
    assert_eq!(next.body["product"]["price_cents"].as_i64(), Some(1_999), "the lock ran out and another loads");
    reading.await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let page = world.replica(3).product("LAMP").await;
    assert_eq!(page.body["product"]["price_cents"].as_i64(), Some(1_999));
    assert_eq!(world.statements(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_page_shows_its_stock_and_how_old_the_figure_is() {
    let world = World::with_products(0);
    let replica = world.replica(1);
    let page = replica.product("LAMP").await;
    assert_eq!(
        (page.body["stock"]["available"].as_i64(), page.body["stock"]["source"].as_str()),
        (Some(7), Some("gate"))
    );
    world.inventory_away.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(7)).await;
    let page = replica.product("LAMP").await;
    assert_eq!(page.body["stock"]["available"].as_i64(), Some(7));
    assert!(page.body["stock"]["age_ms"].as_i64().unwrap() >= 7_000, "{}", page.body);
    let page = world.replica(2).product("LAMP").await;
    assert!(page.status == StatusCode::OK && page.body["stock"].is_null(), "no figure is no reason to show no page");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_readers_ask_for_the_stock_once() {
    let world = World::with_products(0);
    crowd(&world, 1, "/internal/catalog/products/LAMP").await;
    assert_eq!(world.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn who_has_the_page_already_is_told_so_until_it_changes() {
    let world = World::with_products(0);
    let replica = world.replica(1);
    let path = "/internal/catalog/products/LAMP";
    let first = replica.get(path).await;
    let tag = first.header("etag").to_owned();
    let again = replica.get_with(path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.is_null()), (StatusCode::NOT_MODIFIED, true));
    world.run("UPDATE products SET price_cents = 1999, version = 2 WHERE sku = 'LAMP'");
    sleep(Duration::from_secs(6)).await;
    let changed = replica.get_with(path, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_hidden_product_has_no_page() {
    let world = World::with_products(0);
    world.run("UPDATE products SET status = 'hidden' WHERE sku = 'LAMP'");
    assert_eq!(world.replica(1).product("LAMP").await.status, StatusCode::NOT_FOUND);
}
