//! What every simulated world shares: the crowd, the engines as machines, faults, the observer, verdicts, records, sweeps
//! and the command line.
//!
//! `scenarios → world → record → report`: a world [`Player`](player::Player) plays one seed, [`sweep`](mod@sweep) many, and
//! [`cli`] shows them. How processes run, how bytes or calls travel between them and who turns the clock is each world's
//! own: `sim` calls services directly on madsim nodes, `wire` carries bytes over turmoil's TCP.

pub mod bugs;
pub mod cli;
mod determinism;
pub mod player;
pub mod report;
pub mod run;
pub mod samples;
pub mod strategies;
pub mod sweep;
pub mod verdicts;
pub mod world;
