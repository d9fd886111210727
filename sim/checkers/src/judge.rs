//! Runs the nine checkers over a history and over the stores at its end.

use crate::history::{Event, History, Source};
use crate::limits::Limits;
use crate::targets::Figure;
use crate::{Checker, Class, Snapshot, Verdict};
use crate::{
    admission, carts, events, holds, idempotency, liveness, loads, money, orders, pages, prices, reads, stock, targets,
};

/// The nine checkers of a sale, and those of the shop around it where there is one, in the order in which verdicts are
/// printed.
#[must_use]
pub fn all(limits: &Limits) -> Vec<Box<dyn Checker + Send>> {
    let mut all: Vec<Box<dyn Checker + Send>> = vec![
        Box::new(stock::Stock::new(limits)),
        Box::new(money::Money::new()),
        Box::new(orders::Orders::new()),
        Box::new(idempotency::Idempotency::new()),
        Box::new(holds::Holds::new()),
        Box::new(events::Events::new()),
        Box::new(admission::Admission::new(limits)),
        Box::new(liveness::Liveness::new(limits)),
        Box::new(targets::Targets::new(limits)),
    ];
    if let Some(shop) = &limits.shop {
        all.push(Box::new(pages::Pages::new(shop)));
        all.push(Box::new(loads::Loads::new(shop)));
        all.push(Box::new(reads::Reads::new(shop)));
        all.push(Box::new(prices::Prices::new()));
        all.push(Box::new(carts::Carts::new(shop)));
    }
    all
}

/// One checker's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The checker's name.
    pub name: &'static str,
    /// What a violation of it means.
    pub class: Class,
    /// What it says.
    pub verdict: Verdict,
}

/// A history in the making and the checkers that watch it.
#[derive(Debug)]
pub struct Judge {
    history: History,
    checkers: Vec<Box<dyn Checker + Send>>,
    /// For each source, the places of the checkers that look at it: most events concern few of them.
    watchers: [Vec<usize>; Source::ALL.len()],
    unsafe_seen: bool,
}

impl Judge {
    /// A judge who has seen nothing.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let checkers = all(limits);
        let watchers = Source::ALL
            .map(|source| (0..checkers.len()).filter(|place| checkers[*place].sources().contains(&source)).collect());
        let history = History::new(limits.skus.iter().map(|sku| sku.sku.as_str()));
        Self { history, checkers, watchers, unsafe_seen: false }
    }

    /// Takes in one event. Events come in the order they happened.
    pub fn observe(&mut self, event: Event) {
        self.history.record(&event);
        for &place in &self.watchers[event.kind.source() as usize] {
            let checker = &mut self.checkers[place];
            checker.observe(&event, &self.history);
            if !checker.findings().is_clean() && checker.class() == Class::Safety {
                self.unsafe_seen = true;
            }
        }
    }

    /// Whether a safety rule is already known to be broken.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        self.unsafe_seen
    }

    /// Takes in the stores at the end, and gives the verdicts in the order of [`all`].
    pub fn at_end(&mut self, end: &Snapshot) -> Vec<Judgement> {
        self.history.learn(end);
        for checker in &mut self.checkers {
            checker.at_end(end, &self.history);
        }
        self.judgements()
    }

    /// The verdicts on what was taken in so far.
    #[must_use]
    pub fn judgements(&self) -> Vec<Judgement> {
        self.checkers
            .iter()
            .map(|checker| Judgement { name: checker.name(), class: checker.class(), verdict: checker.verdict() })
            .collect()
    }

    /// A figure as the events so far show it; none when they show nothing of it.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> Option<i64> {
        self.checkers.iter().find_map(|checker| checker.figure(figure))
    }

    /// What was observed.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What was observed, for giving names to what the next events refer to.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }
}
