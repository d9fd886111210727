//! The madsim world: the platform called directly, on nodes that die and restart, judged by what every world shares.
//!
//! [`run`] plays one seed; sweeps and the command line are `harness`'s. The world exists only when built with
//! `--cfg madsim`; `cargo sim` does that.

#![cfg(madsim)]

pub mod run;
pub mod world;
