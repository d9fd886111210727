//! Rule 25 of the engines' semantics, as programs with the answers that both sides must give.

use kafka_engine::Acks;

use super::KafkaPair;
use super::play::{Answered, play};
use super::program::{From, Generation, Place, Program, Record, Sequence, Step};
use crate::{Tally, Trouble};

/// A rule: what is asked, and each answer.
pub struct Rule {
    /// What it claims.
    pub name: &'static str,
    steps: fn() -> Vec<(Step, &'static str)>,
}

impl Rule {
    /// Checks it on the engine; the first answer that is another, if there is one.
    ///
    /// # Errors
    /// None without a broker.
    pub fn on_engine(&self) -> Result<Option<String>, Trouble> {
        let answers = play(&self.program(), None, &mut Tally::default())?;
        Ok(self.check(&answers, |answered| answered.engine.clone()))
    }

    /// The same on a broker.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn on_server(&self, pair: &mut KafkaPair) -> Result<Option<String>, Trouble> {
        let answers = play(&self.program(), Some(&mut pair.server), &mut Tally::default())?;
        Ok(self.check(&answers, |answered| answered.server.clone().unwrap_or_default()))
    }

    fn program(&self) -> Program {
        Program { steps: (self.steps)().into_iter().map(|(step, _)| step).collect() }
    }

    fn check(&self, answers: &[Answered], of: impl Fn(&Answered) -> String) -> Option<String> {
        let steps = (self.steps)();
        // Steps without an answer of their own expect none.
        let expected = steps.iter().filter(|(_, answer)| !answer.is_empty());
        expected.zip(answers).find_map(|((step, expected), answered)| {
            let actual = of(answered);
            (actual != *expected || answered.step != step.to_string())
                .then(|| format!("{}: {step}\n  expected {expected}\n  but got  {actual}", self.name))
        })
    }
}

const TOPIC_TWO: usize = 1;
const TWO_0: Place = Place::new(TOPIC_TWO, 0);
const TWO_1: Place = Place::new(TOPIC_TWO, 1);

fn produce(at: Place, values: &[&str], by: Option<(usize, Sequence)>) -> Step {
    let record = |value: &&str| Record { key: None, value: (*value).to_owned(), headers: Vec::new() };
    Step::Produce { at, records: values.iter().map(record).collect(), acks: Acks::All, by }
}

fn fetch(at: Place) -> Step {
    Step::Fetch { at, from: From::Start(0), max: 100 }
}

fn join(member: usize) -> Step {
    Step::Join { member, group: 0, topics: vec![TOPIC_TWO] }
}

fn rejoin(member: usize) -> Step {
    Step::Rejoin { member, topics: None }
}

fn poll(member: usize, max: usize) -> Step {
    Step::Poll { member, max }
}

fn commit_read(member: usize) -> Step {
    Step::CommitRead { member, generation: Generation::Own }
}

