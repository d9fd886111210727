//! The platform as processes: what the `platform` command does.
//!
//! | file | what it is |
//! |---|---|
//! | [`cli`] | the command line, and the exit codes |
//! | [`settings`] | every key: where it may come from, what it may be, what the platform makes of it |
//! | [`serve`] | roles put together and served, over stores in the process or real ones |
//! | [`catalog`] | the catalog file, and how it gets into Postgres |
//! | [`clock`] | the system's clock and entropy, which are read nowhere else |
//!
//! The platform itself knows none of this: it is given its ports, as it is in every world.

pub mod catalog;
pub mod cli;
pub mod clock;
pub mod serve;
pub mod settings;
