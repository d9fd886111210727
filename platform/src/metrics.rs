//! The names of everything the platform counts, and the registry that holds the counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Declares the counters: a variant, its exposed name and its help text.
macro_rules! counters {
    ($($variant:ident = $name:literal, $help:literal;)+) => {
        /// Something the platform counts. Counts only go up.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Counter {
            $(#[doc = $help] $variant),+
        }
        impl Counter {
            /// Every counter.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// The exposed name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The help text.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),+ }
            }
        }
    };
}

counters! {
    CheckoutsAdmitted = "checkouts_admitted_total", "Checkouts that passed the token bucket of their SKU.";
    CheckoutsLimited = "checkouts_limited_total", "Checkouts answered 429 at the token bucket.";
    LaneLimited = "lane_limited_total", "Checkouts answered 429 because their lane was full.";
    HoldsTaken = "holds_taken_total", "Holds newly taken at the gate.";
    HoldsRepeated = "holds_repeated_total", "Reservations that found their own hold.";
    HoldsConfirmed = "holds_confirmed_total", "Holds turned into sold units.";
    HoldsReleased = "holds_released_total", "Holds given back by their saga or by compensation.";
    HoldsReaped = "holds_reaped_total", "Expired holds given back by the reaper.";
    HoldsRenewed = "holds_renewed_total", "Expired holds kept because their order was still at work.";
    SoldOutAtGate = "sold_out_at_gate_total", "Reservations refused for lack of units.";
    StaleEpochRefused = "stale_epoch_refused_total", "Scripts refused because the epoch had moved on.";
    GateRebuilds = "gate_rebuilds_total", "Times the counters were rebuilt from Postgres.";
    GateLost = "gate_lost_total", "Times a connection to Redis was lost or timed out.";
    LeaksRepaired = "leaks_repaired_total", "Times a standing leak made the counters be rebuilt.";
    DegradedCheckouts = "degraded_checkouts_total", "Checkouts taken on Postgres alone.";
    DegradedLimited = "degraded_limited_total", "Checkouts refused by the limit that holds while Redis is away.";
    OrdersPlaced = "orders_placed_total", "Orders written down before money moved.";
    OrdersConfirmed = "orders_confirmed_total", "Orders committed.";
    CommitConflicts = "commit_conflicts_total", "Commits tried again after a lost race, a deadlock or a timeout.";
    CommitUnknown = "commit_unknown_total", "COMMITs whose answer was lost.";
    CommitSoldOut = "commit_sold_out_total", "Commits refused by Postgres for lack of units.";
    CommitBatches = "commit_batches_total", "Transactions of the group strategy.";
    BucketSteals = "bucket_steals_total", "Commits that found their bucket empty and took from another.";
    PaymentsCaptured = "payments_captured_total", "Payments whose capture was answered.";
    PaymentsDeclined = "payments_declined_total", "Payments the card gateway declined.";
    PaymentsUnknown = "payments_unknown_total", "Payments whose answer was lost.";
    CompensationClaims = "compensation_claims_total", "Unsettled orders taken up by the compensation worker.";
    CompensationCommits = "compensation_commits_total", "Captured orders the compensation worker committed.";
    CompensationRefunds = "compensation_refunds_total", "Captured orders the compensation worker refunded.";
    CompensationVoids = "compensation_voids_total", "Uncaptured orders the compensation worker ended.";
    WebhooksTaken = "webhooks_taken_total", "Webhooks taken in for the first time.";
    WebhooksDuplicate = "webhooks_duplicate_total", "Webhooks that had been taken in before.";
    EventsPublished = "events_published_total", "Events acknowledged by the log.";
    PublishRetries = "publish_retries_total", "Publications tried again.";
    EventsApplied = "events_applied_total", "Events that took effect at a consumer.";
    EventsDuplicate = "events_duplicate_total", "Events a consumer had applied before.";
    EventsUnreadable = "events_unreadable_total", "Records a consumer could make nothing of and left behind.";
    ConsumerRebalances = "consumer_rebalances_total", "Times a consumer lost its assignment.";
    OrdersCancelled = "orders_cancelled_total", "Confirmed orders cancelled by their shopper.";
    OrdersDelivered = "orders_delivered_total", "Orders that reached their shopper.";
    CatalogLoads = "catalog_loads_total", "Catalog pages asked of Postgres.";
    CatalogLoadsFailed = "catalog_loads_failed_total", "Catalog pages Postgres did not give.";
    CatalogWaited = "catalog_waited_total", "Looks at a page that waited for somebody else to load it.";
    CatalogPagesLate = "catalog_pages_late_total", "Pages that were not cached, because their loader no longer had them to itself.";
    CatalogAbsentServed = "catalog_absent_served_total", "Looks answered by the word that there is no such page.";
    CatalogServedStale = "catalog_served_stale_total", "Catalog pages served past their bound, for want of Postgres.";
    CatalogInvalidations = "catalog_invalidations_total", "Changes of products that took their page out of its freshness.";
    Searches = "searches_total", "Searches and suggestions asked of the search server.";
    SearchesDegraded = "searches_degraded_total", "Searches answered by a plain listing, and suggestions not made.";
    ChangesIndexed = "changes_indexed_total", "Changes of products that took effect in an index.";
    ChangesStale = "changes_stale_total", "Changes of products that an index knew a newer one of.";
    ChangesUnreadable = "changes_unreadable_total", "Records of the change stream that nothing could be made of.";
    PriceChangedRefused = "price_changed_refused_total", "Checkouts refused because the product no longer costs what the shopper was shown.";
    IdempotentReplays = "idempotent_replays_total", "Checkouts answered from an earlier attempt with the same key.";
    IdempotencyConflicts = "idempotency_conflicts_total", "Checkouts refused because their key was in flight or had another payload.";
}

