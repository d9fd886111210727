//! Holds: the gate's counters account for every unit Postgres has left.

use checkers::Verdict;
use checkers::history::{EventKind, HoldStep};
use checkers::snapshot::HoldRow;

use crate::story::{CONSOLE, LAMP, Story, assert_says};

fn moved(story: &mut Story, id: &str, step: HoldStep, remaining: i64) {
    let order = story.order(id);
    story.see(EventKind::HoldMoved { order, sku: CONSOLE, step, quantity: 1, remaining });
}

/// Turns the stores quiet without letting anything happen.
fn hushed(story: &mut Story) {
    story.end.quiet = true;
}

#[test]
fn holds_taken_sold_released_and_restocked_hold() {
    let mut story = Story::new();
    story.won("ord_1");
    story.wish("ord_2");
    story.reserve("ord_2");
    story.release_hold("ord_2");
    story.take_hold("ord_2", 1);
    story.release_hold("ord_2");
    story.won("ord_3");
    story.begin_cancel("ord_3");
    story.cancelled("ord_3");
    assert_eq!(story.settled().verdict("holds"), Verdict::Holds);
}

#[test]
fn a_hold_released_before_its_sale_may_take_the_counter_below_zero() {
    let mut story = Story::new();
    for id in ["ord_1", "ord_2", "ord_3"] {
        story.paid(id);
    }
    story.commit("ord_1");
    story.release_hold("ord_1");
    story.wish("ord_4");
    story.reserve("ord_4");
    story.confirm_hold("ord_1");
    assert!(story.so_far("holds").is_empty());
}

#[test]
fn counters_rebuilt_after_a_loss_hold() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.won("ord_2");
    story.lose_gate_and_rebuild();
    story.commit("ord_1");
    story.confirm_hold("ord_1");
    story.won("ord_3");
    assert_eq!(story.settled().verdict("holds"), Verdict::Holds);
}

#[test]
fn a_reservation_of_more_than_there_is_is_seen() {
    let mut story = Story::new();
    for (id, remaining) in [("ord_1", 2), ("ord_2", 1), ("ord_3", 0), ("ord_4", -1)] {
        assert!(story.so_far("holds").is_empty());
        moved(&mut story, id, HoldStep::Taken, remaining);
    }
    assert_says(&story.so_far("holds"), "ord_4 reserved 1 units and left -1");
}

#[test]
fn a_hold_moved_twice_or_backwards_is_seen() {
    use HoldStep::{Confirmed, Released, Restocked, Taken};
    let cases: [(&[HoldStep], &str); 8] = [
        (&[Taken, Taken], "took its units twice"),
        (&[Taken, Confirmed, Taken], "took units again after its sale"),
        (&[Taken, Released, Released], "gave its units back twice"),
        (&[Taken, Confirmed, Released], "gave back units that are sold"),
        (&[Taken, Confirmed, Restocked, Released], "gave back units that are sold"),
        (&[Taken, Confirmed, Restocked, Confirmed], "was sold again after it was cancelled"),
        (&[Taken, Confirmed, Restocked, Restocked], "put its units on sale again twice"),
        (&[Taken, Released, Restocked], "put units on sale again that it had given back"),
    ];
    for (steps, what) in cases {
        let mut story = Story::new();
        let mut remaining = 3;
        for (place, step) in steps.iter().enumerate() {
            assert!(story.so_far("holds").is_empty(), "{steps:?} is legal before step {place}");
            remaining += match step {
                Taken => -1,
                Confirmed => 0,
                Released | Restocked => 1,
            };
            moved(&mut story, "ord_1", *step, remaining);
        }
        assert_says(&story.so_far("holds"), what);
    }
}

#[test]
fn a_counter_that_moves_by_more_than_its_holds_is_seen() {
    let mut story = Story::new();
    moved(&mut story, "ord_1", HoldStep::Taken, 2);
    moved(&mut story, "ord_2", HoldStep::Taken, 2);
    assert_says(&story.so_far("holds"), "the counter stood at 2, ord_2 should have left 1, but left 2");
}

#[test]
fn a_hold_on_a_counter_that_was_not_rebuilt_after_a_loss_is_seen() {
    let mut story = Story::new();
    story.see(EventKind::GateLost);
    moved(&mut story, "ord_1", HoldStep::Taken, 2);
    assert_says(&story.so_far("holds"), "ord_1 moved a counter that was not rebuilt since Redis may have lost writes");
}

#[test]
fn a_loss_counts_for_products_that_were_not_seen_yet() {
    let mut judge = checkers::Judge::new(&crate::story::limits());
    let order = judge.history_mut().order("ord_1");
    let step = HoldStep::Taken;
    let events = [EventKind::GateLost, EventKind::HoldMoved { order, sku: LAMP, step, quantity: 1, remaining: 0 }];
    for kind in events {
        judge.observe(checkers::Event { at_us: 0, kind });
    }
    assert!(judge.is_unsafe());
}

