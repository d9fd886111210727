//! What is asked of either side, and its answers in common words.

use kafka_engine::Acks;

use super::program::{Place, Record};
use crate::Trouble;

/// An answer, or the protocol's number of an error.
pub(super) type Answer<T> = Result<T, i16>;

/// A batch as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Place,
    pub(super) records: Vec<Record>,
    pub(super) acks: Acks,
    /// Which producer's it is, in the order in which they began, and the sequence of its first record.
    pub(super) stamp: Option<(usize, i32)>,
}

/// Engine or server. Members are numbered from 0; joining is not the same on both and not part of this.
pub(super) trait Side {
    /// A producer id for the next producer.
    fn new_producer(&mut self) -> Result<(), Trouble>;
    /// The offset of the first record; `None` when it is not told.
    fn produce(&mut self, sent: &Sent) -> Result<Answer<Option<i64>>, Trouble>;
    /// Records from an offset on, each with its own.
    fn fetch(&mut self, at: Place, offset: i64, max: usize) -> Result<Answer<Vec<(i64, Record)>>, Trouble>;
    /// The first offset and the next one.
    fn bounds(&mut self, at: Place) -> Result<Answer<(i64, i64)>, Trouble>;
    fn heartbeat(&mut self, group: usize, member: usize, generation: i32) -> Result<Answer<()>, Trouble>;
    fn leave(&mut self, group: usize, member: usize) -> Result<Answer<()>, Trouble>;
    fn commit(
        &mut self,
        group: usize,
        member: usize,
        generation: i32,
        offsets: &[(Place, i64)],
    ) -> Result<Answer<()>, Trouble>;
    fn committed(&mut self, group: usize, at: Place) -> Result<Answer<Option<i64>>, Trouble>;
    /// How many members a group has, and whether it rebalances.
    fn describe(&mut self, group: usize) -> Result<(usize, bool), Trouble>;
}