/// The counts of one process. Cloning shares them.
#[derive(Clone)]
pub struct Metrics {
    counts: Arc<[AtomicU64]>,
    leaked_holds: Arc<AtomicI64>,
    index_lag_ms: Arc<AtomicI64>,
    under_way: Arc<AtomicI64>,
}

/// One piece of work that outlives the request or worker it came from, as long as this value lives.
pub struct UnderWay(Arc<AtomicI64>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            counts: Counter::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            leaked_holds: Arc::new(AtomicI64::new(0)),
            index_lag_ms: Arc::new(AtomicI64::new(0)),
            under_way: Arc::new(AtomicI64::new(0)),
        }
    }
}

impl Metrics {
    /// Counts one.
    pub fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// Counts several.
    pub fn add(&self, counter: Counter, by: u64) {
        self.counts[counter as usize].fetch_add(by, Ordering::Relaxed);
    }

    /// The count so far.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.counts[counter as usize].load(Ordering::Relaxed)
    }

    /// Sets the leak gauge: units that neither Postgres nor a live hold accounts for, over all SKUs.
    pub fn set_leaked_holds(&self, units: i64) {
        self.leaked_holds.store(units, Ordering::Relaxed);
    }

    /// Sets how long the oldest change that is known of and not in the index has been waiting, in milliseconds.
    pub fn set_index_lag_ms(&self, lag_ms: i64) {
        self.index_lag_ms.store(lag_ms, Ordering::Relaxed);
    }

    /// The index's lag.
    #[must_use]
    pub fn index_lag_ms(&self) -> i64 {
        self.index_lag_ms.load(Ordering::Relaxed)
    }

    /// The leak gauge.
    #[must_use]
    pub fn leaked_holds(&self) -> i64 {
        self.leaked_holds.load(Ordering::Relaxed)
    }

    /// Notes work that a process told to stop has to wait for, until the returned value is dropped.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(&self.under_way))
    }

    /// Work under way: sagas, and orders that compensation settles.
    #[must_use]
    pub fn under_way(&self) -> i64 {
        self.under_way.load(Ordering::Relaxed)
    }
}
