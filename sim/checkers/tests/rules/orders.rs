//! Orders: an acknowledged order exists and stays, was paid, and moved only as it may.

use checkers::Verdict;
use checkers::history::{Answer, EventKind, Status};
use checkers::snapshot::TransitionRow;

use crate::story::{CONSOLE, Story, assert_says};

#[test]
fn every_way_an_order_may_go_holds() {
    let mut story = Story::new();
    story.won("ord_1");
    story.paid("ord_2");
    story.begin_compensation("ord_2");
    story.compensated("ord_2");
    let order = story.order("ord_2");
    story.answer("ord_2", Answer::Ended { order });
    story.won("ord_3");
    story.begin_cancel("ord_3");
    story.cancelled("ord_3");
    assert_eq!(story.settled().verdict("orders"), Verdict::Holds);
}

#[test]
fn a_pending_answer_for_an_order_that_never_came_to_be_holds() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.reserve("ord_1");
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::Pending { order });
    story.release_hold("ord_1");
    assert_eq!(story.settled().verdict("orders"), Verdict::Holds);
}

#[test]
fn an_answer_201_without_an_order_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::Won { order });
    assert_says(&story.so_far("orders"), "ord_1 was acknowledged to its shopper but does not exist");
}

#[test]
fn an_answer_201_for_an_order_that_was_never_confirmed_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::Won { order });
    assert_says(&story.so_far("orders"), "ord_1 was answered 201 although it is placed");
}

#[test]
fn an_acknowledged_order_that_is_gone_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.end.tables.orders.clear();
    story.end.tables.transitions.clear();
    let Verdict::Violated { violations, .. } = story.verdict("orders") else { panic!("nothing was found") };
    assert!(violations[0].what.contains("ord_1 was acknowledged to its shopper and is gone"));
}

#[test]
fn a_committed_row_that_is_gone_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.place("ord_1");
    story.end.tables.orders.clear();
    story.end.tables.transitions.clear();
    let Verdict::Violated { violations, .. } = story.verdict("orders") else { panic!("nothing was found") };
    assert!(violations[0].what.contains("ord_1 was committed to the database and is gone"));
}

#[test]
fn a_removed_order_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    story.see(EventKind::OrderRemoved { order });
    assert_says(&story.so_far("orders"), "ord_1 was removed");
}

#[test]
fn a_move_that_no_order_may_make_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.move_to("ord_1", Status::Refunded);
    let what = "ord_1 moved from confirmed to refunded, which no order may";
    assert_says(&story.so_far("orders"), what);
    assert_says(&story.stores_alone("orders"), what);
}

#[test]
fn an_order_that_does_not_start_at_placed_is_seen() {
    let mut story = Story::new();
    let order = story.order("ord_1");
    let (from, to) = (None, Status::Compensating);
    story.see(EventKind::OrderMoved { order, sku: CONSOLE, from, to, quantity: 1, amount_cents: 500 });
    assert_says(&story.so_far("orders"), "ord_1 moved from nothing to compensating, which no order may");
}

#[test]
fn a_move_from_a_state_the_order_was_not_in_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    let (from, to) = (Some(Status::Compensating), Status::Refunded);
    story.see(EventKind::OrderMoved { order, sku: CONSOLE, from, to, quantity: 1, amount_cents: 500 });
    assert_says(&story.so_far("orders"), "ord_1 moved from compensating to refunded, but was placed");
    story.end.tables.transitions.last_mut().unwrap().from_status = Some("confirmed".to_owned());
    assert_says(&story.stores_alone("orders"), "ord_1 moved from confirmed to placed, but was nothing");
}

#[test]
fn an_order_whose_amount_changes_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    let (from, to) = (Some(Status::Placed), Status::Compensating);
    story.see(EventKind::OrderMoved { order, sku: CONSOLE, from, to, quantity: 1, amount_cents: 5 });
    assert_says(&story.so_far("orders"), "ord_1 changed its product, quantity or amount");
}

#[test]
fn an_order_committed_before_it_is_paid_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.place("ord_1");
    story.commit("ord_1");
    assert_says(&story.so_far("orders"), "ord_1 was committed before it was paid");
    assert_says(&story.stores_alone("orders"), "ord_1 was committed but never paid");
}

#[test]
fn a_gap_in_the_transitions_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.end.tables.transitions[1].seq = 3;
    assert_says(&story.stores_alone("orders"), "ord_1 has transition 3 where 2 is due");
}

#[test]
fn a_status_that_its_transitions_do_not_lead_to_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.row("ord_1").status = "delivered".to_owned();
    assert_says(&story.stores_alone("orders"), "ord_1 is delivered, but its transitions end at confirmed");
    story.end.tables.transitions.clear();
    assert_says(&story.stores_alone("orders"), "ord_1 is delivered, but its transitions end at nothing");
}

#[test]
fn a_status_that_no_order_has_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.end.tables.transitions[1].to_status = "lost".to_owned();
    assert_says(&story.stores_alone("orders"), "ord_1 has transition 2 with a status that no order has");
}

#[test]
fn transitions_without_an_order_are_seen() {
    let mut story = Story::new();
    let (order_id, to_status) = ("ord_1".to_owned(), "placed".to_owned());
    story.end.tables.transitions.push(TransitionRow { order_id, seq: 1, from_status: None, to_status });
    assert_says(&story.stores_alone("orders"), "ord_1 has transitions but does not exist");
}

#[test]
fn a_move_that_was_committed_and_is_lost_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.end.tables.transitions.pop();
    story.row("ord_1").status = "placed".to_owned();
    let Verdict::Violated { violations, .. } = story.verdict("orders") else { panic!("nothing was found") };
    assert!(violations.iter().any(|violation| violation.what.contains("ord_1 has lost its move to confirmed")));
}
