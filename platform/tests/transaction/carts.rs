//! Orders of several products: all of them or nothing, in every store, whatever happens on the way.

use std::time::Duration;

use payments_engine::{Fault, Operation};
use platform::config::{CommitStrategy, Config};
use platform::messages::{ChangedPrice, CheckoutAnswer, CheckoutRequest, WantedLine};
use platform::metrics::Counter;
use tokio::time::sleep;

use crate::database::CommitFault;
use crate::shop::{Shop, wish};

/// What is sold beside lamps: SKU and units. A lamp costs 2,500 cents, one of these 1,000.
const OTHERS: [(&str, i64); 2] = [("mug", 4), ("vase", 3)];

async fn open(lamps: i64, strategy: CommitStrategy) -> Shop {
    let mut config = Config::default();
    config.commit.strategy = strategy;
    let mut shop = Shop::shut(lamps, config).await;
    for (sku, units) in OTHERS {
        shop.stock(sku, units).await;
    }
    shop.start_inventory();
    shop.start_compensation();
    shop.wait_until_open().await;
    shop
}

/// A wish for several products, given in SKU order.
fn cart(order_id: &str, lines: &[(&str, i64)]) -> CheckoutRequest {
    let further =
        lines[1..].iter().map(|&(sku, quantity)| WantedLine { sku: sku.into(), quantity, shown_price_cents: None });
    CheckoutRequest { sku: lines[0].0.into(), further: further.collect(), ..wish(order_id, lines[0].1) }
}

/// Waits until all is settled; then what is on hand of lamps, mugs and vases, which must be what the gate says too.
async fn settled(shop: &Shop) -> [i64; 3] {
    let unsettled = "SELECT count(*) FROM orders WHERE status IN ('placed', 'compensating', 'cancelling')";
    let mut on_hand = [0; 3];
    for _ in 0..300 {
        sleep(Duration::from_millis(100)).await;
        let mut quiet = shop.database.int(unsettled).await == 0;
        for (place, sku) in ["lamp", "mug", "vase"].into_iter().enumerate() {
            on_hand[place] = shop.on_hand_of(sku).await;
            quiet &= shop.redis.live_holds(sku) == 0 && shop.redis.counter(sku) == Some(on_hand[place]);
        }
        if quiet {
            break;
        }
    }
    for (place, sku) in ["lamp", "mug", "vase"].into_iter().enumerate() {
        let ledger = format!("SELECT sum(delta)::bigint FROM stock_ledger WHERE sku = '{sku}'");
        assert_eq!(shop.database.int(&ledger).await, on_hand[place], "{sku}: the ledger tells another stock");
        assert_eq!(shop.redis.counter(sku), Some(on_hand[place]), "{sku}: the counter tells another stock");
        assert_eq!(shop.redis.live_holds(sku), 0, "{sku}: holds are left");
    }
    assert_eq!(shop.count(Counter::LeaksRepaired), 0, "a leak was mended");
    on_hand
}

