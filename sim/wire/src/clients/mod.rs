//! The platform's ports on this world: what crosses them goes over simulated TCP.

pub mod events;
pub mod http;
pub mod redis;
pub mod sql;
