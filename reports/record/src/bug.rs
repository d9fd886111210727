//! How long a known bug hid: one line of what `sim bugs --json` prints.
//!
//! Looking for bugs is left to the simulator.

use serde::{Deserialize, Serialize};

use crate::run::SCHEMA_VERSION;

/// One known bug's score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BugScore {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The bug's name.
    pub bug: String,
    /// Whether it was found.
    pub found: bool,
    /// Seeds played until it was found, or all of them.
    pub seeds: u64,
    /// Wall time, in seconds.
    pub wall_s: f64,
    /// What gave it away; `NOT FOUND` when nothing did.
    pub what: String,
    /// The command that repeats the seed that found it.
    pub repeat_command: Option<String>,
}

impl BugScore {
    /// The score as one line of JSON.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        serde_json::to_string(self).expect("a score has string keys only")
    }

    /// A score of this version for a bug that was not found in `seeds` seeds.
    #[must_use]
    pub fn not_found(bug: &str, seeds: u64, wall_s: f64) -> Self {
        let what = "NOT FOUND".to_owned();
        Self {
            schema_version: SCHEMA_VERSION,
            bug: bug.to_owned(),
            found: false,
            seeds,
            wall_s,
            what,
            repeat_command: None,
        }
    }
}
