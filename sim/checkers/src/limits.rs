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
    /// What holds for the shop around the sale; none where there is no shop.
    pub shop: Option<ShopLimits>,
}

/// What holds for pages and carts, all in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopLimits {
    /// How old a page may be while nothing is broken.
    pub bound_us: i64,
    /// How long it may be believed that there is no such page.
    pub absent_us: i64,
    /// How long a page is fresh at least.
    pub fresh_us: i64,
    /// How long after the statement that reads a page its age may begin to count.
    pub load_us: i64,
    /// After a fault, how long it may take until all is as it was.
    pub recovery_us: i64,
    /// How far back a crash of Redis may reach; none when it may lose everything.
    pub redis_loses_us: Option<i64>,
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
