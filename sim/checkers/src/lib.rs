//! The invariants of a sale, one checker a file, judged from histories and stores.
//!
//! Two things go in: a stream of [`Event`]s seen from outside the platform (by shoppers, on the wire behind the edge,
//! in the stores' commit feeds, at the card gateway, on the log), and at the end a [`Snapshot`] of the stores. Out come
//! nine [`Verdict`]s. A world feeds a [`Judge`]; an audit of live stores has a snapshot only, and hears which rules
//! could not be judged from it.
//!
//! | file | what it is |
//! |---|---|
//! | [`history`] | events, the names they refer to, and what is kept of them |
//! | [`snapshot`], [`collect`] | the rows of the stores, and how they are read through the ports |
//! | [`limits`] | the scenario's own numbers |
//! | [`stock`], [`money`], [`orders`], [`idempotency`], [`holds`], [`events`], [`admission`] | safety |
//! | [`pages`], [`loads`], [`reads`], [`prices`], [`carts`] | safety of the shop around the sale |
//! | [`liveness`] | everything settles once faults are over |
//! | [`targets`] | the numbers a scenario demands |
//! | [`judge`], [`verdict`] | runs the nine; what they found |
//! | [`explain`] | the shortest history that shows a violation |
//!
//! Nothing here knows the platform, an engine or a simulator: the legal moves of an order and the names of events are
//! written down a second time on purpose, so that a mistake in the platform's own table is seen.

pub mod admission;
pub mod carts;
pub mod collect;
pub mod events;
pub mod explain;
pub mod history;
pub mod holds;
pub mod idempotency;
pub mod judge;
pub mod limits;
pub mod liveness;
pub mod loads;
pub mod money;
pub mod orders;
pub mod pages;
pub mod prices;
pub mod reads;
pub mod snapshot;
pub mod stock;
pub mod targets;
mod trouble;
pub mod verdict;

use std::fmt::Debug;

use history::Source;
use targets::Figure;

pub use history::{Event, EventKind, History};
pub use judge::{Judge, Judgement, all};
pub use limits::Limits;
pub use snapshot::Snapshot;
pub use verdict::{Class, Findings, Verdict, Violation};

/// One invariant. Safety rules are judged while events come in; what can be judged from the stores alone is judged at
/// the end, so that a checker that was given no events still finds what the stores show.
pub trait Checker: Debug {
    /// The property's name, as verdicts and run records say it.
    fn name(&self) -> &'static str;

    /// What a violation means for the run.
    fn class(&self) -> Class;

    /// The sources of all events it looks at: no others are shown to it.
    fn sources(&self) -> &'static [Source];

    /// Takes in one event. `history` already contains it.
    fn observe(&mut self, event: &Event, history: &History);

    /// Takes in the stores as they stand at the end. `history` knows every order the snapshot names.
    fn at_end(&mut self, end: &Snapshot, history: &History);

    /// What was found so far.
    fn findings(&self) -> &Findings;

    /// A number of the run as the events so far show it, of the one checker that counts it: records tell the figure that
    /// was judged, and no other.
    fn figure(&self, _figure: Figure) -> Option<i64> {
        None
    }

    /// The verdict on what was taken in so far.
    fn verdict(&self) -> Verdict {
        self.findings().verdict()
    }
}