#[tokio::test(start_paused = true)]
async fn a_cart_is_one_order_one_payment_and_one_event_under_every_strategy() {
    for strategy in CommitStrategy::ALL {
        let shop = open(5, strategy).await;
        let wanted = cart("ord_1", &[("lamp", 2), ("mug", 1), ("vase", 3)]);
        let answer = shop.checkout(0, &wanted).await;
        let CheckoutAnswer::Confirmed { order } = &answer else { panic!("{strategy:?}: {answer:?}") };
        let lines: Vec<_> = order.each_line().collect();
        assert_eq!(lines, [("lamp", 2, 5_000), ("mug", 1, 1_000), ("vase", 3, 3_000)]);
        assert_eq!(settled(&shop).await, [3, 3, 0], "{strategy:?}");
        for sku in ["lamp", "mug", "vase"] {
            assert_eq!(shop.redis.hold(sku, "ord_1").as_deref(), Some("confirmed"), "{strategy:?}: {sku}");
        }
        assert_eq!(shop.card.taken_returned_held(), (1, 0, 0));
        assert_eq!(shop.database.int("SELECT amount_cents FROM payment_intents").await, 9_000);
        let told = "SELECT jsonb_array_length(payload->'order'->'lines') FROM outbox";
        assert_eq!((shop.database.int(told).await, shop.database.int("SELECT count(*) FROM outbox").await), (3, 1));
        assert_eq!(shop.checkout(1, &wanted).await, answer, "a repeat is told the same");
        assert_eq!(settled(&shop).await, [3, 3, 0], "a repeat buys nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_sold_out_is_named_and_nothing_is_held() {
    let shop = open(5, CommitStrategy::Group).await;
    let answer = shop.checkout(0, &cart("ord_1", &[("lamp", 2), ("mug", 5), ("vase", 1)])).await;
    assert_eq!(answer, CheckoutAnswer::LineSoldOut { sku: "mug".into() });
    assert_eq!(shop.redis.counter("lamp"), Some(5), "the lamps went back at once");
    assert_eq!(settled(&shop).await, [5, 4, 3]);
    assert_eq!(shop.database.int("SELECT count(*) FROM orders").await, 0);
    assert_eq!(shop.card.taken_returned_held(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn overlapping_carts_end_in_whole_orders_and_block_nobody_under_every_strategy() {
    for strategy in CommitStrategy::ALL {
        let shop = open(6, strategy).await;
        let pairs = [("lamp", "mug"), ("mug", "vase"), ("lamp", "vase")];
        let buyers: Vec<_> = (0..30)
            .map(|n| {
                let (lane, (first, second)) = (shop.lanes[n % 2].clone(), pairs[n % 3]);
                let wanted = cart(&format!("ord_{n:02}"), &[(first, 1), (second, 1)]);
                tokio::spawn(async move { lane.checkout(wanted).await })
            })
            .collect();
        for buyer in buyers {
            let answer = buyer.await.unwrap();
            let known = matches!(
                answer,
                CheckoutAnswer::Confirmed { .. } | CheckoutAnswer::Pending { .. } | CheckoutAnswer::LineSoldOut { .. }
            );
            assert!(known, "{strategy:?}: {answer:?}");
        }
        let [lamps, mugs, vases] = settled(&shop).await;
        let sold = shop.database.int("SELECT count(*) FROM orders WHERE status = 'confirmed'").await;
        assert_eq!((6 - lamps) + (4 - mugs) + (3 - vases), 2 * sold, "{strategy:?}: an order has half its lines");
        assert!(sold >= 1, "{strategy:?}: nobody bought anything");
        if strategy != CommitStrategy::Version {
            // Balances are locked in SKU order: no two orders ever waited for each other, and none was tried twice.
            assert_eq!(shop.count(Counter::CommitConflicts), 0, "{strategy:?}");
            assert_eq!(shop.database.int("SELECT count(*) FROM orders WHERE status <> 'confirmed'").await, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_declined_cart_gives_every_line_back() {
    let shop = open(5, CommitStrategy::Group).await;
    let declined = CheckoutRequest {
        payment_method: "pm_card_chargeDeclined".into(),
        ..cart("ord_1", &[("lamp", 1), ("vase", 2)])
    };
    let answer = shop.checkout(0, &declined).await;
    assert!(matches!(answer, CheckoutAnswer::Declined { .. }), "{answer:?}");
    assert_eq!(settled(&shop).await, [5, 4, 3]);
    // A late repeat takes holds anew, finds the order there, and gives them back.
    assert_eq!(shop.checkout(1, &declined).await, answer);
    assert_eq!(settled(&shop).await, [5, 4, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_worker_commits_all_lines_of_what_a_dead_saga_had_captured() {
    for strategy in CommitStrategy::ALL {
        let shop = open(5, strategy).await;
        shop.database.fail_commits(4);
        let answer = shop.checkout(0, &cart("ord_1", &[("lamp", 1), ("mug", 2)])).await;
        assert_eq!(answer, CheckoutAnswer::Pending { order_id: "ord_1".into() });
        assert_eq!(settled(&shop).await, [4, 2, 3], "{strategy:?}");
        assert_eq!(shop.status("ord_1").await, "confirmed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cart_that_finds_one_line_short_at_the_commit_is_refunded_whole() {
    for strategy in CommitStrategy::ALL {
        let shop = open(5, strategy).await;
        // Somebody walks off with the vases: the gate does not know.
        for statement in [
            "UPDATE inventory SET on_hand = 0 WHERE sku = 'vase'",
            "UPDATE inventory_buckets SET on_hand = 0 WHERE sku = 'vase'",
            "INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at) \
             VALUES ('vase', 'sold', 'x', -3, '2026-01-01T00:00:00Z')",
        ] {
            shop.database.run(statement).await;
        }
        let answer = shop.checkout(0, &cart("ord_1", &[("lamp", 1), ("vase", 1)])).await;
        let CheckoutAnswer::Ended { order } = answer else { panic!("{strategy:?}: {answer:?}") };
        assert_eq!(order.reason.as_deref(), Some("sold_out"));
        sleep(Duration::from_secs(2)).await;
        assert_eq!(shop.status("ord_1").await, "refunded");
        assert_eq!((shop.on_hand_of("lamp").await, shop.on_hand_of("vase").await), (5, 0), "{strategy:?}");
        assert_eq!(shop.redis.counter("lamp"), Some(5));
        assert_eq!(shop.card.taken_returned_held(), (1, 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_of_redis_leaves_every_line_its_hold() {
    let shop = open(5, CommitStrategy::Group).await;
    let slow = Fault::Slow { operation: Some(Operation::Capture), count: 1, delay_ms: 900 };
    shop.card.engine.lock().unwrap().inject(slow);
    let lane = shop.lanes[0].clone();
    let buying = tokio::spawn(async move { lane.checkout(cart("ord_1", &[("lamp", 5), ("vase", 3)])).await });
    sleep(Duration::from_millis(100)).await;
    shop.redis.crash();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.redis.hold("vase", "ord_1").as_deref(), Some("held"));
    assert_eq!((shop.redis.counter("lamp"), shop.redis.counter("vase")), (Some(0), Some(0)));
    assert!(matches!(buying.await.unwrap(), CheckoutAnswer::Confirmed { .. }));
    assert_eq!(settled(&shop).await, [0, 4, 0]);
}

#[tokio::test(start_paused = true)]
async fn postgres_sells_carts_alone_and_names_what_falls_short() {
    let shop = open(2, CommitStrategy::Group).await;
    assert!(matches!(shop.checkout(0, &wish("ord_0", 1)).await, CheckoutAnswer::Confirmed { .. }));
    shop.redis.set_away(true);
    sleep(Duration::from_millis(2_500)).await;
    let bought = shop.checkout(0, &cart("ord_1", &[("lamp", 1), ("vase", 2)])).await;
    assert!(matches!(bought, CheckoutAnswer::Confirmed { .. }), "{bought:?}");
    let short = shop.checkout(0, &cart("ord_2", &[("mug", 1), ("vase", 2)])).await;
    assert_eq!(short, CheckoutAnswer::LineSoldOut { sku: "vase".into() });
    // What is promised to a placed order is not there for another, on whichever of its lines it stands.
    shop.card.engine.lock().unwrap().inject(Fault::Slow { operation: None, count: 1, delay_ms: 500 });
    let lane = shop.lanes[0].clone();
    let buying = tokio::spawn(async move { lane.checkout(cart("ord_3", &[("mug", 1), ("vase", 1)])).await });
    sleep(Duration::from_millis(200)).await;
    assert_eq!(
        shop.checkout(0, &CheckoutRequest { sku: "vase".into(), ..wish("ord_4", 1) }).await,
        CheckoutAnswer::SoldOut
    );
    assert!(matches!(buying.await.unwrap(), CheckoutAnswer::Confirmed { .. }));
    shop.redis.set_away(false);
    assert_eq!(settled(&shop).await, [0, 3, 0]);
    assert_eq!(shop.redis.hold("vase", "ord_1").as_deref(), Some("confirmed"), "the gate learns of every line");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_cart_returns_every_line_once() {
    for strategy in CommitStrategy::ALL {
        for lost in [None, Some(CommitFault::AnswerLost), Some(CommitFault::RequestLost)] {
            let shop = open(3, strategy).await;
            let bought = shop.checkout(0, &cart("ord_1", &[("lamp", 2), ("mug", 1), ("vase", 3)])).await;
            assert!(matches!(bought, CheckoutAnswer::Confirmed { .. }));
            shop.database.inject(lost.as_slice());
            for statement in [
                "UPDATE orders SET status = 'cancelling', next_attempt_at = '2020-01-01T00:00:00Z', attempts = 0",
                "INSERT INTO order_transitions VALUES ('ord_1', 3, 'confirmed', 'cancelling', '2026-01-01T00:00:00Z')",
            ] {
                shop.database.run(statement).await;
            }
            sleep(Duration::from_millis(400)).await;
            assert_eq!(settled(&shop).await, [3, 4, 3], "{strategy:?}, {lost:?}");
            assert_eq!(shop.status("ord_1").await, "cancelled");
            assert_eq!(shop.card.taken_returned_held(), (1, 1, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn holds_of_a_cart_that_was_cut_before_its_order_are_reaped() {
    let shop = open(5, CommitStrategy::Group).await;
    let wanted = cart("ord_1", &[("lamp", 1), ("mug", 1), ("vase", 1)]);
    for cut_us in [1_500, 3_000, 4_500] {
        drop(tokio::time::timeout(Duration::from_micros(cut_us), shop.checkout(0, &wanted)).await);
    }
    sleep(Duration::from_secs(12)).await;
    let sold = shop.database.int("SELECT count(*) FROM orders").await;
    assert_eq!(settled(&shop).await, [5 - sold, 4 - sold, 3 - sold]);
}

#[tokio::test(start_paused = true)]
async fn changed_prices_are_shown_line_by_line_and_nothing_is_done() {
    let shop = open(5, CommitStrategy::Group).await;
    let mut wanted = cart("ord_1", &[("lamp", 1), ("mug", 1), ("vase", 1)]);
    wanted.shown_price_cents = Some(2_400);
    wanted.further[0].shown_price_cents = Some(1_000);
    wanted.further[1].shown_price_cents = Some(999);
    let changed = |sku: &str, price_cents, shown_cents| ChangedPrice { sku: sku.into(), price_cents, shown_cents };
    let lines = vec![changed("lamp", 2_500, 2_400), changed("vase", 1_000, 999)];
    assert_eq!(shop.checkout(0, &wanted).await, CheckoutAnswer::PricesChanged { lines });
    assert_eq!(settled(&shop).await, [5, 4, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_line_nobody_sells_is_named() {
    let shop = open(5, CommitStrategy::Group).await;
    let answer = shop.checkout(0, &cart("ord_1", &[("lamp", 1), ("zebra", 1)])).await;
    assert_eq!(answer, CheckoutAnswer::LineUnknown { sku: "zebra".into() });
    assert!(!cart("ord_1", &[("lamp", 1), ("lamp", 1)]).is_well_formed());
    assert!(!cart("ord_1", &[("mug", 1), ("lamp", 1)]).is_well_formed());
    assert!(!cart("ord_1", &[("lamp", 1), ("mug", 0)]).is_well_formed());
}
