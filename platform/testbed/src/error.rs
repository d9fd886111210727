//! Why a server could not be had, in words that say which server and what to do.

use std::path::PathBuf;

/// A server could not be started, found, fetched or reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The programs of a server are not on this machine.
    #[error("{server} could not be had: {what} was not found; {remedy}")]
    Missing {
        /// The server's name.
        server: &'static str,
        /// The program that was looked for, and where.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Fetching or installing failed.
    #[error("{server} could not be had: {what}\n{output}")]
    Fetch {
        /// The server's name.
        server: &'static str,
        /// The step that failed.
        what: String,
        /// The end of what the step printed.
        output: String,
    },
    /// The server was started and did not come up.
    #[error("{server} did not come up: {what}; the end of its log:\n{log}")]
    NotUp {
        /// The server's name.
        server: String,
        /// What was waited for.
        what: String,
        /// The end of the server's log.
        log: String,
    },
    /// A file of a server's folder could not be written or read.
    #[error("{server}: {path}: {source}")]
    File {
        /// The server's name.
        server: String,
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The shell that owns a server could not be started, or is gone.
    #[error("{server}: its supervisor {what}: {source}")]
    Supervisor {
        /// The server's name.
        server: String,
        /// What was being done.
        what: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
    /// No port was free.
    #[error("no free port between {from} and {to}")]
    NoPort {
        /// First port tried.
        from: u16,
        /// Last port tried.
        to: u16,
    },
    /// A client program of a server answered with an error.
    #[error("{program} failed: {output}")]
    Client {
        /// The program.
        program: String,
        /// What it printed.
        output: String,
    },
}
