//! A sans-IO Postgres: MVCC, row locks, constraints and the SQL subset the platform uses.
//!
//! One [`Postgres`] is one server. It has no thread, no clock and no randomness: time is handed in, and a statement
//! that has to wait says so ([`Step::Blocked`]) and reports later ([`Postgres::take_completions`]).
//!
//! Map, in the order a statement passes through it:
//! - `engine`: the public face; who runs, who waits, who is done.
//! - `parse`, `bind`: SQL text to a plan, names and types resolved. `plan`: what plans are made of.
//! - `exec`: runs plans. Its `async fn`s are polled by `engine` alone; a statement awaits only locks (`exec::lease`).
//! - `eval`: expressions. `value`, `types`: what they work on.
//! - `storage`: version chains and indexes. `transaction`: undo, commit, savepoints. `locks`, `timers`: waiting.
//! - `catalog`, `ddl`: definitions and how they change. `change_feed`: what commits did.
//!
//! What it does not do it refuses with SQLSTATE 0A000 and the name of the clause. Known differences from a server:
//! row order without ORDER BY is the engine's own; `numeric` holds 38 digits; arrays hold no NULLs; a
//! number inside jsonb keeps its value but not its trailing zeros; the time zone is UTC; a parameter may have any type
//! that converts; a schema change (TRUNCATE is one) waits for every other open transaction and stops all others until it
//! is over; SERIALIZABLE is stricter (`transaction::serializable`). The grammar lacks FOR NO KEY UPDATE, FOR KEY SHARE and
//! FOR UPDATE OF several tables: they are syntax errors (42601).

mod bind;
mod catalog;
mod change_feed;
mod config;
mod database;
mod ddl;
mod engine;
mod error;
mod eval;
mod exec;
mod locks;
mod parse;
mod plan;
mod reply;
mod session;
mod settings;
mod storage;
mod syntax_trees;
mod timers;
mod transaction;
mod types;
mod value;

pub use change_feed::{ChangeOp, CommitRecord, RowChange};
pub use config::Config;
pub use engine::Postgres;
pub use error::PgError;
pub use reply::{Reply, Step};
pub use session::SessionId;
pub use syntax_trees::SyntaxTrees;
pub use types::Type;
pub use value::{Interval, Numeric, Row, Value};
