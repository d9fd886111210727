//! Every committed order's event takes effect exactly once in each consumer.

use crate::history::{Event, History};

use crate::{Checker, Class, Findings, Snapshot};

/// Every committed order's event takes effect exactly once in each consumer.
#[derive(Debug, Default)]
pub struct Events {
    findings: Findings,
}

impl Events {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Checker for Events {
    fn name(&self) -> &'static str {
        "events"
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
