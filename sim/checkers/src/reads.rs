//! The read path answers, whatever is away: Redis alone (the database gives the page) or the database alone (Redis has the
//! page, if it was shown before).
//!
//! Only while both are in trouble may a page be unavailable, and while its database is away one that Redis does not have.
//! How old a page is, is left to [`pages`](crate::pages).

use crate::history::{Event, EventKind, History, PageEnd, PageRef, ShopEvent, Source};
use crate::limits::ShopLimits;
use crate::trouble::Trouble;
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug)]
pub struct Reads {
    redis: Trouble,
    others: Trouble,
    /// When each page was first shown while all was well: from then on Redis has it.
    kept_us: Vec<Option<i64>>,
    looks: u64,
    findings: Findings,
}

impl Reads {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(shop: &ShopLimits) -> Self {
        let trouble = || Trouble::new(shop.recovery_us);
        Self { redis: trouble(), others: trouble(), kept_us: Vec::new(), looks: 0, findings: Findings::default() }
    }

    fn kept_us(&mut self, page: PageRef) -> &mut Option<i64> {
        let place = usize::from(page.0);
        if place >= self.kept_us.len() {
            self.kept_us.resize(place + 1, None);
        }
        &mut self.kept_us[place]
    }

    /// Tells Redis's faults from all others by what the note of a fault says of its kind.
    fn fault(&mut self, event: &Event, history: &History) {
        let (EventKind::FaultBegan { note } | EventKind::FaultEnded { note }) = event.kind else { return };
        let of_redis = history.note_text(note).contains("kind = \"redis-");
        if of_redis { self.redis.observe(event) } else { self.others.observe(event) }
    }

    fn shown(&mut self, event: &Event, page: PageRef, sent_us: i64) {
        if self.redis.is_well_since(sent_us) && self.others.is_well_since(sent_us) {
            self.kept_us(page).get_or_insert(event.at_us);
        }
    }

    fn missed(&mut self, event: &Event, page: PageRef, status: u16, sent_us: i64, history: &History) {
        let (redis, others) = (self.redis.is_well_since(sent_us), self.others.is_well_since(sent_us));
        // A page that became known while this one waited for it is of no help to it.
        let is_kept = self.kept_us(page).is_some_and(|kept_us| kept_us < sent_us);
        let although = match (redis, others) {
            (true, true) => "nothing is broken",
            (false, true) => "only Redis is away",
            (true, false) if is_kept => "Redis has it",
            (true | false, false) => return,
        };
        let name = history.page_name(page);
        let ended = if status == 0 { "had no answer".to_owned() } else { format!("was answered {status}") };
        self.findings.violated(event.at_us, None, &[], format!("{name} {ended} although {although}"));
    }
}

impl Checker for Reads {
    fn name(&self) -> &'static str {
        "reads"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Visitor, Source::Faults]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is about being answered")]
    fn observe(&mut self, event: &Event, history: &History) {
        let shop = match event.kind {
            EventKind::FaultBegan { .. } | EventKind::FaultEnded { .. } => return self.fault(event, history),
            EventKind::Shop(shop) => shop,
            _ => return,
        };
        match shop {
            ShopEvent::RedisDied => self.kept_us.clear(),
            ShopEvent::PageRead { page, end, status, latency_us, .. } => {
                self.looks += 1;
                let sent_us = event.at_us - i64::from(latency_us);
                match end {
                    PageEnd::Shown | PageEnd::Stale => self.shown(event, page, sent_us),
                    PageEnd::Absent => {}
                    PageEnd::Unavailable | PageEnd::Unanswered => self.missed(event, page, status, sent_us, history),
                }
            }
            _ => {}
        }
    }

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {
        if self.looks == 0 {
            self.findings.could_not_judge("nobody was seen looking at a page");
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
