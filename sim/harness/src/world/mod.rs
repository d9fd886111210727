//! What a simulated world is made of, whatever runtime turns its clock: engines as machines, a crowd in front, faults from
//! the side, and an observer over all.
//!
//! Everything here happens in virtual time on one thread. Two runs of one seed are equal byte for byte, because every
//! draw comes from a ChaCha stream of the seed and every wait from the simulated clock.

pub mod agenda;
pub mod crowd;
pub mod faults;
pub mod hosts;
pub mod log_client;
pub mod network;
pub mod observer;
pub mod plan;
pub mod settings;
pub mod shop;
pub mod snapshot;
pub mod stage;
pub mod station;
pub mod tally;
pub mod time;
pub mod trace;
