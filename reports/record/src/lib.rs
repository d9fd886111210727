//! The run record: what a run of any world leaves behind, as versioned JSON.
//!
//! A record has two parts. [`Run`] is what the seed decides: two runs of one seed and commit give equal bytes
//! ([`RunRecord::deterministic_json`]). [`Host`] is what the machine decides: wall time, cores.
//!
//! | file | what it holds |
//! |---|---|
//! | `run.rs` | the record itself, its two parts, faults and targets |
//! | `funnel.rs` | how far the shoppers came, and the outcomes they met |
//! | `verdict.rs` | what each checker found, with the history that shows it |
//! | `histogram.rs` | latencies, streamed into log-linear buckets |
//! | `series.rs` | counts and gauges over time, for charts |
//! | `bug.rs` | how long a known bug hid |
//! | `knee.rs` | how much load a platform holds |
//! | `json.rs` | reading and writing, and what can be wrong with a file |
//!
//! Judging is left to the checkers, drawing to `reports`.

mod bug;
mod funnel;
mod histogram;
mod json;
mod knee;
mod run;
mod series;
mod verdict;

pub use bug::BugScore;
pub use funnel::{Funnel, Outcome};
pub use histogram::{Histogram, LatencySummary};
pub use json::RecordError;
pub use knee::{Knee, KneePoint, KneeRecord, Scaling};
pub use run::{Fault, Host, Run, RunRecord, SCHEMA_VERSION, Sample, Target, World};
pub use series::{Count, Gauge, Series};
pub use verdict::{Ending, HistoryEvent, Property, Verdict, Violation};
