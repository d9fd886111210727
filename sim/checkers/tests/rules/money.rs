//! Money: every capture ends in exactly one of order or refund, never twice, and amounts agree.

use checkers::Verdict;
use checkers::history::{CardStep, EventKind, Status};

use crate::story::{Story, assert_says};

#[test]
fn orders_refunds_declines_and_cancellations_hold() {
    let mut story = Story::new();
    story.won("ord_1");
    story.paid("ord_2");
    story.begin_compensation("ord_2");
    story.compensated("ord_2");
    story.wish("ord_3");
    story.reserve("ord_3");
    story.place("ord_3");
    story.declined("ord_3");
    story.won("ord_4");
    story.begin_cancel("ord_4");
    story.cancelled("ord_4");
    assert_eq!(story.settled().verdict("money"), Verdict::Holds);
}

#[test]
fn a_card_gateway_that_was_not_read_is_not_a_violation() {
    let mut story = Story::new();
    story.won("ord_1");
    story.end.card_intents = None;
    let verdict = story.settled().verdict("money");
    assert_eq!(verdict, Verdict::NotJudged { why: vec!["the card gateway was not read"] });
}

#[test]
fn a_second_capture_is_seen_even_in_another_intent() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    let intent = story.judge.history_mut().intent("pi_other");
    story.see(EventKind::CardMoved { order, intent, step: CardStep::Captured, amount_cents: 500 });
    assert_says(&story.so_far("money"), "ord_1 was captured again: 500 cents, then 500 cents");
    let mut second = story.card_intent("ord_1").clone();
    second.intent_id = "pi_other".to_owned();
    story.end.card_intents.as_mut().unwrap().push(second);
    assert_says(&story.stores_alone("money"), "ord_1 was captured by 2 intents");
}

#[test]
fn a_refund_of_more_than_was_captured_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.begin_compensation("ord_1");
    story.give_back("ord_1");
    assert!(story.so_far("money").is_empty());
    story.give_back("ord_1");
    assert_says(&story.so_far("money"), "ord_1 was given back 500 cents more than were captured");
    story.card_intent("ord_1").refunded_cents = 1_000;
    assert_says(&story.stores_alone("money"), "has 500 of 500 cents captured and 1000 given back in pi_ord_1");
}

#[test]
fn a_refund_from_an_intent_that_took_nothing_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.begin_compensation("ord_1");
    let order = story.order("ord_1");
    let intent = story.judge.history_mut().intent("pi_other");
    story.see(EventKind::CardMoved { order, intent, step: CardStep::Refunded, amount_cents: 500 });
    assert_says(&story.so_far("money"), "ord_1 was given back 500 cents more than were captured");
}

#[test]
fn money_moved_before_the_order_is_written_down_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.pay("ord_1");
    assert_says(&story.so_far("money"), "ord_1 had its money moved before it was written down");
}

#[test]
fn a_capture_of_another_amount_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.place("ord_1");
    let order = story.order("ord_1");
    let intent = story.judge.history_mut().intent("pi_ord_1");
    story.see(EventKind::CardMoved { order, intent, step: CardStep::Captured, amount_cents: 499 });
    assert_says(&story.so_far("money"), "ord_1 costs 500 cents, the card was asked for 499");
    story.card_intent("ord_1").captured_cents = 499;
    assert_says(&story.stores_alone("money"), "placed for 500 cents, of which 499 were captured and 0 given back");
}

#[test]
fn a_capture_of_a_failed_order_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.place("ord_1");
    story.declined("ord_1");
    story.card("ord_1", CardStep::Captured);
    assert_says(&story.so_far("money"), "ord_1 was captured although it is failed");
    story.card_intent("ord_1").captured_cents = 500;
    assert_says(&story.stores_alone("money"), "ord_1 is failed for 500 cents, of which 500 were captured");
}

#[test]
fn a_captured_order_that_fails_without_a_refund_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.begin_compensation("ord_1");
    story.move_to("ord_1", Status::Failed);
    assert_says(&story.so_far("money"), "ord_1 is failed for 500 cents, of which 500 were captured");
}

#[test]
fn a_refund_of_an_order_that_stands_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.give_back("ord_1");
    assert_says(&story.so_far("money"), "ord_1 was given its money back although it is confirmed");
    let what = "ord_1 is confirmed for 500 cents, of which 500 were captured and 500 given back";
    assert_says(&story.stores_alone("money"), what);
}

#[test]
fn an_order_committed_after_its_refund_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.give_back("ord_1");
    assert!(story.so_far("money").is_empty());
    story.commit("ord_1");
    assert_says(
        &story.so_far("money"),
        "ord_1 is confirmed for 500 cents, of which 500 were captured and 500 given back",
    );
}

#[test]
fn an_order_called_refunded_without_a_refund_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.begin_compensation("ord_1");
    story.move_to("ord_1", Status::Refunded);
    let what = "ord_1 is refunded for 500 cents, of which 500 were captured and 0 given back";
    assert_says(&story.so_far("money"), what);
    assert_says(&story.stores_alone("money"), what);
}

#[test]
fn a_capture_without_an_order_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.card_intent("ord_1").captured_cents = 500;
    assert_says(&story.stores_alone("money"), "ord_1 does not exist, but 500 cents were captured");
}

#[test]
fn a_missing_payment_intent_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    let intents = std::mem::take(&mut story.end.tables.payment_intents);
    assert_says(&story.stores_alone("money"), "ord_1 has no payment intent");
    story.end.tables.payment_intents = intents;
    story.end.tables.orders.clear();
    assert_says(&story.stores_alone("money"), "ord_1 has a payment intent but does not exist");
}

#[test]
fn a_payment_intent_that_contradicts_its_order_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.intent_status("ord_1", "created");
    assert_says(&story.stores_alone("money"), "ord_1 is confirmed, but its payment intent is created");
    story.end.tables.payment_intents[0].amount_cents = 400;
    assert_says(&story.stores_alone("money"), "ord_1 costs 500 cents, its payment intent says 400");
}
