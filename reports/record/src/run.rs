//! The record itself: the part the seed decides, and the part the machine decides.
//!
//! How it is read and written is left to `json.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::funnel::{Funnel, Outcome};
use crate::histogram::LatencySummary;
use crate::series::Series;
use crate::verdict::{Ending, HistoryEvent, Verdict};

/// The version written, and the only one read. It goes up whenever an older reader would misread a record.
///
/// 2: orders by state, admitted checkouts and latencies over time; samples of orders.
pub const SCHEMA_VERSION: u32 = 2;

/// What one run left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// What the seed decides.
    pub run: Run,
    /// What the machine decides.
    pub host: Host,
}

/// Where a run took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// madsim.
    Sim,
    /// turmoil.
    Wire,
    /// Real servers.
    Live,
    /// Real HTTP, engines in the process.
    Embedded,
}

/// Everything that a seed and a commit decide. In `live` and `embedded` the same fields are filled from measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The scenario's name, with its variant after a slash where it has one.
    pub scenario: String,
    /// Hash of everything the scenario says, 16 hex digits.
    pub scenario_hash: String,
    /// The seed.
    pub seed: u64,
    /// Where it ran.
    pub world: World,
    /// The git commit of the platform, as handed to the run; `None` outside a checkout.
    pub git_commit: Option<String>,
    /// The command that repeats the run.
    pub repeat_command: String,
    /// How it ended, all verdicts taken together.
    pub ending: Ending,
    /// Faults as drawn or scheduled, ascending in time.
    pub faults: Vec<Fault>,
    /// How far shoppers came.
    pub funnel: Funnel,
    /// One per checker.
    pub verdicts: Vec<Verdict>,
    /// One per target of the scenario.
    pub targets: Vec<Target>,
    /// Click to final answer, per outcome.
    pub latencies: BTreeMap<Outcome, LatencySummary>,
    /// How often each rare state was reached.
    pub probes: BTreeMap<String, u64>,
    /// Further numbers by name, units last: `orders_per_s`, `time_to_sell_out_ms`. All finite.
    pub figures: BTreeMap<String, f64>,
    /// For charts; empty in the lines of a sweep.
    pub series: Series,
    /// Orders whose whole way is kept, to be looked at; none in the lines of a sweep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// Hash over every event of the run, 16 hex digits.
    pub trace_hash: String,
    /// Virtual time from the first arrival to the end of the drain, ms.
    pub virtual_ms: u64,
}

/// One order's whole way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Why this one, in a few words: `first committed`, `compensated`.
    pub what: String,
    /// The order.
    pub order_id: String,
    /// Its events and the faults meanwhile, ascending in time.
    pub history: Vec<HistoryEvent>,
}

/// One fault that struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Virtual time of its start, ms.
    pub at_ms: u64,
    /// How long it lasted, ms; 0 for an instant.
    pub for_ms: u64,
    /// The fault in full, in one line.
    pub text: String,
}

/// One of the scenario's numbers, beside what the run showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The target's name in the scenario.
    pub name: String,
    /// The number asked for.
    pub wanted: f64,
    /// The number as modelled (or, in `live`, measured); `None` when the run could not tell.
    pub modelled: Option<f64>,
    /// Whether it was met.
    pub met: bool,
}

/// What only the machine decides; two runs of one seed differ here and nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Wall time of the run, ms.
    pub wall_ms: u64,
    /// When it started, RFC 3339; `None` when not recorded.
    pub started_at: Option<String>,
    /// Cores the process could use; `None` when not recorded.
    pub cores: Option<u32>,
    /// Highest resident memory, KiB; `None` when not recorded.
    pub peak_rss_kib: Option<u64>,
}

impl Run {
    /// A 64-bit hash as records write it: 16 hex digits.
    #[must_use]
    pub fn hash_text(hash: u64) -> String {
        format!("{hash:016x}")
    }
}

impl RunRecord {
    /// A record of this version.
    #[must_use]
    pub const fn new(run: Run, host: Host) -> Self {
        Self { schema_version: SCHEMA_VERSION, run, host }
    }
}
