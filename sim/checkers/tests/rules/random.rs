//! A correct sale, whatever its orders do and however their steps interleave, trips no checker.

use checkers::Verdict;
use checkers::history::Answer;
use proptest::prelude::*;

use crate::story::{CONSOLE, LAMP, Story};

/// What will become of one order, if there are units for it.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Bought,
    Declined,
    GivenUp,
    Refunded,
    Cancelled,
    CancelledOnItsWay,
}

/// One thing that happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The order of this number takes its next step.
    Order(usize),
    Publish,
    Consume,
    MoveParcel(usize),
    LoseGate,
}

#[derive(Debug, Clone)]
struct Plan {
    id: String,
    fate: Fate,
    next: usize,
    done: bool,
}

fn fates() -> impl Strategy<Value = (Fate, bool, u32)> {
    use Fate::*;
    let fate = prop::sample::select(vec![Bought, Declined, GivenUp, Refunded, Cancelled, CancelledOnItsWay]);
    (fate, any::<bool>(), 1..3_u32)
}

fn steps(orders: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => (0..orders).prop_map(Step::Order),
        2 => Just(Step::Publish),
        2 => Just(Step::Consume),
        2 => (0..orders).prop_map(Step::MoveParcel),
        1 => Just(Step::LoseGate),
    ]
}

impl Plan {
    /// Takes the order's next step; `false` when it has come to its end.
    fn advance(&mut self, story: &mut Story) -> bool {
        self.done = self.done || !self.step(story);
        self.next += 1;
        !self.done
    }

    fn step(&mut self, story: &mut Story) -> bool {
        let id = self.id.as_str();
        match (self.next, self.fate) {
            (0, _) => return story.reserve(id),
            (1, Fate::GivenUp) => story.release_hold(id),
            (1, _) => story.place(id),
            (2, Fate::Declined) => story.declined(id),
            (2, Fate::GivenUp) => return false,
            (2, _) => story.pay(id),
            (3, Fate::Declined) => return false,
            (3, Fate::Refunded) => story.begin_compensation(id),
            (3, _) => {
                // Lost to others after the gate was lost: Postgres has the last word.
                if !story.commit(id) {
                    story.begin_compensation(id);
                    self.fate = Fate::Refunded;
                }
            }
            (4, Fate::Refunded) => {
                story.compensated(id);
                let order = story.order(id);
                story.answer(id, Answer::Ended { order });
            }
            (4, Fate::CancelledOnItsWay) => {}
            (4, _) => {
                story.confirm_hold(id);
                let order = story.order(id);
                story.answer(id, Answer::Won { order });
            }
            (5, Fate::Cancelled | Fate::CancelledOnItsWay) => {
                if !story.begin_cancel(id) {
                    story.confirm_hold(id);
                    return false;
                }
            }
            (6, Fate::Cancelled | Fate::CancelledOnItsWay) => story.cancelled(id),
            _ => return false,
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_correct_sale_trips_no_checker(
        fates in prop::collection::vec(fates(), 1..16),
        steps in prop::collection::vec(steps(16), 0..200),
    ) {
        let mut story = Story::new();
        let mut plans = Vec::new();
        for (place, (fate, lamp, quantity)) in fates.into_iter().enumerate() {
            let id = format!("ord_{place}");
            story.wish_for(&id, if lamp { LAMP } else { CONSOLE }, quantity);
            plans.push(Plan { id, fate, next: 0, done: false });
        }
        for step in steps {
            match step {
                Step::Order(place) => {
                    if let Some(plan) = plans.get_mut(place) {
                        plan.advance(&mut story);
                    }
                }
                Step::Publish => story.publish(),
                Step::Consume => story.consume(),
                Step::MoveParcel(place) => story.move_parcel(&format!("ord_{place}")),
                Step::LoseGate => story.lose_gate_and_rebuild(),
            }
            // Stopping a run anywhere must not look like a violation either.
            prop_assert!(!story.judge.is_unsafe());
        }
        for checker in ["stock", "money", "orders", "events", "holds"] {
            prop_assert!(story.stores_alone(checker).is_empty(), "{checker}: {:?}", story.stores_alone(checker));
        }
        for plan in &mut plans {
            while plan.advance(&mut story) {}
        }
        for (name, _, verdict) in story.settled().verdicts() {
            prop_assert_eq!(verdict, Verdict::Holds, "{}", name);
        }
    }
}
