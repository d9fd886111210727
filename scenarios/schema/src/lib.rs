//! The scenario file: its schema, its defaults and its errors.
//!
//! A scenario is TOML, read once and checked whole: an unknown key, a wrong type or a number out of range is refused
//! with one line that names the file, the line and what to do. Nothing is ever ignored.
//!
//! | file | what it holds |
//! |---|---|
//! | `scenario.rs` | the whole scenario, loading, variants, the hash |
//! | `section.rs`, `knob.rs`, `options.rs`, `nearest.rs` | reading a table key by key: places, types, the declaring macros, misspellings |
//! | `run.rs`, `shoppers.rs`, `journeys.rs`, `browsing.rs`, `products.rs`, `platform.rs`, `infrastructure.rs`, `targets.rs` | the sections, one options struct each |
//! | `calibration.rs` | the cost model's file |
//! | `fault/`, `draw.rs` | the kinds of faults, and drawing them from a seed |
//! | `check.rs` | what no single key can tell: windows, totals, duplicates |
//! | `error.rs` | the one-line errors |
//!
//! Running a scenario is left to the worlds. The keys are documented in `scenarios/README.md`, whose tables are
//! made from the declarations here.

mod browsing;
mod calibration;
mod check;
mod draw;
mod error;
mod fault;
mod infrastructure;
mod journeys;
mod knob;
mod nearest;
mod options;
mod platform;
mod products;
mod run;
mod scenario;
mod section;
mod shoppers;
mod targets;
mod variants;

pub use browsing::{Browsing, CatalogChange};
pub use calibration::{Calibration, GatewayCosts, KafkaCosts, PaymentsCosts, PostgresCosts, RedisCosts, ServiceCosts};
pub use draw::Drawn;
pub use error::ScenarioError;
pub use fault::{Consumer, Fault, FaultKind, FaultsDrawn, Host, Role, ScheduledFault};
pub use infrastructure::{CostModel, Network, Persistence, Redis};
pub use journeys::{Endpoint, Journeys};
pub use knob::KeyDoc;
pub use platform::{
    Catalog, Commit, CommitStrategy, Compensation, Fulfilment, Gate, Gateway, Lane, Payment, Platform, Replicas,
};
pub use products::{Catalogue, Product, Products};
pub use run::{Expectation, RunOptions};
pub use scenario::{Scenario, ScenarioOptions};
pub use shoppers::{Arrival, Shape, Shoppers};
pub use targets::{P99, Targets, Window};
pub use variants::Variant;
