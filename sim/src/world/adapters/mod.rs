//! The platform's ports on this world: what crosses them goes over the simulated network to an engine's host.

pub mod events;
pub mod http;
pub mod redis;
pub mod sql;
