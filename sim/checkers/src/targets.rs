//! The scenario's own numbers: orders per second, latencies, errors, and selling everything.
//!
//! Figures are taken from the history where it shows them, and otherwise from the snapshot's figures. In simulated time
//! they are a model's word, and whoever prints them calls them *modelled*.

mod latency;

use crate::history::{Answer, Event, EventKind, History, Source, Status};
use crate::limits::{Limits, SkuLimits};
use crate::{Checker, Class, Findings, Snapshot};
use latency::Latencies;

/// Something a scenario may demand a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Orders confirmed per second while the first nine tenths of them were: stragglers that a compensation worker
    /// brought home do not count as time under load.
    OrdersPerS,
    /// From the first click to the last confirmation, in microseconds.
    LastSaleAfterUs,
    /// Of a million shoppers, those whose last answer was a time-out, a reset or a 5xx and who never got a 201.
    ErrorsPerMillion,
    /// 99th percentile of the latency of answers 201, in microseconds.
    WonP99Us,
    /// 99th percentile of the latency of answers `sold-out`, in microseconds.
    SoldOutP99Us,
    /// 99th percentile of the latency of answers 429, in microseconds.
    LimitedP99Us,
    /// 99th percentile of the latency of answers 202, in microseconds.
    PendingP99Us,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 7] = [
        Self::OrdersPerS,
        Self::LastSaleAfterUs,
        Self::ErrorsPerMillion,
        Self::WonP99Us,
        Self::SoldOutP99Us,
        Self::LimitedP99Us,
        Self::PendingP99Us,
    ];

    /// Its name, in [`Snapshot::figures`] and in verdicts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OrdersPerS => "orders_per_s",
            Self::LastSaleAfterUs => "last_sale_after_us",
            Self::ErrorsPerMillion => "errors_per_million",
            Self::WonP99Us => "won_p99_us",
            Self::SoldOutP99Us => "sold_out_p99_us",
            Self::LimitedP99Us => "limited_p99_us",
            Self::PendingP99Us => "pending_p99_us",
        }
    }
}

/// On which side of its bound a figure must lie; the bound itself is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Not below.
    AtLeast(i64),
    /// Not above.
    AtMost(i64),
}

impl Bound {
    /// Whether a figure lies on the right side.
    #[must_use]
    pub fn allows(self, figure: i64) -> bool {
        match self {
            Self::AtLeast(bound) => figure >= bound,
            Self::AtMost(bound) => figure <= bound,
        }
    }
}

/// A demanded number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Of what.
    pub figure: Figure,
    /// Where it must lie.
    pub bound: Bound,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Targets {
    targets: Vec<Target>,
    must_sell_out: Vec<SkuLimits>,
    first_click_us: Option<i64>,
    confirmed_at_us: Vec<i64>,
    shoppers: Vec<ShopperEnd>,
    won: Latencies,
    sold_out: Latencies,
    limited: Latencies,
    pending: Latencies,
    findings: Findings,
}

/// How a shopper's visit stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum ShopperEnd {
    #[default]
    Unanswered,
    Served,
    Error,
    Won,
}

