//! The gate's counters account for every unit Postgres has left.
//!
//! While the run goes on: no reservation takes more than there is, a hold's units move once each way, every change of a
//! counter is accounted for, and after Redis may have lost writes nobody trusts a counter before it was rebuilt. Once
//! quiet: `counter + live holds = on hand` per product, and the platform's leak gauge says what this checker counts.
//! Whether stock itself is right is left to [`stock`](crate::stock).

mod gate;

use crate::history::{Event, EventKind, History, HoldStep, OrderRef, PerOrder, Sku, Source};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Holds {
    counters: Vec<Counter>,
    /// What is known of a product that was not seen yet.
    unseen: Counter,
    /// Of each order, one per product.
    holds: PerOrder<Vec<(Sku, Hold)>>,
    findings: Findings,
}

/// What is known of one product's counter.
#[derive(Debug, Default, Clone, Copy)]
struct Counter {
    /// None until it is first seen, and after a loss.
    value: Option<i64>,
    /// Redis may have lost writes, and no rebuild was seen since.
    stale: bool,
    /// Moves on at each rebuild and loss: what was known of holds before it is void.
    era: u32,
}

/// What is known of one order's hold on one product.
#[derive(Debug, Default, Clone, Copy)]
struct Hold {
    era: u32,
    state: HoldState,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum HoldState {
    /// Nothing, or not since the last rebuild.
    #[default]
    Unknown,
    Held,
    Released,
    Confirmed,
    Restocked,
}

/// By how much a step may move the counter, and where it leaves the hold; or why it may not be taken at all.
fn step_of(state: HoldState, step: HoldStep, quantity: i64) -> Result<(i64, HoldState), &'static str> {
    match (step, state) {
        (HoldStep::Taken, HoldState::Held) => Err("took its units twice"),
        (HoldStep::Taken, HoldState::Confirmed | HoldState::Restocked) => Err("took units again after its sale"),
        (HoldStep::Taken, HoldState::Unknown | HoldState::Released) => Ok((-quantity, HoldState::Held)),
        (HoldStep::Released, HoldState::Released) => Err("gave its units back twice"),
        (HoldStep::Released, HoldState::Confirmed | HoldState::Restocked) => Err("gave back units that are sold"),
        (HoldStep::Released, HoldState::Unknown | HoldState::Held) => Ok((quantity, HoldState::Released)),
        (HoldStep::Confirmed, HoldState::Released) => Ok((-quantity, HoldState::Confirmed)),
        (HoldStep::Confirmed, HoldState::Restocked) => Err("was sold again after it was cancelled"),
        (HoldStep::Confirmed, HoldState::Unknown | HoldState::Held | HoldState::Confirmed) => {
            Ok((0, HoldState::Confirmed))
        }
        (HoldStep::Restocked, HoldState::Restocked) => Err("put its units on sale again twice"),
        (HoldStep::Restocked, HoldState::Released) => Err("put units on sale again that it had given back"),
        (HoldStep::Restocked, HoldState::Unknown | HoldState::Held | HoldState::Confirmed) => {
            Ok((quantity, HoldState::Restocked))
        }
    }
}

impl Holds {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn counter(&mut self, sku: Sku) -> &mut Counter {
        let place = usize::from(sku.0);
        if place >= self.counters.len() {
            self.counters.resize(place + 1, self.unseen);
        }
        &mut self.counters[place]
    }

    fn wrong(&mut self, at_us: i64, sku: Sku, orders: &[OrderRef], history: &History, what: &str) {
        self.findings.violated(at_us, Some(sku), orders, format!("{}: {what}", history.sku_name(sku)));
    }

    fn moved(&mut self, event: &Event, history: &History) {
        let EventKind::HoldMoved { order, sku, step, quantity, remaining } = event.kind else { return };
        let counter = *self.counter(sku);
        self.counter(sku).value = Some(remaining);
        let hold = hold_of(&mut self.holds, order, sku);
        if hold.era != counter.era {
            *hold = Hold { era: counter.era, state: HoldState::Unknown };
        }
        let before = hold.state;
        let id = history.order_id(order);
        let at_us = event.at_us;
        if counter.stale {
            let what = format!("{id} moved a counter that was not rebuilt since Redis may have lost writes");
            self.wrong(at_us, sku, &[order], history, &what);
        }
        if step == HoldStep::Taken && remaining < 0 {
            let what = format!("{id} reserved {quantity} units and left {remaining}");
            self.wrong(at_us, sku, &[order], history, &what);
        }
        match step_of(before, step, i64::from(quantity)) {
            Err(what) => self.wrong(at_us, sku, &[order], history, &format!("{id} {what}")),
            Ok((delta, after)) => {
                hold_of(&mut self.holds, order, sku).state = after;
                // After a rebuild a hold may have been restored as released or as held; its confirmation may do either.
                let unsure = before == HoldState::Unknown && step == HoldStep::Confirmed;
                let expected = counter.value.map(|value| value + delta);
                if expected.is_some_and(|expected| expected != remaining) && !unsure {
                    let (from, due) = (counter.value.unwrap_or_default(), expected.unwrap_or_default());
                    let what =
                        format!("the counter stood at {from}, {id} should have left {due}, but left {remaining}");
                    self.wrong(at_us, sku, &[order], history, &what);
                }
            }
        }
    }

    fn rebuilt(&mut self, sku: Sku, counter: i64) {
        let known = self.counter(sku);
        *known = Counter { value: Some(counter), stale: false, era: known.era + 1 };
    }

    /// Nothing says for which hold it was set, so the next hold's move is taken at its word.
    fn set(&mut self, at_us: i64, sku: Sku, counter: i64, history: &History) {
        self.counter(sku).value = None;
        if counter < 0 {
            self.wrong(at_us, sku, &[], history, &format!("the counter was set to {counter}"));
        }
    }

    fn lost(&mut self) {
        for counter in self.counters.iter_mut().chain([&mut self.unseen]) {
            *counter = Counter { value: None, stale: true, era: counter.era + 1 };
        }
    }
}

fn hold_of(holds: &mut PerOrder<Vec<(Sku, Hold)>>, order: OrderRef, sku: Sku) -> &mut Hold {
    let own = holds.of(order);
    let place = own.iter().position(|(of, _)| *of == sku).unwrap_or_else(|| {
        own.push((sku, Hold::default()));
        own.len() - 1
    });
    &mut own[place].1
}

impl Checker for Holds {
    fn name(&self) -> &'static str {
        "holds"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Gate]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event leaves the gate alone")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::HoldMoved { .. } => self.moved(event, history),
            EventKind::CounterRebuilt { sku, counter, .. } => self.rebuilt(sku, counter),
            EventKind::CounterSet { sku, counter } => self.set(event.at_us, sku, counter, history),
            EventKind::GateLost => self.lost(),
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        gate::judge(end, history, &mut self.findings);
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
