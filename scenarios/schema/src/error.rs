//! What can be wrong with a scenario, in one line each.

use std::path::PathBuf;

/// Why a scenario was refused. `Display` is one line: file, line, what is wrong, what to do.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("{}: cannot be read: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's words.
        why: std::io::Error,
    },
    /// The file was read, and something in it is wrong.
    #[error("{file}:{line}: {what}")]
    Refused {
        /// The file, as it was named.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The file has no variant of this name.
    #[error("{file}: no variant `{wanted}`; {known}")]
    NoSuchVariant {
        /// The file, as it was named.
        file: String,
        /// The name asked for.
        wanted: String,
        /// The variants there are, in words.
        known: String,
    },
}
