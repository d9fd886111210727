//! What a checker found: violations, or that none was seen, or that it could not tell.

use crate::history::{OrderRef, Sku};

/// Violations a checker writes out; further ones are only counted.
const LISTED_AT_MOST: usize = 50;

/// What a violation means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Something happened that must never happen.
    Safety,
    /// Something that must happen did not happen in time.
    Liveness,
    /// A number the scenario demands was missed.
    Target,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was broken, with the numbers that show it.
    pub what: String,
    /// When it was seen, in microseconds since the start of the run.
    pub at_us: i64,
    /// The orders involved.
    pub orders: Vec<OrderRef>,
    /// The product involved.
    pub sku: Option<Sku>,
}

/// A checker's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything could be judged, and nothing was violated.
    Holds,
    /// Something was violated.
    Violated {
        /// The first violations, in the order they were found.
        violations: Vec<Violation>,
        /// How many more there were.
        unlisted: u64,
    },
    /// Nothing was violated as far as could be seen, but some of it could not be judged.
    NotJudged {
        /// What was missing.
        why: Vec<&'static str>,
    },
}

/// What a checker has found so far.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// One per product, told before the others.
    leading: Vec<Violation>,
    violations: Vec<Violation>,
    unlisted: u64,
    not_judged: Vec<&'static str>,
}

impl Findings {
    /// Adds a violation.
    pub fn violated(&mut self, at_us: i64, sku: Option<Sku>, orders: &[OrderRef], what: String) {
        if self.is_full() {
            self.unlisted += 1;
        } else {
            self.violations.push(Violation { what, at_us, orders: orders.to_vec(), sku });
        }
    }

    /// Adds the violation of a product that matters most, which may grow: `what` is brought up to date, while the time and
    /// the orders stay those that showed it first.
    pub fn leads(&mut self, at_us: i64, sku: Sku, orders: &[OrderRef], what: String) {
        match self.leading.iter_mut().find(|known| known.sku == Some(sku)) {
            Some(known) => known.what = what,
            None => self.leading.push(Violation { what, at_us, orders: orders.to_vec(), sku: Some(sku) }),
        }
    }

    /// Whether further violations are only counted: what they show need not be worked out.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.violations.len() >= LISTED_AT_MOST
    }

    /// Says that something could not be judged, and what was missing.
    pub fn could_not_judge(&mut self, why: &'static str) {
        if !self.not_judged.contains(&why) {
            self.not_judged.push(why);
        }
    }

    /// Whether nothing was violated so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.leading.is_empty() && self.violations.is_empty()
    }

    /// The verdict on what was found.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.is_clean() {
            let violations = self.leading.iter().chain(&self.violations).cloned().collect();
            Verdict::Violated { violations, unlisted: self.unlisted }
        } else if self.not_judged.is_empty() {
            Verdict::Holds
        } else {
            Verdict::NotJudged { why: self.not_judged.clone() }
        }
    }
}
