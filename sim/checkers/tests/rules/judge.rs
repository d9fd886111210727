//! The judge: nine checkers in their order, over a history with names.

use checkers::history::{Answer, EventKind};
use checkers::{Class, Judge, Verdict};

use crate::story::{CONSOLE, Story, limits};

#[test]
fn a_clean_sale_is_held_by_all_nine() {
    let mut story = Story::new();
    story.won("ord_1");
    let verdicts = story.settled().verdicts();
    let names: Vec<&str> = verdicts.iter().map(|(name, ..)| *name).collect();
    let expected = ["stock", "money", "orders", "idempotency", "holds", "events", "admission", "liveness", "targets"];
    assert_eq!(names, expected);
    for (name, class, verdict) in verdicts {
        let due = match name {
            "liveness" => Class::Liveness,
            "targets" => Class::Target,
            _ => Class::Safety,
        };
        assert_eq!((class, verdict), (due, Verdict::Holds), "{name}");
    }
}

#[test]
fn an_audit_without_a_history_judges_the_stores_and_says_what_it_could_not() {
    let mut story = Story::new();
    story.won("ord_1");
    let story = story.settled();
    let judgements = Judge::new(&limits()).at_end(&story.end);
    let of = |name: &str| judgements.iter().find(|judgement| judgement.name == name).unwrap().verdict.clone();
    for name in ["stock", "money", "holds", "events", "liveness", "targets"] {
        assert_eq!(of(name), Verdict::Holds, "{name}");
    }
    for name in ["orders", "idempotency", "admission"] {
        assert!(matches!(of(name), Verdict::NotJudged { .. }), "{name}");
    }
}

#[test]
fn shopper_events_without_an_order_are_counted_and_not_kept() {
    let mut story = Story::new();
    story.wish("ord_1");
    story.see(EventKind::Clicked { shopper: 0, key: 0, sku: CONSOLE, attempt: 1 });
    story.answer("ord_1", Answer::SoldOut);
    let order = story.order("ord_1");
    story.answer("ord_1", Answer::Pending { order });
    let history = story.judge.history();
    assert_eq!(history.events_of(order).len(), 1);
    let counts = history.counts();
    assert_eq!((counts.clicked, counts.sold_out, counts.pending), (1, 1, 1));
}

#[test]
fn violations_beyond_the_first_fifty_are_counted() {
    let mut judge = Judge::new(&limits());
    for place in 0..60_i64 {
        let kind = EventKind::CounterSet { sku: CONSOLE, counter: -1 - place };
        judge.observe(checkers::Event { at_us: place, kind });
    }
    let holds = judge.judgements().into_iter().find(|judgement| judgement.name == "holds").unwrap();
    let Verdict::Violated { violations, unlisted } = holds.verdict else { panic!("nothing was found") };
    assert_eq!((violations.len(), unlisted), (50, 10));
}
