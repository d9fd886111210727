//! What an audit says: a line per checker, or JSON with the verdicts of a run record.

use checkers::{Class, Judgement, Violation};
use record::{Ending, HistoryEvent, Property, Verdict};
use serde::Serialize;

use super::Audit;

/// The verdicts of an audit, in a run record's terms.
#[derive(Debug, Serialize)]
pub struct Report {
    /// All verdicts taken together. A rule that could not be judged breaks nothing here: no audit can judge them all.
    pub ending: Ending,
    /// Whether what holds only once all is quiet was judged.
    pub quiet: bool,
    /// Orders looked at.
    pub orders: usize,
    /// One per checker.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// The report of an audit.
    #[must_use]
    pub fn of(audit: &Audit) -> Self {
        let verdicts: Vec<Verdict> = audit.judgements.iter().map(|judgement| verdict(audit, judgement)).collect();
        let judged: Vec<Verdict> = verdicts.iter().filter(|verdict| verdict.not_judged.is_none()).cloned().collect();
        Self { ending: Ending::of(&judged), quiet: audit.quiet, orders: audit.orders, verdicts }
    }

    /// The report as lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{} orders looked at\n", self.orders);
        for verdict in &self.verdicts {
            let said = match &verdict.not_judged {
                Some(why) => format!("not judged: {why}"),
                None if verdict.holds => "holds".to_owned(),
                None => "VIOLATED".to_owned(),
            };
            text.push_str(&format!("  {:<12}{said}\n", verdict.checker));
            for violation in &verdict.violations {
                text.push_str(&format!("    {}\n", violation.what));
            }
        }
        let ending = match self.ending {
            Ending::Held => "held: nothing that could be judged is broken",
            Ending::SafetyBroken => "safety broken",
            Ending::TargetMissed => "a target was missed",
            Ending::DidNotDrain => "something did not settle",
        };
        text.push_str(&format!("{ending} (exit {})\n", self.ending.exit_code()));
        text
    }
}

fn verdict(audit: &Audit, judgement: &Judgement) -> Verdict {
    let property = match judgement.class {
        Class::Safety => Property::Safety,
        Class::Liveness => Property::Liveness,
        Class::Target => Property::Target,
    };
    match &judgement.verdict {
        checkers::Verdict::Holds if property == Property::Target => {
            Verdict::unjudged(judgement.name, property, "a scenario's numbers are no part of the stores")
        }
        checkers::Verdict::Holds => Verdict::held(judgement.name, property),
        checkers::Verdict::NotJudged { why } => Verdict::unjudged(judgement.name, property, &why.join("; ")),
        checkers::Verdict::Violated { violations, unlisted } => {
            let mut told: Vec<record::Violation> = violations.iter().map(|found| violation(audit, found)).collect();
            if *unlisted > 0 {
                let what = format!("and {unlisted} more of this kind");
                told.push(record::Violation { what, at_ms: 0, order_id: None, history: Vec::new() });
            }
            Verdict::of(judgement.name, property, told)
        }
    }
}

fn violation(audit: &Audit, found: &Violation) -> record::Violation {
    let history = audit.judge.history();
    let line = |line: &checkers::explain::Line| HistoryEvent {
        at_us: u64::try_from(line.at_us).unwrap_or(0),
        process: line.source.to_owned(),
        text: line.text.clone(),
    };
    record::Violation {
        what: found.what.clone(),
        at_ms: u64::try_from(found.at_us / 1_000).unwrap_or(0),
        order_id: found.orders.first().map(|order| history.order_id(*order).to_owned()),
        history: checkers::explain::explain(found, history).iter().map(line).collect(),
    }
}