#[test]
fn a_counter_set_below_zero_is_seen() {
    let mut story = Story::new();
    story.see(EventKind::CounterSet { sku: CONSOLE, counter: 0 });
    assert!(story.so_far("holds").is_empty());
    story.see(EventKind::CounterSet { sku: CONSOLE, counter: -1 });
    assert_says(&story.so_far("holds"), "console: the counter was set to -1");
}

#[test]
fn a_hold_taken_in_two_commands_holds_until_the_counter_falls_below_zero() {
    let mut story = Story::new();
    for remaining in [2, 1, 0] {
        story.see(EventKind::CounterSet { sku: CONSOLE, counter: remaining });
        moved(&mut story, &format!("ord_{remaining}"), HoldStep::Taken, remaining);
    }
    assert!(story.so_far("holds").is_empty());
    story.see(EventKind::CounterSet { sku: CONSOLE, counter: -1 });
    moved(&mut story, "ord_4", HoldStep::Taken, -1);
    assert_says(&story.so_far("holds"), "ord_4 reserved 1 units and left -1");
}

#[test]
fn a_leaked_unit_is_seen_once_all_is_quiet() {
    let mut story = Story::new();
    story.end.gate.as_mut().unwrap().skus[0].counter = Some(2);
    assert!(story.stores_alone("holds").is_empty());
    hushed(&mut story);
    assert_says(&story.stores_alone("holds"), "the counter says 2 with 0 units held, Postgres has 3");
    assert_says(&story.stores_alone("holds"), "1 units are unaccounted for, the leak gauge says 0");
}

#[test]
fn a_product_with_an_order_on_its_way_is_left_to_liveness() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.release_hold("ord_1");
    story.end.gate.as_mut().unwrap().skus[0].counter = Some(1);
    hushed(&mut story);
    assert!(story.stores_alone("holds").is_empty());
    assert_says(&story.stores_alone("liveness"), "ord_1 is still placed");
}

#[test]
fn a_leak_gauge_that_cries_wolf_is_seen() {
    let mut story = Story::new();
    hushed(&mut story);
    story.end.leak_gauge = Some(7);
    assert_says(&story.stores_alone("holds"), "0 units are unaccounted for, the leak gauge says 7");
}

#[test]
fn a_live_hold_of_a_settled_order_is_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    story.commit("ord_1");
    hushed(&mut story);
    assert_says(&story.stores_alone("holds"), "ord_1 is confirmed and still holds 1 units");
}

#[test]
fn an_index_of_holds_that_names_what_is_not_held_is_seen() {
    let mut story = Story::new();
    hushed(&mut story);
    let hold = |order_id: &str, state: Option<&str>| HoldRow {
        order_id: order_id.to_owned(),
        state: state.map(str::to_owned),
        quantity: 0,
    };
    story.end.gate.as_mut().unwrap().skus[0].holds = vec![hold("ord_1", None), hold("ord_2", Some("released"))];
    assert_says(&story.stores_alone("holds"), "the index of live holds names ord_1, which has no hold");
    assert_says(&story.stores_alone("holds"), "the index of live holds names ord_2, which is released");
}

#[test]
fn a_missing_counter_is_seen() {
    let mut story = Story::new();
    hushed(&mut story);
    story.end.gate.as_mut().unwrap().skus[1].counter = None;
    assert_says(&story.stores_alone("holds"), "lamp: at the end, there is no counter");
}

#[test]
fn an_epoch_that_differs_is_seen() {
    let mut story = Story::new();
    hushed(&mut story);
    story.end.gate.as_mut().unwrap().epoch = Some(2);
    assert_says(&story.stores_alone("holds"), "Postgres opened epoch 1, Redis has epoch 2");
    story.end.gate.as_mut().unwrap().epoch = None;
    assert_says(&story.stores_alone("holds"), "Postgres opened epoch 1, Redis has no epoch");
}

#[test]
fn what_is_missing_is_not_judged() {
    let why = |change: fn(&mut Story)| {
        let mut story = Story::new().settled();
        change(&mut story);
        match story.verdict("holds") {
            Verdict::NotJudged { why } => why,
            verdict @ (Verdict::Holds | Verdict::Violated { .. }) => panic!("{verdict:?}"),
        }
    };
    assert_eq!(why(|story| story.end.gate = None), ["Redis was not read"]);
    assert_eq!(why(|story| story.end.leak_gauge = None), ["the leak gauge was not read"]);
    assert_eq!(why(|story| story.end.tables.gate_epoch.as_mut().unwrap().open = false), ["the gate is closed"]);
    let early = "the gate is compared with Postgres only once all is quiet";
    assert_eq!(why(|story| story.end.quiet = false), [early]);
}
