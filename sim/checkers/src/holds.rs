//! The gate's counters account for every unit Postgres has left.

use crate::history::{Event, History};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};

/// The gate's counters account for every unit Postgres has left.
#[derive(Debug, Default)]
pub struct Holds {
    findings: Findings,
}

impl Holds {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self::default()
    }
}

impl Checker for Holds {
    fn name(&self) -> &'static str {
        "holds"
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
