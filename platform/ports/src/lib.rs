//! The four ports through which the platform meets a world, plus its clock and its entropy.
//!
//! | port | what crosses it |
//! |---|---|
//! | [`sql`] | SQL text with `$n` parameters, rows, SQLSTATEs, begin, commit, rollback |
//! | [`redis`](mod@redis_port) | redis-rs commands and scripts over a connection that may be lost |
//! | [`events`] | records with key and headers, consumer groups, offsets |
//! | [`http_port`] | `http::Request` to a named service |
//!
//! The seam lies at the level of the protocol on purpose: whoever edits a statement, a script or a retry is testing
//! that very edit in every world. Nothing here knows an order, a SKU or an engine.

pub mod clock;
pub mod entropy;
pub mod events;
pub mod http_port;
pub mod outcome;
pub mod redis_port;
pub mod sql;

pub use outcome::Outcome;
