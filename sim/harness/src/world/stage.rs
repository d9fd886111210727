//! The stage: processes as the crowd, the card gateway and faults reach them. Each world has one of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use ports::http_port::ServiceName;
use tokio::sync::oneshot;

use super::network::NodeIndex;
use super::trace::Hop;

/// One process, by its place on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessIndex(pub usize);

/// Who is shown every request as it is sent: its hop, the service called, and the request itself.
pub type Watch = Arc<dyn Fn(Hop, ServiceName, &Request<Bytes>) + Send + Sync>;

/// How an answer gets back to its caller. Dropped without an answer, it tells of a reset connection.
pub trait ReplyTo: Send + 'static {
    /// The answer, as it arrives at the caller.
    fn answer(self, response: Response<Bytes>);

    /// Nothing will ever come, and the connection does not tell.
    fn lose(self);

    /// How long the caller waits before it hangs up; a world without connections to close need not ask.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

impl ReplyTo for oneshot::Sender<Response<Bytes>> {
    fn answer(self, response: Response<Bytes>) {
        // A caller that has stopped waiting has dropped its end, which is its right.
        drop(self.send(response));
    }

    fn lose(self) {}
}

/// What became of a request at the caller's end of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatched {
    /// On its way.
    Sent,
    /// Lost in a partition: nothing will come back.
    Silent,
    /// No replica is up: refused after this many microseconds.
    Refused(i64),
}

/// What only bytes can suffer, on every connection between some clients and some servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disturbance {
    /// Who connects.
    pub clients: Vec<NodeIndex>,
    /// Who is connected to.
    pub servers: Vec<NodeIndex>,
    /// What happens to them.
    pub kind: DisturbanceKind,
}

/// The kinds of disturbances. Ratios are shares of answers, in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// The connection is reset when the answer to a request comes.
    ResetBeforeAnswer(u32),
    /// The answer ends in the middle, with the connection.
    AnswerCut(u32),
    /// Connections that are open now have been forgotten by the server; nothing passes on them.
    HalfOpen,
    /// Nothing passes until it ends, and then everything at once.
    Held,
    /// Each connection is slowed by an amount of its own, up to this many microseconds.
    Reordered(i64),
    /// Answers arrive this many bytes at a time, a millisecond apart.
    SlowReader(usize),
    /// The answer to a COMMIT does not come, nor anything after it on its connection.
    CommitAnswerLost(u32),
}

/// The processes of a world and the links between them. Cloning shares it.
pub trait Stage: Clone + Send + Sync + 'static {
    /// Sends a request from `from` to a replica of `service`, chosen by `draw` among those that are up.
    fn send(
        &self,
        from: NodeIndex,
        service: ServiceName,
        draw: u64,
        request: Request<Bytes>,
        reply_to: impl ReplyTo,
    ) -> Dispatched;

    /// The process of a name.
    fn find(&self, name: &str) -> Option<ProcessIndex>;

    /// Kills a process: every task of it is dropped where it stands.
    fn kill(&self, process: ProcessIndex);

    /// Starts a killed process again, with nothing in memory.
    fn restart(&self, process: ProcessIndex);

    /// Stops a process in the middle of whatever it does, without its noticing.
    fn pause(&self, process: ProcessIndex);

    /// Lets a paused process go on.
    fn resume(&self, process: ProcessIndex);

    /// Kills every process, and starts again only those of `service`: nothing that was under way goes on.
    fn halt_all_but(&self, service: ServiceName);

    /// Cuts the link from `from` to `to`; the other direction stays.
    fn cut(&self, from: NodeIndex, to: NodeIndex);

    /// Slows every message from `from` to `to`.
    fn slow(&self, from: NodeIndex, to: NodeIndex, added_us: i64);

    /// Undoes one [`Stage::cut`] or [`Stage::slow`] of this link.
    fn heal(&self, from: NodeIndex, to: NodeIndex);

    /// Begins a disturbance. Only worlds that carry bytes are asked to: others refuse such a scenario before it begins.
    fn disturb(&self, disturbance: Disturbance) {
        unreachable!("this world has no bytes to disturb: {disturbance:?}");
    }

    /// Ends a disturbance that was begun.
    fn calm(&self, disturbance: &Disturbance) {
        unreachable!("this world has no bytes to disturb: {disturbance:?}");
    }
}
