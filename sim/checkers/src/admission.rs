//! Per product, no more checkouts pass the edge than its bucket allows: in any window, at most `rate × window + burst`.
//!
//! That bound over *all* windows is the same as a token bucket that starts full and never runs into debt, so one number
//! per product is enough. What happens behind the edge is left to the other checkers.

use crate::history::{Event, EventKind, History, Sku, Source};
use crate::limits::{AdmissionLimit, Limits};
use crate::{Checker, Class, Findings, Snapshot};

/// Tokens are counted in millionths, so that a rate per second adds whole millionths every microsecond.
const ONE_TOKEN: i64 = 1_000_000;

/// See the module's description.
#[derive(Debug)]
pub struct Admission {
    buckets: Vec<Option<Bucket>>,
    findings: Findings,
}

#[derive(Debug)]
struct Bucket {
    limit: AdmissionLimit,
    /// Also the level at the start.
    capacity: i64,
    level: i64,
    filled_at_us: i64,
    in_debt: bool,
}

impl Bucket {
    /// An observation may lag by `jitter_us`, so a window may contain what was decided that much earlier.
    fn new(limit: AdmissionLimit, jitter_us: i64) -> Self {
        let capacity = i64::from(limit.burst) * ONE_TOKEN + i64::from(limit.rate_per_s) * jitter_us;
        Self { limit, capacity, level: capacity, filled_at_us: 0, in_debt: false }
    }

    /// Takes a token; true when that is the first one too many.
    fn runs_into_debt(&mut self, at_us: i64) -> bool {
        let gained = i64::from(self.limit.rate_per_s).saturating_mul(at_us - self.filled_at_us);
        self.level = self.level.saturating_add(gained).min(self.capacity);
        self.filled_at_us = at_us;
        if self.level >= 0 {
            self.in_debt = false;
        }
        self.level -= ONE_TOKEN;
        self.level < 0 && !std::mem::replace(&mut self.in_debt, true)
    }
}

impl Admission {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let bucket = |limit| Bucket::new(limit, limits.admission_jitter_us);
        Self {
            buckets: limits.skus.iter().map(|sku| sku.admission.map(bucket)).collect(),
            findings: Findings::default(),
        }
    }

    fn admitted(&mut self, sku: Sku, at_us: i64, history: &History) {
        let Some(Some(bucket)) = self.buckets.get_mut(usize::from(sku.0)) else { return };
        if bucket.runs_into_debt(at_us) {
            let AdmissionLimit { rate_per_s, burst } = bucket.limit;
            let what = format!(
                "{}: more checkouts passed the edge than {rate_per_s} per second and a burst of {burst} allow",
                history.sku_name(sku)
            );
            self.findings.violated(at_us, Some(sku), &[], what);
        }
    }
}

impl Checker for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Edge]
    }

    fn observe(&mut self, event: &Event, history: &History) {
        if let EventKind::Admitted { sku } = event.kind {
            self.admitted(sku, event.at_us, history);
        }
    }

    fn at_end(&mut self, _end: &Snapshot, history: &History) {
        if history.counts().admitted == 0 && self.buckets.iter().any(Option::is_some) {
            self.findings.could_not_judge("no checkout was seen passing the edge");
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
