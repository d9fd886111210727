//! Checkouts from the lane's point of view: one key, one effect, one answer.

use std::time::Duration;

use platform::config::CommitStrategy;
use platform::messages::{CheckoutAnswer, CheckoutRequest};
use platform::metrics::Counter;
use tokio::time::sleep;

use crate::shop::{Shop, wish};

fn is_confirmed(answer: &CheckoutAnswer) -> bool {
    matches!(answer, CheckoutAnswer::Confirmed { .. })
}

#[tokio::test(start_paused = true)]
async fn a_paid_order_is_committed_and_its_hold_becomes_a_sale_under_every_strategy() {
    for strategy in CommitStrategy::ALL {
        let shop = Shop::open(5, strategy).await;
        let answer = shop.checkout(0, &wish("ord_1", 2)).await;
        assert!(is_confirmed(&answer), "{strategy:?}: {answer:?}");
        shop.settle().await;
        assert_eq!(shop.redis.hold("lamp", "ord_1").as_deref(), Some("confirmed"));
        assert_eq!((shop.on_hand().await, shop.redis.counter("lamp")), (3, Some(3)));
        assert_eq!(shop.database.int("SELECT count(*) FROM outbox WHERE event_id = 'ord_1:order_confirmed'").await, 1);
        assert_eq!(shop.database.int("SELECT max(seq) FROM order_transitions").await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn every_unit_is_sold_and_not_one_more_under_every_strategy() {
    for strategy in CommitStrategy::ALL {
        let shop = Shop::open(30, strategy).await;
        let buyers: Vec<_> = (0..60)
            .map(|n| {
                let lane = shop.lanes[n % 2].clone();
                tokio::spawn(async move { lane.checkout(wish(&format!("ord_{n}"), 1)).await })
            })
            .collect();
        let (mut bought, mut sold_out) = (0, 0);
        for buyer in buyers {
            match buyer.await.unwrap() {
                CheckoutAnswer::Confirmed { .. } | CheckoutAnswer::Pending { .. } => bought += 1,
                CheckoutAnswer::SoldOut => sold_out += 1,
                other => panic!("{strategy:?}: {other:?}"),
            }
        }
        shop.settle().await;
        assert_eq!((bought, sold_out, shop.on_hand().await), (30, 30, 0), "{strategy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sold_out_product_never_reaches_postgres() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    assert!(is_confirmed(&shop.checkout(0, &wish("ord_1", 1)).await));
    sleep(Duration::from_millis(1)).await;
    let before = shop.database.statements();
    for n in 2..100 {
        assert_eq!(shop.checkout(0, &wish(&format!("ord_{n}"), 1)).await, CheckoutAnswer::SoldOut);
    }
    // What is left is the upkeep's own rounds and the renewals of the lease.
    assert!(shop.database.statements() - before < 20, "{}", shop.database.statements() - before);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_is_told_what_the_first_was_told_even_when_all_is_sold_out() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    let first = shop.checkout(0, &wish("ord_1", 1)).await;
    assert!(is_confirmed(&first));
    assert_eq!(shop.checkout(1, &wish("ord_2", 1)).await, CheckoutAnswer::SoldOut);
    assert_eq!(shop.checkout(1, &wish("ord_1", 1)).await, first);
    let other = CheckoutRequest { fingerprint: "f2".into(), ..wish("ord_1", 1) };
    assert_eq!(shop.checkout(1, &other).await, CheckoutAnswer::KeyReused);
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_gives_its_units_back_and_is_told_again() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    let declined = CheckoutRequest { payment_method: "pm_card_chargeDeclined".into(), ..wish("ord_1", 1) };
    let first = shop.checkout(0, &declined).await;
    assert!(matches!(first, CheckoutAnswer::Declined { .. }), "{first:?}");
    // The shopper is told first, the gate after that.
    sleep(Duration::from_millis(5)).await;
    assert!(is_confirmed(&shop.checkout(0, &wish("ord_2", 1)).await));
    assert_eq!(shop.checkout(1, &declined).await, first);
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn one_key_at_both_lanes_at_once_pays_once() {
    let shop = Shop::open(5, CommitStrategy::Group).await;
    let wish = wish("ord_1", 1);
    let (one, other) = tokio::join!(shop.checkout(0, &wish), shop.checkout(1, &wish));
    let answers = [&one, &other];
    assert!(answers.iter().any(|answer| is_confirmed(answer)), "{answers:?}");
    assert!(answers.iter().all(|it| is_confirmed(it) || **it == CheckoutAnswer::InFlight), "{answers:?}");
    shop.settle().await;
    assert_eq!(shop.card.taken_returned_held(), (1, 0, 0));
    assert_eq!(shop.on_hand().await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_caller_went_away_ends_all_the_same() {
    for cut_us in (0..60_000).step_by(1_700) {
        let shop = Shop::open(3, CommitStrategy::Conditional).await;
        let wish = wish("ord_1", 2);
        drop(tokio::time::timeout(Duration::from_micros(cut_us), shop.checkout(0, &wish)).await);
        shop.settle().await;
        let again = shop.checkout(1, &wish).await;
        assert!(is_confirmed(&again), "cut after {cut_us} us: {again:?}");
        shop.settle().await;
        assert_eq!(shop.on_hand().await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_product_is_refused() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    let request = CheckoutRequest { sku: "mug".into(), ..wish("ord_1", 1) };
    assert_eq!(shop.checkout(0, &request).await, CheckoutAnswer::UnknownProduct);
    assert_eq!(shop.count(Counter::HoldsTaken), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_bought_at_a_price_the_shopper_was_not_shown() {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    let shown =
        |order_id: &str, price_cents| CheckoutRequest { shown_price_cents: Some(price_cents), ..wish(order_id, 1) };
    let answer = shop.checkout(0, &shown("ord_1", 1_999)).await;
    assert_eq!(answer, CheckoutAnswer::PriceChanged { price_cents: 2_500, shown_cents: 1_999 });
    assert_eq!((shop.count(Counter::HoldsTaken), shop.count(Counter::OrdersPlaced)), (0, 0), "nothing was done");
    let bought = shop.checkout(0, &shown("ord_1", 2_500)).await;
    assert!(matches!(bought, CheckoutAnswer::Confirmed { .. }), "{bought:?}");
    shop.database.run("UPDATE products SET price_cents = 1999 WHERE sku = 'lamp'").await;
    sleep(Duration::from_secs(6)).await;
    shop.checkout(0, &shown("ord_2", 1)).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(shop.checkout(0, &shown("ord_1", 2_500)).await, bought, "a repeat is answered from its order");
    let late = shop.checkout(0, &shown("ord_3", 2_500)).await;
    assert_eq!(late, CheckoutAnswer::PriceChanged { price_cents: 1_999, shown_cents: 2_500 });
    shop.settle().await;
}
