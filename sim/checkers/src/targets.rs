//! The scenario's own numbers.

use crate::history::{Event, History};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};

/// The scenario's own numbers.
#[derive(Debug, Default)]
pub struct Targets {
    findings: Findings,
}

impl Targets {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self::default()
    }
}

impl Checker for Targets {
    fn name(&self) -> &'static str {
        "targets"
    }

    fn class(&self) -> Class {
        Class::Target
    }

    fn observe(&mut self, _event: &Event, _history: &History) {}

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {}

    fn findings(&self) -> &Findings {
        &self.findings
    }
}

/// Something a scenario may demand a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Orders confirmed per second, from the first confirmation to the last.
    OrdersPerS,
    /// Orders that stand at the end.
    OrdersStanding,
    /// Units sold at the end.
    UnitsSold,
    /// Median latency of answers 201, in microseconds.
    WonP50Us,
    /// 99th percentile of the latency of answers 201, in microseconds.
    WonP99Us,
    /// Median latency of all answers, in microseconds.
    AnswerP50Us,
    /// 99th percentile of the latency of all answers, in microseconds.
    AnswerP99Us,
    /// Answers 5xx other than 503.
    ServerErrors,
}

/// On which side of its bound a figure must lie; the bound itself is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Not below.
    AtLeast(i64),
    /// Not above.
    AtMost(i64),
}

/// A demanded number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Of what.
    pub figure: Figure,
    /// Where it must lie.
    pub bound: Bound,
}
