//! Known bugs: mistakes that this kind of platform is known to make, kept as switches so that the simulator can prove
//! that it finds each of them.
//!
//! Only a simulator build can switch one on: `--cfg madsim`, or the feature `known-bugs` that the wire world asks for. In every
//! other build [`Bugs::has`] is `false` at compile time and the branches behind it vanish.

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownBug {
    /// The gate reads the counter and decrements it in two commands.
    CheckThenDecrement,
    /// The optimistic commit forgets to compare the version it read.
    CommitWithoutVersionTest,
    /// The conditional commit forgets its `on_hand >= n`.
    ConditionalWithoutCondition,
    /// Compensation refunds without asking whether the order was committed after all.
    CompensationRefundsCommitted,
    /// No compensation worker runs.
    CompensationSkipped,
    /// A payment whose answer was lost is tried again under a fresh idempotency key.
    CaptureRetriedUnderNewKey,
    /// Releasing a hold adds its units back without looking whether it was still held.
    HoldReleasedTwice,
    /// After a Redis crash the counters found there are believed.
    CountersTrustedAfterRedisCrash,
    /// The order's event is published before the transaction that creates it commits.
    EventPublishedBeforeCommit,
    /// A consumer applies an event without looking whether it already did.
    ConsumerWithoutDeduplication,
    /// The database client takes the end of its connection for the answer to COMMIT.
    LostConnectionReadAsCommitted,
    /// The database client, when its connection ends at COMMIT, sends COMMIT again over a new one, where it commits nothing.
    CommitSentAgainElsewhere,
    /// A database connection goes back to its pool when its user is gone, with an answer still to come.
    UnreadAnswerLeftInPool,
    /// The log's client goes on using a connection after it gave an answer up, and takes that one for the next.
    LateAnswerTakenForTheNext,
    /// A capture whose connection was reset is taken for one that did nothing, and the payment made anew under fresh keys.
    PaymentMadeAnewAfterReset,
    /// A page of the catalog is cached as if it stayed fresh for as long as it is kept.
    CatalogPageNeverExpires,
    /// That there is no such page is believed for as long as a page is kept.
    AbsentPageNeverExpires,
    /// Whoever finds a page missing loads it, whether or not somebody is at it already.
    CatalogStampede,
    /// A loader writes its page without looking whether it still has the lock.
    PageWrittenWithoutLock,
    /// A page read from the cache counts its age from there.
    PageAgeBeginsAnew,
    /// A page past its bound is refused while its database is away.
    StalePageRefused,
    /// Taking a guest's cart over adds quantities up, and may be done again.
    CartMergeAddsUp,
    /// A line is set by reading the cart and writing all of it back.
    CartWrittenBackWhole,
    /// A checkout does not look at the price that was shown.
    ShownPriceIgnored,
}

impl KnownBug {
    /// Those that every simulated world has.
    pub const ALL: [Self; 10] = [
        Self::CheckThenDecrement,
        Self::CommitWithoutVersionTest,
        Self::ConditionalWithoutCondition,
        Self::CompensationRefundsCommitted,
        Self::CompensationSkipped,
        Self::CaptureRetriedUnderNewKey,
        Self::HoldReleasedTwice,
        Self::CountersTrustedAfterRedisCrash,
        Self::EventPublishedBeforeCommit,
        Self::ConsumerWithoutDeduplication,
    ];

    /// Mistakes of the shop around the sale: only a world with a catalog has them.
    pub const OF_THE_SHOP: [Self; 9] = [
        Self::CatalogPageNeverExpires,
        Self::AbsentPageNeverExpires,
        Self::CatalogStampede,
        Self::PageWrittenWithoutLock,
        Self::PageAgeBeginsAnew,
        Self::StalePageRefused,
        Self::CartMergeAddsUp,
        Self::CartWrittenBackWhole,
        Self::ShownPriceIgnored,
    ];

    /// Mistakes of clients with their connections: only a world that carries bytes has them.
    pub const OF_CONNECTIONS: [Self; 5] = [
        Self::LostConnectionReadAsCommitted,
        Self::CommitSentAgainElsewhere,
        Self::UnreadAnswerLeftInPool,
        Self::LateAnswerTakenForTheNext,
        Self::PaymentMadeAnewAfterReset,
    ];

    /// The name by which scenarios and the command line switch it on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckThenDecrement => "check-then-decrement",
            Self::CommitWithoutVersionTest => "commit-without-version-test",
            Self::ConditionalWithoutCondition => "conditional-without-condition",
            Self::CompensationRefundsCommitted => "compensation-refunds-committed",
            Self::CompensationSkipped => "compensation-skipped",
            Self::CaptureRetriedUnderNewKey => "capture-retried-under-new-key",
            Self::HoldReleasedTwice => "hold-released-twice",
            Self::CountersTrustedAfterRedisCrash => "counters-trusted-after-redis-crash",
            Self::EventPublishedBeforeCommit => "event-published-before-commit",
            Self::ConsumerWithoutDeduplication => "consumer-without-deduplication",
            Self::LostConnectionReadAsCommitted => "lost-connection-read-as-committed",
            Self::CommitSentAgainElsewhere => "commit-sent-again-elsewhere",
            Self::UnreadAnswerLeftInPool => "unread-answer-left-in-pool",
            Self::LateAnswerTakenForTheNext => "late-answer-taken-for-the-next",
            Self::PaymentMadeAnewAfterReset => "payment-made-anew-after-reset",
            Self::CatalogPageNeverExpires => "catalog-page-never-expires",
            Self::AbsentPageNeverExpires => "absent-page-never-expires",
            Self::CatalogStampede => "catalog-stampede",
            Self::PageWrittenWithoutLock => "page-written-without-lock",
            Self::PageAgeBeginsAnew => "page-age-begins-anew",
            Self::StalePageRefused => "stale-page-refused",
            Self::CartMergeAddsUp => "cart-merge-adds-up",
            Self::CartWrittenBackWhole => "cart-written-back-whole",
            Self::ShownPriceIgnored => "shown-price-ignored",
        }
    }

    /// The bug of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::OF_THE_SHOP).chain(Self::OF_CONNECTIONS).find(|bug| bug.name() == name)
    }

    #[cfg(any(madsim, feature = "known-bugs"))]
    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// The bugs that are switched on in one process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bugs {
    #[cfg(any(madsim, feature = "known-bugs"))]
    on: u32,
}

impl Bugs {
    /// The correct platform.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The platform with these bugs.
    #[cfg(any(madsim, feature = "known-bugs"))]
    #[must_use]
    pub fn with(bugs: &[KnownBug]) -> Self {
        Self { on: bugs.iter().fold(0, |on, bug| on | bug.bit()) }
    }

    /// Whether `bug` is switched on.
    #[cfg(any(madsim, feature = "known-bugs"))]
    #[must_use]
    pub fn has(self, bug: KnownBug) -> bool {
        self.on & bug.bit() != 0
    }

    /// Whether `bug` is switched on: never, outside the simulator.
    #[cfg(not(any(madsim, feature = "known-bugs")))]
    #[must_use]
    pub const fn has(self, _bug: KnownBug) -> bool {
        false
    }
}
