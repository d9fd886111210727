//! Explanations: the shortest history that shows a violation.

use checkers::Verdict;
use checkers::explain::explain;
use checkers::history::EventKind;
use checkers::verdict::Violation;

use crate::story::Story;

fn first_violation(story: &Story, checker: &str) -> Violation {
    let judgement = story.judge.judgements().into_iter().find(|judgement| judgement.name == checker).unwrap();
    let Verdict::Violated { violations, .. } = judgement.verdict else { panic!("{checker} found nothing") };
    violations[0].clone()
}

fn told(story: &Story, checker: &str) -> Vec<String> {
    let lines = explain(&first_violation(story, checker), story.judge.history());
    lines.iter().map(ToString::to_string).collect()
}

#[test]
fn a_refund_of_a_standing_order_is_told_by_its_own_events() {
    let mut story = Story::new();
    story.won("ord_other");
    story.won("ord_1");
    let note = story.judge.history_mut().note("card gateway slow for 2 s");
    story.see(EventKind::FaultBegan { note });
    story.give_back("ord_1");
    story.begin_cancel("ord_1");
    let expected = [
        "     0.010000 s  shopper       shopper 1 sends key 1, which will be ord_1",
        "     0.012000 s  redis         ord_1 holds 1 × console, the counter is 1",
        "     0.013000 s  postgres      ord_1 nothing → placed, 1 × console for 500 cents",
        "     0.014000 s  card gateway  pi_ord_1 of ord_1: authorized 500 cents",
        "     0.015000 s  card gateway  pi_ord_1 of ord_1: captured 500 cents",
        "     0.016000 s  postgres      ord_1 placed → confirmed, 1 × console for 500 cents",
        "     0.016000 s  postgres      ledger: sold -1 × console for ord_1",
        "     0.016000 s  postgres      outbox: order_confirmed of ord_1",
        "     0.017000 s  redis         ord_1 is sold 1 × console, the counter is 1",
        "     0.018000 s  shopper       shopper 1, key 1: 201 ord_1 after 8 ms",
        "     0.019000 s  fault         begins: card gateway slow for 2 s",
        "     0.020000 s  card gateway  pi_ord_1 of ord_1: refunded 500 cents",
    ];
    assert_eq!(told(&story, "money"), expected);
}

#[test]
fn oversold_stock_is_told_by_two_orders_that_were_under_way_at_once() {
    let mut story = Story::new();
    story.won("ord_1");
    story.won("ord_2");
    for id in ["ord_3", "ord_4"] {
        story.wish(id);
        story.place(id);
        story.pay(id);
    }
    story.commit_regardless("ord_3");
    story.commit_regardless("ord_4");
    let lines = told(&story, "stock");
    assert!(lines.iter().all(|line| !line.contains("ord_1") && !line.contains("ord_2")), "{lines:#?}");
    let remark = "     0.026000 s  together      ord_3 was under way from 0.019000 s to its commit at 0.025000 s, \
                  ord_4 was under way from 0.022000 s to its commit at 0.026000 s: each began before the other's commit";
    assert_eq!(lines.last().unwrap(), remark);
}

#[test]
fn what_came_after_the_violation_is_not_told() {
    let mut story = Story::new();
    story.won("ord_1");
    story.give_back("ord_1");
    let before = told(&story, "money");
    story.begin_cancel("ord_1");
    story.publish();
    assert_eq!(told(&story, "money"), before);
}
