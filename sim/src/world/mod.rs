//! The madsim world: the platform's processes on nodes that die and restart, and its ports over a simulated network.
//!
//! Crowd, engines, faults and the observer are those of every world, in `harness`.

pub mod adapters;
pub mod build;
mod deliveries;
pub mod discovery;
pub mod process;
