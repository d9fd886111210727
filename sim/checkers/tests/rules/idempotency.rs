//! Idempotency: one key, one effect, one answer.

use checkers::Verdict;
use checkers::history::{Answer, CardStep, EventKind, OrderRef};

use crate::story::{STEP_US, Story, assert_says};

#[test]
fn a_repeat_that_is_answered_alike_holds() {
    let mut story = Story::new();
    story.won("ord_1");
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::InFlight);
    story.answer("ord_1", Answer::TimedOut);
    story.answer("ord_1", Answer::Won { order });
    assert_eq!(story.settled().verdict("idempotency"), Verdict::Holds);
}

#[test]
fn sold_out_and_then_bought_holds() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.answer("ord_1", Answer::SoldOut);
    story.answer("ord_1", Answer::Limited);
    story.won("ord_1");
    assert!(story.so_far("idempotency").is_empty());
}

#[test]
fn a_cancelled_order_may_be_called_bought_or_not_fulfilled() {
    let mut story = Story::new();
    story.won("ord_1");
    story.begin_cancel("ord_1");
    story.cancelled("ord_1");
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::Ended { order });
    story.answer("ord_1", Answer::Won { order });
    assert_eq!(story.settled().verdict("idempotency"), Verdict::Holds);
}

#[test]
fn a_sold_out_answer_that_was_overtaken_by_the_purchase_holds() {
    let mut story = Story::new();
    story.won("ord_1");
    let key = story.wish_of("ord_1").key;
    let latency_us = u32::try_from(100 * STEP_US).unwrap();
    story.see(EventKind::Answered { shopper: key, key, answer: Answer::SoldOut, latency_us });
    assert!(story.so_far("idempotency").is_empty());
}

#[test]
fn a_sold_out_answer_to_a_request_sent_after_the_purchase_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.at_us += 10 * STEP_US;
    story.answer("ord_1", Answer::SoldOut);
    assert_says(&story.so_far("idempotency"), "key 0 was answered bought, and later sold out");
}

#[test]
fn a_key_that_leads_to_two_orders_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.won("ord_2");
    let second = story.order("ord_2");
    story.answer("ord_1", Answer::Won { order: second });
    assert_says(&story.so_far("idempotency"), "key 0 led to two orders, ord_1 and ord_2");
    assert_says(&story.so_far("idempotency"), "keys 1 and 0 were both answered with ord_2");
}

#[test]
fn another_order_in_a_pending_answer_is_seen_too() {
    let mut story = Story::new();
    story.won("ord_1");
    let other = story.order("ord_2");
    story.answer("ord_1", Answer::Pending { order: other });
    assert_says(&story.so_far("idempotency"), "key 0 led to two orders, ord_1 and ord_2");
}

#[test]
fn contrary_final_answers_are_seen() {
    type Final = fn(OrderRef) -> Answer;
    let finals: [(Final, &str); 3] = [
        (|order| Answer::Won { order }, "bought"),
        (|order| Answer::Declined { order }, "refused"),
        (|order| Answer::Ended { order }, "refused"),
    ];
    for (first, before) in finals {
        for (second, after) in finals {
            let mut story = Story::new();
            story.paid("ord_1");
            story.commit("ord_1");
            let order = story.order("ord_1");
            story.answer("ord_1", first(order));
            story.answer("ord_1", second(order));
            let found = story.so_far("idempotency");
            if before == after {
                assert!(found.is_empty(), "{found:?}");
            } else {
                assert_says(&found, &format!("key 0 was answered {before}, and later {after}"));
            }
        }
    }
}

#[test]
fn two_intents_that_charge_one_key_are_seen() {
    let mut story = Story::new();
    story.paid("ord_1");
    let order = story.order("ord_1");
    let intent = story.judge.history_mut().intent("pi_other");
    story.see(EventKind::CardMoved { order, intent, step: CardStep::Captured, amount_cents: 500 });
    assert_says(&story.so_far("idempotency"), "ord_1 was paid twice, by pi_ord_1 and by pi_other");
}

#[test]
fn an_answer_201_for_an_order_that_does_not_stand_in_the_end_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    story.row("ord_1").status = "refunded".to_owned();
    let Verdict::Violated { violations, .. } = story.verdict("idempotency") else { panic!("nothing was found") };
    assert_eq!(violations[0].what, "at the end, ord_1 is refunded, but key 0 was answered bought");
}

#[test]
fn a_refusal_for_an_order_that_stands_in_the_end_is_seen() {
    let refusals: [fn(OrderRef) -> Answer; 2] = [|order| Answer::Declined { order }, |order| Answer::Ended { order }];
    for refusal in refusals {
        let mut story = Story::new();
        story.paid("ord_1");
        story.commit("ord_1");
        let order = story.order("ord_1");
        story.answer("ord_1", refusal(order));
        let Verdict::Violated { violations, .. } = story.verdict("idempotency") else { panic!("nothing was found") };
        assert_eq!(violations[0].what, "at the end, ord_1 is confirmed, but key 0 was answered refused");
    }
}

#[test]
fn an_order_that_is_there_twice_is_seen() {
    let mut story = Story::new();
    story.won("ord_1");
    let again = story.row("ord_1").clone();
    story.end.tables.orders.push(again);
    assert_says(&story.stores_alone("idempotency"), "ord_1 is there twice");
}

#[test]
fn answers_that_were_not_observed_are_not_judged() {
    let verdict = Story::new().settled().verdict("idempotency");
    assert_eq!(verdict, Verdict::NotJudged { why: vec!["what shoppers were told was not observed"] });
}
