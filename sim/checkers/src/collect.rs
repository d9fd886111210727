//! Reads the stores through the ports, with statements and commands of its own, so that simulated and live stores are
//! read by the same code. Judging what was read is left to the checkers; waiting until all is quiet, to the caller.

mod cards;
mod gate;
mod tables;
mod topic;

pub use cards::card_intents;
pub use gate::gate;
pub use tables::tables;
pub use topic::topic;

use ports::events::EventError;
use ports::http_port::HttpError;
use ports::sql::SqlError;

/// Why a store could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// Postgres.
    #[error("Postgres: {0}")]
    Sql(#[from] SqlError),
    /// Redis.
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// The log.
    #[error("the log: {0}")]
    Log(#[from] EventError),
    /// The card gateway gave no answer.
    #[error("the card gateway: {0}")]
    Cards(#[from] HttpError),
    /// The card gateway's answer is not the one that was asked for.
    #[error("the card gateway: {path} gave {status}: {problem}")]
    CardAnswer {
        /// What was asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What is wrong with the answer.
        problem: String,
    },
    /// A record of the order topic names no event.
    #[error("the log: partition {partition}, offset {offset} {problem}")]
    Record {
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// What is wrong with it.
        problem: &'static str,
    },
}
