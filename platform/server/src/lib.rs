//! The platform as processes: what the `platform` command does.
//!
//! | file | what it is |
//! |---|---|
//! | [`cli`] | the command line, and the exit codes |
//! | [`settings`] | every key: where it may come from, what it may be, what the platform makes of it |
//! | [`serve`] | roles put together and served, over stores in the process or real ones |
//! | [`stores`], [`live_stores`] | the ports of a process; real servers behind them |
//! | [`schema`] | migrations, and whether the schema is the one this build was written for |
//! | [`audit`] | the checkers over the stores |
//! | [`catalog`] | the catalog file, and how it gets into Postgres |
//! | [`telemetry`], [`trace_context`] | log lines and traces; traces that go on in other services |
//! | [`with_key`] | the card gateway with the key that it asks for |
//! | [`clock`] | the system's clock and entropy, which are read nowhere else |
//!
//! The platform itself knows none of this: it is given its ports, as it is in every world.

pub mod audit;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod live_stores;
pub mod reindex;
pub mod schema;
pub mod serve;
pub mod settings;
pub mod stores;
pub mod telemetry;
pub mod trace_context;
pub mod with_key;
