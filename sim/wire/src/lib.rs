//! The wire world: the platform's processes over simulated TCP, judged by what every world shares.
//!
//! What `sim` calls directly, this world carries as bytes: real hyper and axum on both ends of HTTP, the real redis-rs
//! client speaking RESP, the SQL and event ports over sockets. Packets, and so resets, cuts and silence, are turmoil-net's;
//! the clock, the order in which machines run and the fate of each packet are decided here.

// In a build for madsim there is no tokio to run on; `cargo sim` builds the other world.
#![cfg(not(madsim))]

pub mod clients;
pub mod hostile;
pub mod run;
pub mod servers;
pub mod world;
