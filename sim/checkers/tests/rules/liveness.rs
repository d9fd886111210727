//! Liveness: once shoppers and faults have ended, everything settles in time.

use checkers::history::{EventKind, Status};
use checkers::{Class, Verdict};

use crate::story::{Story, assert_says, limits};

/// The stores as they stand, called quiet.
fn called_quiet(story: &mut Story) -> Vec<String> {
    story.end.quiet = true;
    story.stores_alone("liveness")
}

#[test]
fn a_sale_that_settles_holds() {
    let mut story = Story::new();
    story.won("ord_1");
    story.paid("ord_2");
    story.begin_compensation("ord_2");
    story.compensated("ord_2");
    assert_eq!(story.settled().verdict("liveness"), Verdict::Holds);
}

#[test]
fn orders_left_on_their_way_are_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    assert_says(&called_quiet(&mut story), "ord_1 is still placed");
    story.begin_compensation("ord_1");
    assert_says(&called_quiet(&mut story), "ord_1 is still compensating");
    story.won("ord_2");
    assert_says(&called_quiet(&mut story), "ord_2 is still confirmed");
    story.begin_cancel("ord_2");
    assert_says(&called_quiet(&mut story), "ord_2 is still cancelling");
}

#[test]
fn an_order_that_is_never_delivered_is_seen() {
    for status in [Status::Picking, Status::Shipped] {
        let mut story = Story::new();
        story.won("ord_1");
        let mut story = story.settled();
        assert!(called_quiet(&mut story).is_empty());
        story.row("ord_1").status = status.word().to_owned();
        assert_says(&called_quiet(&mut story), &format!("ord_1 is still {}", status.word()));
    }
}

#[test]
fn an_event_left_in_the_outbox_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    let mut story = story.settled();
    story.end.tables.outbox[0].published = false;
    assert_says(&called_quiet(&mut story), "ord_1:order_confirmed is not published");
}

#[test]
fn a_hold_that_lives_on_is_seen() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.reserve("ord_1");
    assert_says(&called_quiet(&mut story), "console: at the end, ord_1 still holds 1 units");
}

#[test]
fn a_gate_that_stays_closed_is_seen() {
    let mut story = Story::new();
    story.end.tables.gate_epoch.as_mut().unwrap().open = false;
    assert_says(&called_quiet(&mut story), "the gate is closed");
    story.end.tables.gate_epoch = None;
    assert_says(&called_quiet(&mut story), "the gate is closed");
}

#[test]
fn what_settles_after_the_limit_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.see(EventKind::QuietSince);
    story.at_us += limits().drain_limit_us - 2_000;
    story.commit("ord_1");
    assert!(story.so_far("liveness").is_empty());
    story.at_us += 5_000;
    story.publish();
    assert_says(
        &story.so_far("liveness"),
        "ord_1 had order_confirmed published 10005 ms after all was quiet, 10000 ms",
    );
    story.begin_cancel("ord_1");
    assert_says(&story.so_far("liveness"), "ord_1 became cancelling 10006 ms after all was quiet");
}

#[test]
fn a_run_that_was_stopped_early_is_not_judged() {
    let mut story = Story::new();
    story.paid("ord_1");
    assert_eq!(story.verdict("liveness"), Verdict::NotJudged { why: vec!["shoppers or faults had not ended"] });
}

#[test]
fn failing_to_drain_is_not_called_unsafe() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.end.quiet = true;
    let violated: Vec<Class> = story
        .verdicts()
        .into_iter()
        .filter(|(_, _, verdict)| matches!(verdict, Verdict::Violated { .. }))
        .map(|(_, class, _)| class)
        .collect();
    assert_eq!(violated, [Class::Liveness]);
}
