//! The shortest history that shows a violation: the involved orders' own events up to it, the faults that struck
//! meanwhile, and, where orders got into each other's way, which two were under way at once.
//!
//! Printing is left to the world; a [`Line`] displays itself.

mod overlap;
mod text;

use std::fmt;

use crate::history::{Event, EventKind, History, OrderRef, Source};
use crate::verdict::Violation;
use text::text;

pub(crate) use overlap::rival;

/// Orders whose histories are shown; the violation's text names the others' number.
const ORDERS_AT_MOST: usize = 4;
/// Faults shown: the last ones before the violation.
const FAULTS_AT_MOST: usize = 8;

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in microseconds since the start of the run.
    pub at_us: i64,
    /// Where it was seen, by its [`Source`](crate::history::Source)'s name; `together` for a remark.
    pub source: &'static str,
    /// What happened; money in cents.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>13} s  {:<12}  {}", seconds(self.at_us), self.source, self.text)
    }
}

/// The history that shows `violation`, in the order it happened.
#[must_use]
pub fn explain(violation: &Violation, history: &History) -> Vec<Line> {
    let orders = &violation.orders[..violation.orders.len().min(ORDERS_AT_MOST)];
    let mut lines: Vec<Line> = Vec::new();
    for &order in orders {
        let events = history.events_of(order);
        lines.extend(events.iter().filter_map(|event| clicked(event, order, history)));
        lines.extend(events.iter().map(|event| line(event, history)));
    }
    lines.retain(|line| line.at_us <= violation.at_us);
    lines.extend(faults_until(violation.at_us, history));
    lines.sort_by_key(|line| line.at_us);
    if violation.orders.len() > ORDERS_AT_MOST {
        let more = violation.orders.len() - ORDERS_AT_MOST;
        lines.push(Line { at_us: violation.at_us, source: "together", text: format!("{more} more orders") });
    }
    lines.extend(overlap::remark(orders, violation.at_us, history));
    lines
}

fn line(event: &Event, history: &History) -> Line {
    Line { at_us: event.at_us, source: event.kind.source().name(), text: text(&event.kind, history) }
}

/// The request that led to an answer is not kept as an event of its own, but the answer tells when it was sent.
fn clicked(event: &Event, order: OrderRef, history: &History) -> Option<Line> {
    let EventKind::Answered { shopper, key, latency_us, .. } = event.kind else { return None };
    let text = format!("shopper {shopper} sends key {key}, which will be {}", history.order_id(order));
    Some(Line { at_us: event.at_us - i64::from(latency_us), source: Source::Shopper.name(), text })
}

fn faults_until(at_us: i64, history: &History) -> Vec<Line> {
    let faults = history.faults();
    let end = faults.partition_point(|fault| fault.at_us <= at_us);
    faults[end.saturating_sub(FAULTS_AT_MOST)..end].iter().map(|fault| line(fault, history)).collect()
}

/// Seconds with six decimals, without a detour over a float.
pub(crate) fn seconds(at_us: i64) -> String {
    let sign = if at_us < 0 { "-" } else { "" };
    let at_us = at_us.unsigned_abs();
    format!("{sign}{}.{:06}", at_us / 1_000_000, at_us % 1_000_000)
}
