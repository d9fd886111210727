//! The gate through losses: it never vouches for what it has forgotten.

use std::time::Duration;

use payments_engine::{Fault, Operation};
use platform::config::{CommitStrategy, Config};
use platform::messages::CheckoutAnswer;
use platform::metrics::Counter;
use tokio::time::sleep;

use crate::shop::{Shop, wish};

#[tokio::test(start_paused = true)]
async fn after_a_crash_the_counters_are_what_postgres_says() {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    assert!(matches!(shop.checkout(0, &wish("ord_1", 1)).await, CheckoutAnswer::Confirmed { .. }));
    shop.redis.crash();
    assert_eq!(shop.redis.counter("lamp"), None);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(shop.redis.counter("lamp"), Some(2));
    assert_eq!(shop.redis.hold("lamp", "ord_1").as_deref(), Some("confirmed"));
    assert_eq!(shop.database.int("SELECT epoch FROM gate_epoch").await, 2);
    assert!(matches!(shop.checkout(0, &wish("ord_2", 1)).await, CheckoutAnswer::Confirmed { .. }));
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_at_work_keeps_its_hold_through_a_crash() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    let slow = Fault::Slow { operation: Some(Operation::Capture), count: 1, delay_ms: 900 };
    shop.card.engine.lock().unwrap().inject(slow);
    let lane = shop.lanes[0].clone();
    let buying = tokio::spawn(async move { lane.checkout(wish("ord_1", 1)).await });
    sleep(Duration::from_millis(100)).await;
    shop.redis.crash();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.redis.hold("lamp", "ord_1").as_deref(), Some("held"));
    assert_eq!(shop.checkout(1, &wish("ord_2", 1)).await, CheckoutAnswer::SoldOut);
    assert!(matches!(buying.await.unwrap(), CheckoutAnswer::Confirmed { .. }));
    shop.settle().await;
    assert_eq!(shop.on_hand().await, 0);
}

#[tokio::test(start_paused = true)]
async fn postgres_sells_alone_only_when_no_lane_can_believe_the_gate_open() {
    let shop = Shop::open(2, CommitStrategy::Group).await;
    assert!(matches!(shop.checkout(0, &wish("ord_1", 1)).await, CheckoutAnswer::Confirmed { .. }));
    shop.redis.set_away(true);
    sleep(Duration::from_millis(400)).await;
    assert!(matches!(shop.checkout(0, &wish("ord_2", 1)).await, CheckoutAnswer::Unavailable { .. }));
    sleep(Duration::from_millis(2_000)).await;
    assert!(matches!(shop.checkout(0, &wish("ord_2", 1)).await, CheckoutAnswer::Confirmed { .. }));
    assert_eq!(shop.checkout(0, &wish("ord_3", 1)).await, CheckoutAnswer::SoldOut);
    shop.redis.set_away(false);
    sleep(Duration::from_millis(1_000)).await;
    // The gate knows of the order that was placed without it, and does not tell its repeat "sold out".
    assert_eq!(shop.redis.hold("lamp", "ord_2").as_deref(), Some("confirmed"));
    assert!(matches!(shop.checkout(1, &wish("ord_2", 1)).await, CheckoutAnswer::Confirmed { .. }));
    assert_eq!(shop.checkout(1, &wish("ord_3", 1)).await, CheckoutAnswer::SoldOut);
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn without_redis_the_rate_is_strict() {
    let mut config = Config::default();
    config.flash_lane.degraded_rate_per_s = 10;
    let mut shop = Shop::shut(100, config).await;
    shop.redis.set_away(true);
    shop.start_inventory();
    sleep(Duration::from_secs(3)).await;
    let mut limited = 0;
    for n in 0..50 {
        match shop.checkout(0, &wish(&format!("ord_{n}"), 1)).await {
            CheckoutAnswer::Confirmed { .. } => {}
            CheckoutAnswer::Limited { .. } => limited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(limited >= 25, "{limited}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_nobody_placed_an_order_on_is_reaped() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    let wish_1 = wish("ord_1", 1);
    // Cut between the hold and the order.
    drop(tokio::time::timeout(Duration::from_micros(1_500), shop.checkout(0, &wish_1)).await);
    if shop.redis.live_holds("lamp") == 1 && shop.database.int("SELECT count(*) FROM orders").await == 0 {
        assert_eq!(shop.checkout(1, &wish("ord_2", 1)).await, CheckoutAnswer::SoldOut);
        sleep(Duration::from_secs(12)).await;
        assert_eq!(shop.count(Counter::HoldsReaped), 1);
    }
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_standing_leak_is_mended_by_a_rebuild() {
    let shop = Shop::open(5, CommitStrategy::Group).await;
    let set = [b"SET".as_slice(), b"stock:{lamp}", b"3"];
    {
        let mut engine = shop.redis.engine.lock().unwrap();
        let client = engine.connect();
        engine.execute(client, &set, 1_700_000_000_000);
    }
    sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.metrics.leaked_holds(), 2);
    sleep(Duration::from_secs(3)).await;
    assert_eq!((shop.redis.counter("lamp"), shop.count(Counter::LeaksRepaired)), (Some(5), 1));
    assert!(matches!(shop.checkout(0, &wish("ord_1", 5)).await, CheckoutAnswer::Confirmed { .. }));
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn missing_keys_are_noticed_without_a_restart() {
    let shop = Shop::open(5, CommitStrategy::Group).await;
    {
        let mut engine = shop.redis.engine.lock().unwrap();
        let client = engine.connect();
        engine.execute(client, &[b"FLUSHALL".as_slice()], 1_700_000_000_000);
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(shop.redis.counter("lamp"), Some(5));
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_was_idle_while_the_epoch_moved_on_finds_the_new_one_at_once() {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    assert!(matches!(shop.checkout(1, &wish("ord_1", 1)).await, CheckoutAnswer::Confirmed { .. }));
    shop.redis.crash();
    sleep(Duration::from_secs(3)).await;
    let answer = shop.checkout(1, &wish("ord_2", 1)).await;
    assert!(matches!(answer, CheckoutAnswer::Confirmed { .. }), "{answer:?}");
    shop.settle().await;
}
