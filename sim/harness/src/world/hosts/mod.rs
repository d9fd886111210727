//! Engines as machines: each host gives an engine a place on the network, service times, crashes and lost answers.

/// Whether an engine's server runs, and in which of its lives: connections of another life are void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// It takes connections.
    pub up: bool,
    /// Counts its deaths.
    pub boot: u32,
}

impl Life {
    fn begin() -> tokio::sync::watch::Sender<Self> {
        tokio::sync::watch::Sender::new(Self { up: true, boot: 0 })
    }
}

pub mod card_gateway;
pub mod change_stream;
pub mod kafka;
pub mod postgres;
pub mod redis;
pub mod search;
