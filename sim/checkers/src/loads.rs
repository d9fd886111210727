//! One loader a page: while nothing is broken, the catalog's database is asked for a page once in the time it is fresh,
//! however many want it and however many processes serve it.
//!
//! Counted at the database, statement by statement. While Redis is away each process loads for itself, and nothing is
//! judged.

use crate::history::{Event, EventKind, History, PageRef, ShopEvent, Source};
use crate::limits::ShopLimits;
use crate::trouble::Trouble;
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug)]
pub struct Loads {
    fresh_us: i64,
    trouble: Trouble,
    last_us: Vec<Option<i64>>,
    seen: bool,
    findings: Findings,
}

impl Loads {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(shop: &ShopLimits) -> Self {
        Self {
            fresh_us: shop.fresh_us.min(shop.absent_us),
            trouble: Trouble::new(shop.recovery_us),
            last_us: Vec::new(),
            seen: false,
            findings: Findings::default(),
        }
    }

    fn loaded(&mut self, at_us: i64, page: PageRef, history: &History) {
        self.seen = true;
        let place = usize::from(page.0);
        if place >= self.last_us.len() {
            self.last_us.resize(place + 1, None);
        }
        let Some(last_us) = self.last_us[place].replace(at_us) else { return };
        if at_us - last_us < self.fresh_us && self.trouble.is_well_since(last_us) {
            let (after, fresh) = ((at_us - last_us) / 1_000, self.fresh_us / 1_000);
            let name = history.page_name(page);
            let what = format!("{name} was loaded again after {after} ms; a page is fresh for {fresh} ms at least");
            self.findings.violated(at_us, None, &[], what);
        }
    }
}

impl Checker for Loads {
    fn name(&self) -> &'static str {
        "loads"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Catalog, Source::Faults]
    }

    fn observe(&mut self, event: &Event, history: &History) {
        self.trouble.observe(event);
        if let EventKind::Shop(ShopEvent::PageLoaded { page }) = event.kind {
            self.loaded(event.at_us, page, history);
        }
    }

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {
        if !self.seen {
            self.findings.could_not_judge("no load of a page was seen at the catalog's database");
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
