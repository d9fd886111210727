//! What is known of an operation's effect after its answer, or the lack of one.

/// Whether an operation took effect. `Unknown` is a value of its own: treating it as failure is how a captured payment
/// gets lost, and treating it as success is how a unit is sold twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The effect is there.
    Applied,
    /// The effect is not there and will not appear later.
    NotApplied,
    /// The request may have reached the server; only reading back can tell.
    Unknown,
}
