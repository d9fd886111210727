//! What the server knows of one connection: its name, its protocol version, its open transaction.

use bytes::Bytes;

/// A connection to the server, given by [`crate::Redis::connect`]. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(crate) u64);

/// A command as a transaction queues it.
pub(crate) type QueuedCommand = Vec<Bytes>;

/// An open `MULTI`.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) queue: Vec<QueuedCommand>,
    /// A command was refused while queueing: `EXEC` will give `EXECABORT`.
    pub(crate) is_broken: bool,
}

/// The state of a connection.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) name: Bytes,
    pub(crate) speaks_resp3: bool,
    pub(crate) transaction: Option<Transaction>,
    /// Keys under `WATCH`.
    pub(crate) watched: Vec<Bytes>,
}