impl Targets {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            targets: limits.targets.clone(),
            must_sell_out: limits.skus.iter().filter(|sku| sku.must_sell_out).cloned().collect(),
            ..Self::default()
        }
    }

    fn answered(&mut self, shopper: u32, answer: Answer, latency_us: u32) {
        let end = match answer {
            Answer::Won { .. } => ShopperEnd::Won,
            Answer::Failed { .. } | Answer::Unavailable | Answer::Reset | Answer::TimedOut => ShopperEnd::Error,
            Answer::Pending { .. }
            | Answer::SoldOut
            | Answer::Limited
            | Answer::Declined { .. }
            | Answer::Ended { .. }
            | Answer::InFlight
            | Answer::KeyReused
            | Answer::PriceChanged { .. }
            | Answer::Rejected { .. } => ShopperEnd::Served,
        };
        let place = shopper as usize;
        if place >= self.shoppers.len() {
            self.shoppers.resize(place + 1, ShopperEnd::Unanswered);
        }
        if self.shoppers[place] != ShopperEnd::Won {
            self.shoppers[place] = end;
        }
        match answer {
            Answer::Won { .. } => self.won.add(latency_us),
            Answer::SoldOut => self.sold_out.add(latency_us),
            Answer::Limited => self.limited.add(latency_us),
            Answer::Pending { .. } => self.pending.add(latency_us),
            Answer::Declined { .. }
            | Answer::Ended { .. }
            | Answer::InFlight
            | Answer::KeyReused
            | Answer::Unavailable
            | Answer::Rejected { .. }
            | Answer::Failed { .. }
            | Answer::Reset
            | Answer::TimedOut
            | Answer::PriceChanged { .. } => {}
        }
    }

    fn orders_per_s(&self) -> Option<i64> {
        let count = (self.confirmed_at_us.len() * 9).div_ceil(10);
        let took_us = self.confirmed_at_us.get(count.checked_sub(1)?)? - self.confirmed_at_us.first()?;
        (took_us > 0).then(|| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(1_000_000) / took_us)
    }

    fn errors_per_million(&self) -> Option<i64> {
        let answered = self.shoppers.iter().filter(|end| **end != ShopperEnd::Unanswered).count();
        let errors = self.shoppers.iter().filter(|end| **end == ShopperEnd::Error).count();
        (errors * 1_000_000).checked_div(answered).and_then(|share| i64::try_from(share).ok())
    }

    fn target(&mut self, target: Target, end: &Snapshot) {
        let name = target.figure.name();
        let seen = self.figure(target.figure).or_else(|| end.figures.get(name).copied());
        let Some(seen) = seen else {
            self.findings.could_not_judge(name);
            return;
        };
        if target.bound.allows(seen) {
            return;
        }
        let missed = match target.bound {
            Bound::AtLeast(bound) => format!("{name} is {seen}, at least {bound} is demanded"),
            Bound::AtMost(bound) => format!("{name} is {seen}, at most {bound} is demanded"),
        };
        self.findings.violated(end.taken_at_us, None, &[], missed);
    }

    fn sold_out(&mut self, end: &Snapshot, history: &History) {
        for limits in self.must_sell_out.clone() {
            let sku = &limits.sku;
            let rows = end.tables.ledger.iter().filter(|row| row.sku == *sku);
            let unsold: i64 = rows.map(|row| row.delta).sum();
            if unsold > 0 {
                let what = format!("{sku}: {unsold} units were not sold although demand was there");
                self.findings.violated(end.taken_at_us, history.find_sku(sku), &[], what);
            }
        }
    }
}

impl Checker for Targets {
    fn name(&self) -> &'static str {
        "targets"
    }

    fn class(&self) -> Class {
        Class::Target
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Shopper, Source::Database]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event enters no figure")]
    fn observe(&mut self, event: &Event, _history: &History) {
        match event.kind {
            EventKind::Clicked { .. } if self.first_click_us.is_none() => self.first_click_us = Some(event.at_us),
            EventKind::Answered { shopper, answer, latency_us, .. } => self.answered(shopper, answer, latency_us),
            EventKind::OrderMoved { to: Status::Confirmed, .. } => self.confirmed_at_us.push(event.at_us),
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        for target in self.targets.clone() {
            self.target(target, end);
        }
        if end.quiet {
            self.sold_out(end, history);
        } else if !self.must_sell_out.is_empty() {
            self.findings.could_not_judge("whether everything is sold is judged only once all is quiet");
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn figure(&self, figure: Figure) -> Option<i64> {
        match figure {
            Figure::OrdersPerS => self.orders_per_s(),
            Figure::LastSaleAfterUs => Some(self.confirmed_at_us.last()? - self.first_click_us?),
            Figure::ErrorsPerMillion => self.errors_per_million(),
            Figure::WonP99Us => self.won.percentile_us(99),
            Figure::SoldOutP99Us => self.sold_out.percentile_us(99),
            Figure::LimitedP99Us => self.limited.percentile_us(99),
            Figure::PendingP99Us => self.pending.percentile_us(99),
        }
    }
}
