//! Runs the platform in a seeded, simulated world and judges what it did.
//!
//! `scenarios → world → record → report`: [`run`] plays one seed, `sweep` many, and the command line in `cli` shows
//! them. The world exists only when built with `--cfg madsim`; `cargo sim` does that.

#![cfg(madsim)]

pub mod bugs;
pub mod cli;
mod determinism;
pub mod report;
pub mod run;
pub mod samples;
pub mod strategies;
pub mod sweep;
pub mod verdicts;
pub mod world;
