//! How much load a platform holds: what `loadgen knee` leaves behind.
//!
//! Looking for it is left to the load generator.

use serde::{Deserialize, Serialize};

use crate::json::RecordError;
use crate::run::SCHEMA_VERSION;

/// A search for the highest rate of arrivals at which every target is met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KneeRecord {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// What was found.
    pub knee: Knee,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knee {
    /// The scenario's name.
    pub scenario: String,
    /// The seed of the first probe; each further one has the next.
    pub seed: u64,
    /// The commit that was checked out.
    pub git_commit: Option<String>,
    /// The command that repeats it.
    pub repeat_command: String,
    /// Every probe, in the order in which they were made.
    pub points: Vec<KneePoint>,
    /// The highest rate that held, of each search, in arrivals per second.
    pub held_per_s: Vec<f64>,
    /// The median of these.
    pub knee_per_s: f64,
    /// The highest rate that every search held.
    pub low_per_s: f64,
    /// The lowest rate that no search held; none when the search ended before any target broke.
    pub high_per_s: Option<f64>,
    /// What broke first beyond it.
    pub broke_on: String,
    /// The resource that bound it, as far as this machine shows it.
    pub bound_by: String,
    /// The Universal Scalability Law through the points; none when they are too few or do not bend.
    pub scaling: Option<Scaling>,
    /// Cores of the machine.
    pub cores: Option<u32>,
}

/// One probe: a load at one rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KneePoint {
    /// Arrivals per second, as asked for.
    pub offered_per_s: f64,
    /// Answers per second that are no errors.
    pub achieved_per_s: f64,
    /// Requests under way on average: answers per second times their service time (Little's law).
    pub concurrency: f64,
    /// 99th percentile of the response time from when requests were due, ms.
    pub response_p99_ms: f64,
    /// Whether every target was met.
    pub held: bool,
    /// Why not; empty when it held.
    pub why: String,
}

/// `X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))`: throughput over concurrency (Gunther's law).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Throughput of one request at a time, per second.
    pub lambda_per_s: f64,
    /// Share of the work that waits for its turn.
    pub sigma: f64,
    /// What each pair of requests costs the other.
    pub kappa: f64,
}

impl Scaling {
    /// Throughput at this concurrency, per second.
    #[must_use]
    pub fn at(&self, concurrency: f64) -> f64 {
        let others = concurrency - 1.0;
        self.lambda_per_s * concurrency / (1.0 + self.sigma * others + self.kappa * concurrency * others)
    }
}

impl KneeRecord {
    /// A record of this version.
    #[must_use]
    pub const fn new(knee: Knee) -> Self {
        Self { schema_version: SCHEMA_VERSION, knee }
    }

    /// The record as indented JSON, ending in a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a record has string keys only");
        text.push('\n');
        text
    }

    /// Whether a text looks like one, of whatever version.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        #[derive(Deserialize)]
        struct Any {
            #[serde(rename = "knee")]
            _knee: serde::de::IgnoredAny,
        }
        text.trim_start().starts_with('{') && serde_json::from_str::<Any>(text).is_ok()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When it is of another version or has not its shape.
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct AnyVersion {
            schema_version: Option<u64>,
        }
        let shape = |error: serde_json::Error| RecordError::Shape { line: error.line(), what: error.to_string() };
        let any: AnyVersion = serde_json::from_str(text).map_err(shape)?;
        let found = any.schema_version.ok_or(RecordError::NotARecord)?;
        if found != u64::from(SCHEMA_VERSION) {
            return Err(RecordError::Version { found });
        }
        serde_json::from_str(text).map_err(shape)
    }
}
