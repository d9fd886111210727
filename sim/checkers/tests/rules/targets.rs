//! Targets: the scenario's own numbers.

use checkers::history::{Answer, EventKind};
use checkers::targets::{Bound, Figure, Target};
use checkers::{Judge, Limits, Verdict};

use crate::story::{CONSOLE, STEP_US, Story, limits, texts};

fn demanding(figure: Figure, bound: Bound) -> Limits {
    Limits { targets: vec![Target { figure, bound }], ..limits() }
}

/// What the targets say of a story under one demand.
fn verdict_of(figure: Figure, bound: Bound, tell: impl FnOnce(&mut Story)) -> Verdict {
    let mut story = Story::with(&demanding(figure, bound));
    tell(&mut story);
    story.settled().verdict("targets")
}

#[track_caller]
fn assert_figure(figure: Figure, value: i64, tell: impl Fn(&mut Story)) {
    for held in [Bound::AtLeast(value), Bound::AtMost(value)] {
        assert_eq!(verdict_of(figure, held, &tell), Verdict::Holds, "{held:?}");
    }
    let too_low = texts(verdict_of(figure, Bound::AtLeast(value + 1), &tell));
    assert_eq!(too_low, [format!("{} is {value}, at least {} is demanded", figure.name(), value + 1)]);
    let too_high = texts(verdict_of(figure, Bound::AtMost(value - 1), &tell));
    assert_eq!(too_high, [format!("{} is {value}, at most {} is demanded", figure.name(), value - 1)]);
}

/// Two orders, the second confirmed half a second after the first.
fn two_orders(story: &mut Story) {
    story.paid("ord_1");
    story.paid("ord_2");
    story.commit("ord_1");
    story.at_us += 499_000;
    story.commit("ord_2");
    for id in ["ord_1", "ord_2"] {
        story.confirm_hold(id);
    }
}

#[test]
fn two_orders_in_half_a_second_are_four_per_second() {
    assert_figure(Figure::OrdersPerS, 4, two_orders);
}

#[test]
fn a_straggler_does_not_count_as_time_under_load() {
    let mut judge = Judge::new(&demanding(Figure::OrdersPerS, Bound::AtLeast(10)));
    let confirm = |judge: &mut Judge, order: u32, at_us| {
        let order = judge.history_mut().order(&format!("ord_{order}"));
        let (from, to) = (None, checkers::history::Status::Confirmed);
        let kind = EventKind::OrderMoved { order, sku: CONSOLE, from, to, quantity: 1, amount_cents: 1 };
        judge.observe(checkers::Event { at_us, kind });
    };
    for order in 0..19 {
        confirm(&mut judge, order, i64::from(order) * 100_000);
    }
    confirm(&mut judge, 19, 3_600_000_000);
    let judgement = judge.at_end(&checkers::Snapshot::default()).pop().unwrap();
    assert_eq!(judgement.verdict, Verdict::Holds);
}

#[test]
fn the_last_sale_counts_from_the_first_click() {
    // Click, admission, hold, placed, authorized, captured, confirmed.
    assert_figure(Figure::LastSaleAfterUs, 6 * STEP_US, |story| story.won("ord_1"));
}

#[test]
fn errors_count_shoppers_and_not_answers() {
    assert_figure(Figure::ErrorsPerMillion, 500_000, |story| {
        story.wish("ord_1");
        story.answer("ord_1", Answer::TimedOut);
        story.answer("ord_1", Answer::Failed { status: 500 });
        story.wish("ord_2");
        story.answer("ord_2", Answer::Reset);
        story.answer("ord_2", Answer::SoldOut);
    });
}

#[test]
fn a_shopper_who_bought_did_not_end_in_error() {
    assert_figure(Figure::ErrorsPerMillion, 0, |story| {
        story.won("ord_1");
        story.answer("ord_1", Answer::TimedOut);
    });
}

#[test]
fn latencies_are_kept_apart_by_outcome() {
    let answered = |story: &mut Story, latency_us: u32, answer: Answer| {
        let kind = EventKind::Answered { shopper: 0, key: 0, answer, latency_us };
        story.see(kind);
    };
    let tell = |story: &mut Story| {
        story.won("ord_1");
        let order = story.order("ord_1");
        answered(story, 63, Answer::SoldOut);
        answered(story, 64, Answer::Limited);
        answered(story, 65, Answer::Pending { order });
    };
    assert_figure(Figure::SoldOutP99Us, 63, tell);
    assert_figure(Figure::LimitedP99Us, 64, tell);
    assert_figure(Figure::PendingP99Us, 65, tell);
    let won = verdict_of(Figure::WonP99Us, Bound::AtMost(8_128), tell);
    assert_eq!(won, Verdict::Holds);
    assert_eq!(texts(verdict_of(Figure::WonP99Us, Bound::AtMost(7_999), tell)).len(), 1);
}

#[test]
fn a_figure_that_nothing_shows_is_not_judged() {
    let verdict = verdict_of(Figure::WonP99Us, Bound::AtMost(1), |_| {});
    assert_eq!(verdict, Verdict::NotJudged { why: vec!["won_p99_us"] });
}

#[test]
fn a_figure_that_only_the_world_knows_is_taken_from_the_snapshot() {
    let known = |story: &mut Story| {
        story.end.figures.insert("won_p99_us".to_owned(), 7);
    };
    assert_figure(Figure::WonP99Us, 7, known);
}

#[test]
fn units_left_over_are_seen_when_everything_must_be_sold() {
    let mut limits = limits();
    limits.skus[0].must_sell_out = true;
    let mut story = Story::with(&limits);
    story.won("ord_1");
    story.won("ord_2");
    let found = texts(story.settled().verdict("targets"));
    assert_eq!(found, ["console: 1 units were not sold although demand was there"]);
    let mut story = Story::with(&limits);
    for id in ["ord_1", "ord_2", "ord_3"] {
        story.won(id);
    }
    assert_eq!(story.settled().verdict("targets"), Verdict::Holds);
    let early = Story::with(&limits).verdict("targets");
    assert!(matches!(early, Verdict::NotJudged { .. }));
}
