//! Reads files: a record, a knee, the lines of a sweep, the scores of known bugs. What is wrong is told with file and line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use record::{BugScore, KneeRecord, RecordError, RunRecord, SCHEMA_VERSION};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::sweep::Sweep;

/// What the files of one command hold.
#[derive(Default)]
pub struct Input {
    /// Records with series, in the order of the files.
    pub runs: Vec<RunRecord>,
    /// How much platforms hold, in the order of the files.
    pub knees: Vec<KneeRecord>,
    /// Everything that came as lines.
    pub sweep: Sweep,
}

/// Why a file cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// Its content is no record.
    #[error("{}:{line}: {error}", path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        error: RecordError,
    },
}

impl Input {
    /// Reads one file more. A file whose first line is whole JSON is read as lines, any other as one record.
    ///
    /// # Errors
    /// When the file cannot be read or holds anything else than records of this version.
    pub fn read(&mut self, path: &Path) -> Result<(), InputError> {
        let io = |error| InputError::Io { path: path.to_owned(), error };
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        let mut first = String::new();
        file.read_line(&mut first).map_err(io)?;
        if serde_json::from_str::<IgnoredAny>(&first).is_ok() {
            return self.read_lines(path, first, file);
        }
        file.read_to_string(&mut first).map_err(io)?;
        let refused =
            |error: RecordError| InputError::Record { path: path.to_owned(), line: error.line().unwrap_or(1), error };
        if KneeRecord::is_one(&first) {
            self.knees.push(KneeRecord::from_json(&first).map_err(refused)?);
        } else {
            self.runs.push(RunRecord::from_json(&first).map_err(refused)?);
        }
        Ok(())
    }

    /// Line by line, so that a sweep of any length needs the memory of one.
    fn read_lines(&mut self, path: &Path, first: String, mut file: impl BufRead) -> Result<(), InputError> {
        let (mut line, mut number) = (first, 1);
        let mut lone = None;
        loop {
            if !line.trim().is_empty() {
                let read = read_line(&line).map_err(|error| InputError::Record {
                    path: path.to_owned(),
                    line: number,
                    error: at_line(error, number),
                })?;
                if let Some(record) = lone.take() {
                    self.sweep.add(record);
                }
                match read {
                    Line::Bug(score) => self.sweep.bugs.push(score),
                    // A lone line with series is one run.
                    Line::Record(record) if number == 1 => lone = Some(*record),
                    Line::Record(record) => self.sweep.add(*record),
                }
            }
            line.clear();
            number += 1;
            let read = file.read_line(&mut line);
            if read.map_err(|error| InputError::Io { path: path.to_owned(), error })? == 0 {
                break;
            }
        }
        match lone {
            Some(record) if !record.run.series.counts.is_empty() => self.runs.push(record),
            Some(record) => self.sweep.add(record),
            None => {}
        }
        Ok(())
    }
}

/// Hands over each record of a sweep's lines.
///
/// # Errors
/// When the file cannot be read or holds anything else than records of this version.
pub fn each_record(path: &Path, mut each: impl FnMut(RunRecord)) -> Result<(), InputError> {
    let io = |error| InputError::Io { path: path.to_owned(), error };
    for (number, line) in (1..).zip(BufReader::new(File::open(path).map_err(io)?).lines()) {
        let line = line.map_err(io)?;
        if line.trim().is_empty() {
            continue;
        }
        let refused = |error| InputError::Record { path: path.to_owned(), line: number, error: at_line(error, number) };
        each(RunRecord::from_json(&line).map_err(refused)?);
    }
    Ok(())
}

enum Line {
    Record(Box<RunRecord>),
    Bug(BugScore),
}

/// Just enough to tell a bug's score from a record.
#[derive(Deserialize)]
struct AnyLine {
    schema_version: Option<u64>,
    #[serde(default)]
    bug: Option<IgnoredAny>,
}

fn read_line(line: &str) -> Result<Line, RecordError> {
    // A struct would also be read from a list.
    if !line.trim_start().starts_with('{') {
        return RunRecord::from_json(line).map(|record| Line::Record(Box::new(record)));
    }
    match serde_json::from_str(line) {
        Ok(AnyLine { schema_version: Some(found), bug: Some(_) }) if found == u64::from(SCHEMA_VERSION) => {
            let score = serde_json::from_str(line);
            score.map(Line::Bug).map_err(|error| RecordError::Shape { line: 1, what: error.to_string() })
        }
        Ok(AnyLine { schema_version: Some(found), bug: Some(_) }) => Err(RecordError::Version { found }),
        // Everything else is a record, or told by the record's own reader.
        Ok(AnyLine { .. }) | Err(_) => RunRecord::from_json(line).map(|record| Line::Record(Box::new(record))),
    }
}

/// The reader of a line counts from its own beginning.
fn at_line(error: RecordError, number: usize) -> RecordError {
    match error {
        RecordError::NotJson { column, what, .. } => RecordError::NotJson { line: number, column, what },
        RecordError::Shape { what, .. } => RecordError::Shape { line: number, what },
        RecordError::Empty | RecordError::NotARecord | RecordError::Version { .. } => error,
    }
}
