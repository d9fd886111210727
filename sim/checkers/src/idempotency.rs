//! One key, one effect, one answer.

use crate::history::{Event, History};

use crate::{Checker, Class, Findings, Snapshot};

/// One key, one effect, one answer.
#[derive(Debug, Default)]
pub struct Idempotency {
    findings: Findings,
}

impl Idempotency {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Checker for Idempotency {
    fn name(&self) -> &'static str {
        "idempotency"
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