/// The rules, once, for the engine's tests and the broker's.
pub const RULES: &[Rule] = &[
    Rule {
        name: "order_holds_per_partition_only",
        steps: || {
            vec![
                (produce(TWO_1, &["a"], None), "at Some(0)"),
                (produce(TWO_0, &["b"], None), "at Some(0)"),
                (produce(TWO_1, &["c", "d"], None), "at Some(1)"),
                (produce(TWO_0, &["e"], None), "at Some(1)"),
                (fetch(TWO_0), "0:\"b\" 1:\"e\""),
                (fetch(TWO_1), "0:\"a\" 1:\"c\" 2:\"d\""),
            ]
        },
    },
    Rule {
        name: "the_committed_offset_is_the_next_to_read",
        steps: || {
            vec![
                (produce(TWO_0, &["a", "b", "c"], None), "at Some(0)"),
                (join(0), "0 in generation 1 reads two/0 two/1; 1 members, 0 waiting"),
                (poll(0, 2), "two/0@0:\"a\" two/0@1:\"b\""),
                (commit_read(0), "done"),
                (Step::Committed { group: 0, at: TWO_0 }, "Some(2)"),
                (Step::Leave { member: 0 }, "done; 0 members, 0 waiting"),
                (join(1), "1 in generation 3 reads two/0 two/1; 1 members, 0 waiting"),
                (poll(1, 9), "two/0@2:\"c\""),
                // Another group has read nothing.
                (Step::Committed { group: 1, at: TWO_0 }, "None"),
            ]
        },
    },
    Rule {
        name: "a_commit_from_a_stale_generation_is_rejected",
        steps: || {
            let stale = |offset| Step::Commit { member: 0, generation: Generation::Before, at: TWO_0, offset };
            let own = |offset| Step::Commit { member: 0, generation: Generation::Own, at: TWO_0, offset };
            vec![
                (join(0), "0 in generation 1 reads two/0 two/1; 1 members, 0 waiting"),
                (own(1), "done"),
                (join(1), "2 members, 1 waiting, rebalancing"),
                // Until the next generation is there, the last one may commit.
                (own(2), "done"),
                (rejoin(0), "0 in generation 2 reads two/0; 1 in generation 2 reads two/1; 2 members, 0 waiting"),
                (stale(7), "error 22"),
                (Step::Heartbeat { member: 0, generation: Generation::Before }, "error 22"),
                (Step::Committed { group: 0, at: TWO_0 }, "Some(2)"),
                (Step::Leave { member: 0 }, "done; 1 members, 0 waiting, rebalancing"),
                // Who has left is nobody any more, whatever generation it presents.
                (own(8), "error 25"),
                (Step::Committed { group: 0, at: TWO_0 }, "Some(2)"),
            ]
        },
    },
    Rule {
        name: "a_rebalance_before_the_commit_delivers_again",
        steps: || {
            vec![
                (produce(TWO_0, &["a"], None), "at Some(0)"),
                (produce(TWO_1, &["b"], None), "at Some(0)"),
                (join(0), "0 in generation 1 reads two/0 two/1; 1 members, 0 waiting"),
                (poll(0, 9), "two/0@0:\"a\" two/1@0:\"b\""),
                (join(1), "2 members, 1 waiting, rebalancing"),
                (Step::Heartbeat { member: 0, generation: Generation::Own }, "error 27"),
                (rejoin(0), "0 in generation 2 reads two/0; 1 in generation 2 reads two/1; 2 members, 0 waiting"),
                (poll(1, 9), "two/1@0:\"b\""),
                (poll(0, 9), "two/0@0:\"a\""),
                (commit_read(0), "done"),
                (Step::Leave { member: 0 }, "done; 1 members, 0 waiting, rebalancing"),
                (rejoin(1), "1 in generation 3 reads two/0 two/1; 1 members, 0 waiting"),
                // What was committed is not delivered again, what was not is.
                (poll(1, 9), "two/1@0:\"b\""),
            ]
        },
    },
    Rule {
        name: "idempotence_is_keyed_by_producer_epoch_and_sequence",
        steps: || {
            let next = |producer| Some((producer, Sequence::Next));
            vec![
                (produce(TWO_0, &["a", "b"], next(0)), "at Some(0)"),
                (produce(TWO_0, &[], Some((0, Sequence::Again(1)))), "at Some(0)"),
                // The same sequence of another producer, or in another partition, is another record.
                (produce(TWO_0, &["c"], next(1)), "at Some(2)"),
                (produce(TWO_1, &["d"], next(0)), "at Some(0)"),
                // A gap, and a part of a batch, are neither the next nor a duplicate.
                (produce(TWO_0, &["e"], Some((0, Sequence::Off(1)))), "error 45"),
                (produce(TWO_0, &["b"], Some((0, Sequence::Off(-1)))), "error 45"),
                (Step::NewProducer { producer: 0 }, ""),
                (produce(TWO_0, &["f"], next(0)), "at Some(3)"),
                // Five batches are remembered.
                (produce(TWO_0, &["g"], next(0)), "at Some(4)"),
                (produce(TWO_0, &["h"], next(0)), "at Some(5)"),
                (produce(TWO_0, &["i"], next(0)), "at Some(6)"),
                (produce(TWO_0, &["j"], next(0)), "at Some(7)"),
                (produce(TWO_0, &["k"], next(0)), "at Some(8)"),
                (produce(TWO_0, &[], Some((0, Sequence::Again(5)))), "at Some(4)"),
                (produce(TWO_0, &[], Some((0, Sequence::Again(6)))), "error 45"),
            ]
        },
    },
];
