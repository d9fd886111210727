//! The engines held to the real servers: programs drawn from a seed run on an engine and on the server it stands for, and
//! any difference fails with the shortest program that shows it.
//!
//! - [`Campaign`] runs many programs of one kind and shortens what fails; [`Pair`] is what it needs of an engine.
//! - [`draw`]: the seeded stream programs are drawn from. [`Tally`]: what was reached.
//! - [`postgres`], [`redis`], [`kafka`], [`search`]: for each a generator and both sides.
//!
//! Starting the servers is left to whoever calls (`testbed` does it for the tests); none is an error, never a skip.

mod campaign;
pub mod draw;
pub mod kafka;
pub mod postgres;
pub mod redis;
pub mod search;
mod tally;

pub use campaign::{Campaign, Finding, Outcome, Pair, Steps};
pub use tally::Tally;

/// Engine and server answered differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step it showed at.
    pub step: String,
    /// What the engine did.
    pub engine: String,
    /// What the server did.
    pub server: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "  at      {}", self.step)?;
        writeln!(f, "  engine  {}", self.engine)?;
        write!(f, "  server  {}", self.server)
    }
}

/// The comparison itself failed: this says nothing about the engine.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The server could not be reached, or the connection broke.
    #[error("{server} at {address}: {source}")]
    Connection {
        /// Which server.
        server: &'static str,
        /// Where it should be.
        address: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// The server said something that was not expected at this place.
    #[error("{server}: {what}")]
    Unexpected {
        /// Which server.
        server: &'static str,
        /// What it said.
        what: String,
    },
}
