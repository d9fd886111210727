//! An acknowledged order exists and stays, was paid, and moved only as it may.

use crate::history::{Event, History};

use crate::{Checker, Class, Findings, Snapshot};

/// An acknowledged order exists and stays, was paid, and moved only as it may.
#[derive(Debug, Default)]
pub struct Orders {
    findings: Findings,
}

impl Orders {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Checker for Orders {
    fn name(&self) -> &'static str {
        "orders"
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
