//! Stock: committed units never exceed stocked units, and the ledger sums to the balance.

use checkers::Verdict;
use checkers::history::{EventKind, Movement, Status};
use checkers::snapshot::{BucketRow, LedgerRow};

use crate::story::{CONSOLE, LAMP, Story, assert_says};

#[test]
fn a_sale_of_every_unit_holds() {
    let mut story = Story::new();
    for id in ["ord_1", "ord_2", "ord_3"] {
        story.won(id);
    }
    assert_eq!(story.settled().verdict("stock"), Verdict::Holds);
}

#[test]
fn units_spread_over_buckets_in_one_commit_hold() {
    let mut story = Story::new();
    story.see(EventKind::BalanceSet { sku: CONSOLE, bucket: None, on_hand: 0 });
    story.see_now(EventKind::BalanceSet { sku: CONSOLE, bucket: Some(0), on_hand: 2 });
    story.see_now(EventKind::BalanceSet { sku: CONSOLE, bucket: Some(1), on_hand: 1 });
    story.see_now(EventKind::Committed);
    story.end.tables.inventory[0].on_hand = 0;
    let bucket = |bucket, on_hand| BucketRow { sku: "console".to_owned(), bucket, on_hand };
    story.end.tables.buckets = vec![bucket(0, 2), bucket(1, 1)];
    assert_eq!(story.settled().verdict("stock"), Verdict::Holds);
}

#[test]
fn the_commit_that_sells_a_unit_too_many_is_seen_at_once() {
    let mut story = Story::new();
    for id in ["ord_1", "ord_2", "ord_3"] {
        story.won(id);
    }
    story.wish("ord_4");
    story.place("ord_4");
    story.pay("ord_4");
    assert!(story.so_far("stock").is_empty());
    story.commit_regardless("ord_4");
    assert_says(&story.so_far("stock"), "oversold by 1: 4 units committed, 3 stocked");
    assert_says(&story.so_far("stock"), "a balance fell to -1");
    assert!(story.judge.is_unsafe());
    assert_says(&story.stores_alone("stock"), "oversold by 1: 4 units sold, 3 stocked");
    assert_says(&story.stores_alone("stock"), "the balance is -1");
}

#[test]
fn orders_that_own_more_than_was_stocked_are_oversold_whatever_the_ledger_says() {
    let mut story = Story::new();
    story.wish_for("ord_1", CONSOLE, 4);
    story.place("ord_1");
    story.pay("ord_1");
    story.move_to("ord_1", Status::Confirmed);
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "oversold by 1: 4 units committed, 3 stocked");
}

#[test]
fn a_lost_update_leaves_ledger_and_balance_apart() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.paid("ord_2");
    story.commit("ord_1");
    story.end.tables.inventory[0].on_hand += 1;
    story.commit("ord_2");
    assert_says(&story.so_far("stock"), "the ledger sums to 1, the balance says 2");
    assert_says(&story.stores_alone("stock"), "the ledger sums to 1, the balance says 2");
}

#[test]
fn a_bucket_below_zero_is_seen_though_the_sum_is_right() {
    let mut story = Story::new();
    story.see(EventKind::BalanceSet { sku: CONSOLE, bucket: Some(0), on_hand: -1 });
    story.see_now(EventKind::BalanceSet { sku: CONSOLE, bucket: None, on_hand: 4 });
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "a balance fell to -1");
    story.end.tables.inventory[0].on_hand = 4;
    story.end.tables.buckets.push(BucketRow { sku: "console".to_owned(), bucket: 7, on_hand: -1 });
    assert_says(&story.stores_alone("stock"), "the balance of bucket 7 is -1");
}

#[test]
fn an_order_sold_twice_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.book("ord_1", Movement::Sold);
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "ord_1 was sold its units twice");
    assert_says(&story.stores_alone("stock"), "ord_1 has 2 sales and 0 returns");
}

#[test]
fn units_returned_twice_are_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    assert!(story.begin_cancel("ord_1"));
    story.cancelled("ord_1");
    assert!(story.so_far("stock").is_empty());
    story.book("ord_1", Movement::Returned);
    assert_says(&story.so_far("stock"), "ord_1 returned its units twice");
    assert_says(&story.stores_alone("stock"), "ord_1 has 1 sales and 2 returns");
}

#[test]
fn units_returned_that_were_never_sold_are_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.book("ord_1", Movement::Returned);
    assert_says(&story.so_far("stock"), "ord_1 returned other units than it was sold");
}

#[test]
fn a_sale_that_takes_no_units_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    story.see(EventKind::StockMoved { sku: CONSOLE, order, movement: Movement::Sold, delta: 1 });
    assert_says(&story.so_far("stock"), "a sale in the ledger that takes no units");
}

#[test]
fn a_confirmed_order_without_its_ledger_entry_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.move_to("ord_1", Status::Confirmed);
    story.see_now(EventKind::Committed);
    let what = "ord_1 of 1 units is confirmed, the ledger has 0 sold and 0 returned";
    assert_says(&story.so_far("stock"), what);
    assert_says(&story.stores_alone("stock"), what);
}

#[test]
fn an_order_sold_less_than_it_has_is_seen() {
    let mut story = Story::new();
    story.wish_for("ord_1", LAMP, 2);
    story.place("ord_1");
    story.pay("ord_1");
    story.commit("ord_1");
    story.end.tables.ledger.last_mut().unwrap().delta = -1;
    assert_says(&story.stores_alone("stock"), "ord_1 of 2 units is confirmed, the ledger has 1 sold");
}

#[test]
fn a_refunded_order_that_keeps_its_units_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.begin_compensation("ord_1");
    story.book("ord_1", Movement::Sold);
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "is compensating, the ledger has 1 sold");
    assert_says(&story.stores_alone("stock"), "is compensating, the ledger has 1 sold");
}

#[test]
fn a_cancelled_order_that_returns_nothing_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.begin_cancel("ord_1");
    story.move_to("ord_1", Status::Cancelled);
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "is cancelled, the ledger has 1 sold and 0 returned");
}

#[test]
fn a_sale_without_an_order_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.book("ord_1", Movement::Sold);
    story.see_now(EventKind::Committed);
    assert_says(&story.so_far("stock"), "ord_1 has ledger entries but does not exist");
    assert_says(&story.stores_alone("stock"), "ord_1 has ledger entries but no order of that product");
}

#[test]
fn stock_that_the_scenario_never_delivered_is_seen() {
    let mut story = Story::new();
    let (sku, kind, reference) = ("console".to_owned(), "stocked".to_owned(), "second delivery".to_owned());
    story.end.tables.ledger.push(LedgerRow { sku, kind, reference, delta: 5 });
    story.end.tables.inventory[0].on_hand += 5;
    assert_says(&story.stores_alone("stock"), "the ledger has 8 units stocked, the scenario 3");
}

#[test]
fn an_oversold_commit_names_the_order_it_overlapped_with() {
    let mut story = Story::new();
    for id in ["ord_1", "ord_2", "ord_3"] {
        story.paid(id);
    }
    story.wish("ord_4");
    story.place("ord_4");
    story.pay("ord_4");
    for id in ["ord_1", "ord_2", "ord_3", "ord_4"] {
        story.commit_regardless(id);
    }
    let last = ["ord_4", "ord_3"].map(|id| story.order(id));
    let Verdict::Violated { violations, .. } = story.verdict("stock") else { panic!("nothing was found") };
    assert_eq!(violations[0].orders, last);
}
