//! The scenario's own numbers, against which a run is judged.

use crate::targets::Target;

/// What the checkers hold a run to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// The products on sale; [`Sku`](crate::history::Sku) is a place in this list.
    pub skus: Vec<SkuLimits>,
    /// How far the observation of an admission may lag behind the decision, in microseconds: 0 where the wire is seen
    /// in the decision's own instant, the wire's jitter in a live world.
    pub admission_jitter_us: i64,
    /// How long everything may take to settle once shoppers and faults have ended, in microseconds.
    pub drain_limit_us: i64,
    /// The numbers the scenario demands.
    pub targets: Vec<Target>,
}

/// What holds for one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuLimits {
    /// Its id.
    pub sku: String,
    /// Units the scenario puts on sale; none where the ledger alone says it, as in an audit.
    pub stocked: Option<i64>,
    /// What the edge admits; none where it is not limited.
    pub admission: Option<AdmissionLimit>,
    /// Whether demand is so far above supply that every unit must be sold in the end.
    pub must_sell_out: bool,
}

/// A token bucket, over all gateways together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionLimit {
    /// Checkouts per second.
    pub rate_per_s: u32,
    /// Checkouts a full bucket admits at once.
    pub burst: u32,
}
