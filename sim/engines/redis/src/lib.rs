//! A sans-IO Redis 7: data types, expiry, Lua scripts, persistence and failover, single-threaded and deterministic.
//!
//! The engine is a state machine: a command and the time go in, an answer comes out. It reads no clock, draws no
//! random number and opens no socket. What it implements it implements as Redis 7.0 does, error texts included;
//! what it does not, it refuses by name: `ERR unsupported by this engine: …`.
//!
//! Map, along the way of one command:
//! - `engine` is [`Redis`]: connections, dispatch, crash and failover.
//! - `commands` holds one file per family and the table that names them all.
//! - `lua` runs scripts: sandbox, conversions, `cjson`, Redis's own `math.random`.
//! - `keyspace` holds keys, deadlines and watches; every change to it is recorded.
//! - `value` holds the four types of value.
//! - `persistence` and `replication` say how far the disk and the replica have got, and so what is lost.
//! - `observe` shows the state to a checker without touching it.

#![forbid(unsafe_code)]

mod client;
mod commands;
mod config;
mod engine;
mod errors;
mod keyspace;
mod lua;
mod number;
mod observe;
mod persistence;
mod replication;
mod reply;
mod server;
mod value;

pub use client::ClientId;
pub use config::{Config, Persistence, ReplicaConfig};
pub use engine::Redis;
pub use reply::Reply;
