//! Reading and writing records, and what can be wrong with a file.
//!
//! Which files there are is left to the callers.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::run::{RunRecord, SCHEMA_VERSION};
use crate::series::Series;

/// Why a text is not a record that this version reads.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nothing there: the writer was probably stopped.
    #[error("the record is empty; the run that was to write it may have been stopped: run it again")]
    Empty,
    /// Not JSON at all, or cut short.
    #[error("the record is not whole JSON (line {line}, column {column}: {what}); it may be cut short: run it again")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's words.
        what: String,
    },
    /// JSON, but of something else.
    #[error("the file is JSON, but not a run record: it has no number `schema_version`")]
    NotARecord,
    /// Written by another version.
    #[error("the record has schema version {found}, this program reads version {SCHEMA_VERSION}: {}", advice(*found))]
    Version {
        /// The version in the file.
        found: u64,
    },
    /// This version's number, but not its shape.
    #[error("the record has schema version {SCHEMA_VERSION}, but not its shape: {what}")]
    Shape {
        /// From 1; 0 when it is not known.
        line: usize,
        /// What does not fit.
        what: String,
    },
}

fn advice(found: u64) -> &'static str {
    if found > u64::from(SCHEMA_VERSION) {
        "read it with a newer build"
    } else {
        "repeat the run (the record's `repeat_command` says how), or read it with the build that wrote it"
    }
}

impl RecordError {
    /// The line of the text where it is wrong, from 1; `None` when that is not known.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::NotJson { line, .. } => Some(*line),
            Self::Shape { line, .. } if *line > 0 => Some(*line),
            Self::Shape { .. } | Self::Empty | Self::NotARecord | Self::Version { .. } => None,
        }
    }
}

/// Just enough of any version.
#[derive(Deserialize)]
struct AnyVersion {
    schema_version: Option<u64>,
}

impl RunRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is empty, broken, something else, or of another version; the error says which, and what to do.
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        if text.trim().is_empty() {
            return Err(RecordError::Empty);
        }
        // A struct would also be read from a list, so what is not an object is told apart first.
        if !text.trim_start().starts_with('{') {
            serde_json::from_str::<IgnoredAny>(text).map_err(|error| refused(&error))?;
            return Err(RecordError::NotARecord);
        }
        let any: AnyVersion = serde_json::from_str(text).map_err(|error| refused(&error))?;
        let found = any.schema_version.ok_or(RecordError::NotARecord)?;
        if found != u64::from(SCHEMA_VERSION) {
            return Err(RecordError::Version { found });
        }
        serde_json::from_str(text).map_err(|error| RecordError::Shape { line: error.line(), what: error.to_string() })
    }

    /// The record as indented JSON, ending in a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a record has string keys only");
        text.push('\n');
        text
    }

    /// The whole record as one line of JSON without a line feed.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        serde_json::to_string(self).expect("a record has string keys only")
    }

    /// The record as a line of a sweep: without series and samples, so that a sweep of 100,000 seeds stays readable. The
    /// histories of violations are kept.
    #[must_use]
    pub fn to_sweep_line(&self) -> String {
        let mut short = self.clone();
        short.run.series = Series::default();
        short.run.samples = Vec::new();
        short.to_json_line()
    }

    /// The part that two runs of one seed have in common, as indented JSON.
    #[must_use]
    pub fn deterministic_json(&self) -> String {
        serde_json::to_string_pretty(&self.run).expect("a record has string keys only")
    }
}

fn refused(error: &serde_json::Error) -> RecordError {
    if error.is_data() {
        return RecordError::NotARecord;
    }
    let what = error.to_string();
    // The place is told in fields of its own.
    let what = what.split(" at line ").next().unwrap_or_default().to_owned();
    RecordError::NotJson { line: error.line(), column: error.column(), what }
}
