//! A page says truly how old it is, and while nothing is broken it is no older than its bound.
//!
//! What a page says is compared with the commits of the catalog's database: a product's page carries the version of its
//! row, and a version that was superseded long before the page can have been read is older than it says. Whether a page
//! is answered at all is left to [`reads`](crate::reads).

use crate::history::{Event, EventKind, History, PageEnd, PageRef, ShopEvent, Source};
use crate::limits::ShopLimits;
use crate::trouble::Trouble;
use crate::{Checker, Class, Findings, Snapshot};

const SECOND_US: i64 = 1_000_000;

/// See the module's description.
#[derive(Debug)]
pub struct Pages {
    limits: ShopLimits,
    trouble: Trouble,
    products: Vec<Product>,
    findings: Findings,
}

/// The versions of a product's row, as its database committed them.
#[derive(Debug, Clone, Default)]
struct Product {
    /// The first version, and when each from there on was committed.
    first: u32,
    committed_us: Vec<i64>,
    /// The newest version that was written into the cache.
    cached: u32,
    /// Since when it has been shown without a break.
    listed_since_us: Option<i64>,
}

impl Product {
    /// When a version was no longer the newest; none while it still is.
    fn superseded_us(&self, version: u32) -> Option<i64> {
        let next = usize::try_from(version + 1 - self.first).expect("a version fits an index");
        self.committed_us.get(next).copied()
    }

    fn had(&self, version: u32) -> bool {
        version >= self.first && (version - self.first) as usize <= self.committed_us.len().wrapping_sub(1)
    }
}

/// A look at a page, as its reader saw it.
struct Look {
    page: PageRef,
    at_us: i64,
    sent_us: i64,
    age_us: i64,
}

impl Pages {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(shop: &ShopLimits) -> Self {
        Self {
            limits: shop.clone(),
            trouble: Trouble::new(shop.recovery_us),
            products: Vec::new(),
            findings: Findings::default(),
        }
    }

    fn product(&mut self, page: PageRef) -> &mut Product {
        let place = usize::from(page.0);
        if place >= self.products.len() {
            self.products.resize(place + 1, Product::default());
        }
        &mut self.products[place]
    }

    fn set(&mut self, at_us: i64, page: PageRef, version: u32, listed: bool) {
        let product = self.product(page);
        if product.committed_us.is_empty() {
            product.first = version;
        }
        product.committed_us.push(at_us);
        product.listed_since_us = if listed { product.listed_since_us.or(Some(at_us)) } else { None };
    }

    /// A cached page is only ever replaced by one that was read later.
    fn cached(&mut self, at_us: i64, page: PageRef, version: u32, history: &History) {
        let newest = self.product(page).cached;
        self.product(page).cached = newest.max(version);
        if version < newest {
            let name = history.page_name(page);
            let what = format!("{name} was cached with version {version} over version {newest}");
            self.findings.violated(at_us, None, &[], what);
        }
    }

    fn shown(&mut self, look: &Look, version: u32, history: &History) {
        let name = history.page_name(look.page);
        if version > 0 && !self.product(look.page).had(version) {
            self.wrong(look, format!("{name} was shown with version {version}, which its row never had"));
            return;
        }
        let superseded_us = if version > 0 { self.product(look.page).superseded_us(version) } else { None };
        // The age is told in whole seconds, and counted from when the loader wrote the page.
        let oldest_us = look.sent_us - look.age_us - SECOND_US - self.limits.load_us;
        if let Some(superseded_us) = superseded_us.filter(|superseded_us| *superseded_us < oldest_us) {
            let (since, age) = (ms(look.sent_us - superseded_us), ms(look.age_us));
            let what =
                format!("{name} shows version {version}, superseded {since} ms before, and says it is {age} ms old");
            self.wrong(look, what);
        }
        if !self.trouble.is_well_since(look.sent_us) {
            return;
        }
        let bound_us = self.limits.bound_us;
        let latest_us = look.sent_us - bound_us - self.limits.load_us;
        if let Some(superseded_us) = superseded_us.filter(|superseded_us| *superseded_us < latest_us) {
            let (since, bound) = (ms(look.sent_us - superseded_us), ms(bound_us));
            let what = format!("{name} shows version {version}, superseded {since} ms before; its bound is {bound} ms");
            self.wrong(look, what);
        } else if look.age_us > bound_us + (look.at_us - look.sent_us) {
            let (age, bound) = (ms(look.age_us), ms(bound_us));
            self.wrong(look, format!("{name} is {age} ms old while nothing is broken; its bound is {bound} ms"));
        }
    }

    fn absent(&mut self, look: &Look, history: &History) {
        let listed_since_us = self.product(look.page).listed_since_us;
        let latest_us = look.sent_us - self.limits.absent_us - self.limits.load_us;
        if let Some(listed_since_us) = listed_since_us.filter(|since_us| *since_us < latest_us)
            && self.trouble.is_well_since(look.sent_us)
        {
            let since = ms(look.sent_us - listed_since_us);
            let name = history.page_name(look.page);
            self.wrong(look, format!("{name} was answered as absent {since} ms after it was there"));
        }
    }

    fn wrong(&mut self, look: &Look, what: String) {
        self.findings.violated(look.at_us, None, &[], what);
    }
}

fn ms(us: i64) -> i64 {
    us / 1_000
}

impl Checker for Pages {
    fn name(&self) -> &'static str {
        "pages"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Visitor, Source::Catalog, Source::Faults]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a page, a product or a fault")]
    fn observe(&mut self, event: &Event, history: &History) {
        self.trouble.observe(event);
        match event.kind {
            EventKind::Shop(ShopEvent::ProductSet { page, version, listed, .. }) => {
                self.set(event.at_us, page, version, listed);
            }
            EventKind::Shop(ShopEvent::PageCached { page, version }) => {
                self.cached(event.at_us, page, version, history);
            }
            EventKind::Shop(ShopEvent::PageRead { page, end, age_s, version, latency_us, .. }) => {
                let sent_us = event.at_us - i64::from(latency_us);
                let look = Look { page, at_us: event.at_us, sent_us, age_us: i64::from(age_s) * SECOND_US };
                match end {
                    PageEnd::Shown => self.shown(&look, version, history),
                    PageEnd::Stale => {
                        self.shown(&look, version, history);
                        if self.trouble.is_well_since(sent_us) {
                            let name = history.page_name(page);
                            self.wrong(&look, format!("{name} was shown past its bound while nothing is broken"));
                        }
                    }
                    PageEnd::Absent => self.absent(&look, history),
                    PageEnd::Unavailable | PageEnd::Unanswered => {}
                }
            }
            _ => {}
        }
    }

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {}

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
