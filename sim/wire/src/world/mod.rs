//! Machines and what lies between them: runtimes that are run in turn, processes that die and restart, packets on their way.

pub mod build;
pub mod disturbances;
pub mod fabric;
pub mod machine;
pub mod packets;
pub mod process;
