//! Once shoppers and faults have ended, everything settles in time.

use crate::history::{Event, History};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};

/// Once shoppers and faults have ended, everything settles in time.
#[derive(Debug, Default)]
pub struct Liveness {
    findings: Findings,
}

impl Liveness {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self::default()
    }
}

impl Checker for Liveness {
    fn name(&self) -> &'static str {
        "liveness"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn observe(&mut self, _event: &Event, _history: &History) {}

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {}

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
