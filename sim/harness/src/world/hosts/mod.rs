//! Engines as machines: each host gives an engine a place on the network, service times, crashes and lost answers.

pub mod card_gateway;
pub mod change_stream;
pub mod kafka;
pub mod postgres;
pub mod redis;
pub mod search;
