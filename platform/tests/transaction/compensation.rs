//! Lost answers and half-done sagas: captured money ends in exactly one of order and refund.

use std::time::Duration;

use payments_engine::{Fault, Operation};
use platform::config::CommitStrategy;
use platform::messages::CheckoutAnswer;
use platform::metrics::Counter;
use tokio::time::sleep;

use crate::database::CommitFault;
use crate::shop::{Shop, wish};

async fn after_card_fault(fault: Fault) -> (Shop, CheckoutAnswer) {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    shop.card.engine.lock().unwrap().inject(fault);
    let answer = shop.checkout(0, &wish("ord_1", 1)).await;
    shop.settle().await;
    (shop, answer)
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_by_the_card_gateway_is_read_back() {
    for operation in [Operation::Create, Operation::Capture] {
        let (shop, answer) = after_card_fault(Fault::LoseAnswer { operation: Some(operation), count: 1 }).await;
        assert!(matches!(answer, CheckoutAnswer::Confirmed { .. }), "{operation:?}: {answer:?}");
        assert_eq!(shop.card.taken_returned_held(), (1, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_spent_on_an_error_ends_in_nothing_taken_or_one_order() {
    for operation in [Operation::Create, Operation::Capture] {
        for executed in [false, true] {
            let fault = Fault::ServerError { operation: Some(operation), count: 1, executed };
            let (shop, _) = after_card_fault(fault).await;
            let status = shop.status("ord_1").await;
            assert_eq!(status, if executed { "confirmed" } else { "failed" }, "{operation:?}, executed: {executed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_card_gateway_that_is_silent_for_long_leaves_nothing_behind() {
    for operation in [Operation::Create, Operation::Capture, Operation::Read] {
        let (shop, _) = after_card_fault(Fault::Hang { operation: Some(operation), count: 12 }).await;
        let status = shop.status("ord_1").await;
        assert!(["confirmed", "failed"].contains(&status.as_str()), "{operation:?}: {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_was_lost_stands() {
    for strategy in CommitStrategy::ALL {
        let shop = Shop::open(3, strategy).await;
        shop.database.inject(&[CommitFault::AnswerLost]);
        let answer = shop.checkout(0, &wish("ord_1", 1)).await;
        assert!(matches!(answer, CheckoutAnswer::Confirmed { .. }), "{strategy:?}: {answer:?}");
        shop.settle().await;
        assert_eq!((shop.on_hand().await, shop.count(Counter::CommitUnknown)), (2, 1), "{strategy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_never_arrived_is_made_again() {
    let shop = Shop::open(3, CommitStrategy::Conditional).await;
    shop.database.inject(&[CommitFault::RequestLost, CommitFault::RequestLost]);
    let answer = shop.checkout(0, &wish("ord_1", 1)).await;
    assert!(matches!(answer, CheckoutAnswer::Confirmed { .. }), "{answer:?}");
    shop.settle().await;
}

#[tokio::test(start_paused = true)]
async fn captured_money_is_refunded_when_the_commit_fails_for_good() {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    shop.database.fail_commits(1_000);
    let answer = shop.checkout(0, &wish("ord_1", 1)).await;
    assert_eq!(answer, CheckoutAnswer::Pending { order_id: "ord_1".into() });
    shop.settle().await;
    assert_eq!(shop.status("ord_1").await, "refunded");
    assert_eq!(shop.card.taken_returned_held(), (1, 1, 0));
    assert_eq!(shop.database.int("SELECT count(*) FROM outbox WHERE event_id = 'ord_1:order_refunded'").await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_worker_commits_what_a_dead_saga_had_captured() {
    let shop = Shop::open(3, CommitStrategy::Group).await;
    shop.database.fail_commits(4);
    assert_eq!(shop.checkout(0, &wish("ord_1", 1)).await, CheckoutAnswer::Pending { order_id: "ord_1".into() });
    shop.settle().await;
    assert_eq!(shop.status("ord_1").await, "confirmed");
    assert_eq!(shop.count(Counter::CompensationCommits), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_finds_no_stock_is_refunded() {
    let shop = Shop::open(1, CommitStrategy::Group).await;
    // Somebody walks off with the lamp: the gate does not know.
    shop.database.run("UPDATE inventory SET on_hand = 0").await;
    shop.database
        .run("INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at) VALUES ('lamp', 'sold', 'x', -1, '2026-01-01T00:00:00Z')")
        .await;
    let answer = shop.checkout(0, &wish("ord_1", 1)).await;
    let CheckoutAnswer::Ended { order } = answer else { panic!("{answer:?}") };
    assert_eq!((order.status.as_str(), order.reason.as_deref()), ("compensating", Some("sold_out")));
    shop.settle().await;
    assert_eq!(shop.status("ord_1").await, "refunded");
}

#[tokio::test(start_paused = true)]
async fn cancelled_order_releases_its_stock() {
    for lost in [None, Some(CommitFault::AnswerLost), Some(CommitFault::RequestLost)] {
        let shop = Shop::open(3, CommitStrategy::Buckets).await;
        assert!(matches!(shop.checkout(0, &wish("ord_1", 2)).await, CheckoutAnswer::Confirmed { .. }));
        shop.database.inject(lost.as_slice());
        for statement in [
            "UPDATE orders SET status = 'cancelling', next_attempt_at = '2020-01-01T00:00:00Z', attempts = 0",
            "INSERT INTO order_transitions VALUES ('ord_1', 3, 'confirmed', 'cancelling', '2026-01-01T00:00:00Z')",
        ] {
            shop.database.run(statement).await;
        }
        sleep(Duration::from_millis(400)).await;
        shop.settle().await;
        assert_eq!(shop.status("ord_1").await, "cancelled");
        assert_eq!((shop.on_hand().await, shop.redis.counter("lamp")), (3, Some(3)));
        assert_eq!(shop.card.taken_returned_held(), (1, 1, 0));
        assert_eq!(shop.count(Counter::LeaksRepaired), 0, "{lost:?}");
    }
}
