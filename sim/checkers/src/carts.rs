//! No line of a cart is lost or doubled: by a repeat, by two tabs, by a merge, or by a crash of Redis within what its
//! persistence promises.
//!
//! For each line this keeps the quantities it may have: the one last answered for, and those of requests whose end nobody
//! knows, which may take effect at any later time. A merge takes of each SKU the larger quantity, never the sum. What a
//! cart shows while none of its requests is under way must be among them.

use std::collections::BTreeMap;

use crate::history::{CartEnd, CartRef, Event, EventKind, History, ShopEvent, Sku, Source};
use crate::limits::ShopLimits;
use crate::{Checker, Class, Findings, Snapshot};

/// Quantities as bits: bit 0 for no line.
type Quantities = u16;

const NO_LINE: Quantities = 1;

fn only(quantity: u8) -> Quantities {
    1 << quantity.min(15)
}

/// See the module's description.
#[derive(Debug)]
pub struct Carts {
    /// How far back a crash of Redis may reach; none when it may lose everything.
    loses_us: Option<i64>,
    died_us: Vec<i64>,
    carts: BTreeMap<CartRef, BTreeMap<Sku, Line>>,
    seen: BTreeMap<CartRef, BTreeMap<Sku, u8>>,
    findings: Findings,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    /// What it has by the last request that was answered.
    settled: Quantities,
    /// What requests may make of it whose end nobody knows.
    open: Quantities,
    /// Everything it may ever have had.
    ever: Quantities,
    /// When the request was sent that settled it, and when it was answered: it took effect in between.
    sent_us: i64,
    changed_us: i64,
}

impl Line {
    const NONE: Self = Self { settled: NO_LINE, open: 0, ever: NO_LINE, sent_us: i64::MIN, changed_us: i64::MIN };

    fn settle(&mut self, at_us: i64, took_us: u32, to: Quantities) {
        self.settled = to;
        self.ever |= to;
        self.sent_us = at_us - i64::from(took_us);
        self.changed_us = at_us;
    }

    fn leave_open(&mut self, to: Quantities) {
        self.open |= to;
        self.ever |= to;
    }
}

impl Carts {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(shop: &ShopLimits) -> Self {
        Self {
            loses_us: shop.redis_loses_us,
            died_us: Vec::new(),
            carts: BTreeMap::new(),
            seen: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    fn line(&mut self, cart: CartRef, sku: Sku) -> &mut Line {
        self.carts.entry(cart).or_default().entry(sku).or_insert(Line::NONE)
    }

    /// The quantities a line may have now.
    fn possible(&self, line: &Line) -> Quantities {
        let reaches = |died_us: i64| self.loses_us.map_or(i64::MIN, |loses_us| died_us - loses_us);
        let may_be_lost =
            self.died_us.iter().any(|died_us| line.sent_us <= *died_us && line.changed_us >= reaches(*died_us));
        line.settled | line.open | if may_be_lost { line.ever } else { 0 }
    }

    fn merged(&mut self, at_us: i64, took_us: u32, visitor: u32, end: CartEnd) {
        let (own, guest) = (CartRef { visitor, guest: false }, CartRef { visitor, guest: true });
        let lines: Vec<(Sku, Line)> =
            self.carts.entry(guest).or_default().iter().map(|(sku, line)| (*sku, *line)).collect();
        for (sku, of_guest) in lines {
            let theirs = self.possible(&of_guest);
            let before = *self.line(own, sku);
            let to = larger(self.possible(&before), theirs);
            match end {
                CartEnd::Done => {
                    self.line(own, sku).settle(at_us, took_us, to);
                    self.line(guest, sku).settle(at_us, took_us, NO_LINE);
                }
                CartEnd::Unknown => {
                    self.line(own, sku).leave_open(to);
                    self.line(guest, sku).leave_open(NO_LINE);
                }
            }
        }
    }

    fn seen_whole(&mut self, at_us: i64, cart: CartRef, history: &History) {
        let seen = self.seen.remove(&cart).unwrap_or_default();
        let known = self.carts.entry(cart).or_default().clone();
        let skus = seen.keys().chain(known.keys().filter(|sku| !seen.contains_key(sku)));
        for sku in skus {
            let line = known.get(sku).copied().unwrap_or(Line::NONE);
            let (shown, possible) = (seen.get(sku).copied().unwrap_or(0), self.possible(&line));
            if possible & only(shown) == 0 {
                let whose = if cart.guest { "guest cart" } else { "cart" };
                let what = format!(
                    "visitor {}'s {whose} shows {shown} × {}, but it has {}",
                    cart.visitor,
                    history.sku_name(*sku),
                    told(possible),
                );
                self.findings.violated(at_us, Some(*sku), &[], what);
            }
        }
    }
}

/// What the larger of two quantities may be.
fn larger(one: Quantities, other: Quantities) -> Quantities {
    let bits = |set: Quantities| (0..16).filter(move |bit| set & (1 << bit) != 0);
    bits(one).flat_map(|a| bits(other).map(move |b| 1 << a.max(b))).fold(0, |set, bit: Quantities| set | bit)
}

fn told(quantities: Quantities) -> String {
    let all: Vec<String> = (0..16).filter(|bit| quantities & (1 << bit) != 0).map(|bit: u32| bit.to_string()).collect();
    all.join(" or ")
}

impl Checker for Carts {
    fn name(&self) -> &'static str {
        "carts"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Visitor, Source::Faults, Source::Gate]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is about a cart")]
    fn observe(&mut self, event: &Event, history: &History) {
        let shop = match event.kind {
            EventKind::Shop(shop) => shop,
            // Faults may overlap: a server that had come back is started once more from what its disk has.
            EventKind::GateLost => return self.died_us.push(event.at_us),
            _ => return,
        };
        match shop {
            ShopEvent::LineSet { cart, sku, quantity, end: CartEnd::Done, took_us } => {
                self.line(cart, sku).settle(event.at_us, took_us, only(quantity));
            }
            ShopEvent::LineSet { cart, sku, quantity, end: CartEnd::Unknown, .. } => {
                self.line(cart, sku).leave_open(only(quantity));
            }
            ShopEvent::Merged { visitor, end, took_us } => self.merged(event.at_us, took_us, visitor, end),
            ShopEvent::LineSeen { cart, sku, quantity } => {
                self.seen.entry(cart).or_default().insert(sku, quantity);
            }
            ShopEvent::CartSeen { cart } => self.seen_whole(event.at_us, cart, history),
            ShopEvent::RedisDied => self.died_us.push(event.at_us),
            _ => {}
        }
    }

    fn at_end(&mut self, _end: &Snapshot, _history: &History) {}

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
