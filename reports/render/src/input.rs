//! Reads files: one record, or the lines of a sweep. What is wrong is told with file and line.

use std::path::{Path, PathBuf};

use record::{RecordError, RunRecord};

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

/// Reads the record in a file.
///
/// # Errors
/// When the file cannot be read or holds no record.
pub fn read_record(path: &Path) -> Result<RunRecord, InputError> {
    let text = std::fs::read_to_string(path).map_err(|error| InputError::Io { path: path.to_owned(), error })?;
    RunRecord::from_json(&text).map_err(|error| {
        let line = error.line().unwrap_or(1);
        InputError::Record { path: path.to_owned(), line, error }
    })
}
