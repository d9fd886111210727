//! How far the shoppers came, and the outcomes they met.
//!
//! Counting is left to the worlds; fairness between cohorts to `reports`.

use serde::{Deserialize, Serialize};

/// Shoppers and orders by the stage they reached. Each number counts distinct shoppers or orders, not requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    /// Shoppers who arrived.
    pub clicked: u64,
    /// Shoppers whose last answer was 429.
    pub limited: u64,
    /// Shoppers told that it is sold out.
    pub sold_out: u64,
    /// Orders that held units at some time.
    pub reserved: u64,
    /// Orders whose money was captured.
    pub paid: u64,
    /// Orders committed to stock.
    pub committed: u64,
    /// Orders the compensation worker settled, either way.
    pub compensated: u64,
    /// Orders refunded.
    pub refunded: u64,
    /// Orders still open at the end; 0 after a clean drain.
    pub pending: u64,
    /// Shoppers answered with an error that is none of the above.
    pub failed: u64,
    /// Shoppers who gave up waiting and never learned their outcome.
    pub timed_out: u64,
    /// Shoppers whose card was declined.
    pub declined: u64,
    /// Shoppers who left of their own will.
    pub abandoned: u64,
}

impl Funnel {
    /// The stages by name, in the order people read them: how many, and whose latency stands beside it.
    #[must_use]
    pub const fn stages(&self) -> [(&'static str, u64, Option<Outcome>); 13] {
        [
            ("clicked", self.clicked, None),
            ("limited", self.limited, Some(Outcome::Limited)),
            ("sold out", self.sold_out, Some(Outcome::SoldOut)),
            ("declined", self.declined, Some(Outcome::Declined)),
            ("abandoned", self.abandoned, Some(Outcome::Abandoned)),
            ("timed out", self.timed_out, Some(Outcome::TimedOut)),
            ("failed", self.failed, Some(Outcome::Failed)),
            ("reserved", self.reserved, None),
            ("paid", self.paid, None),
            ("committed", self.committed, Some(Outcome::Won)),
            ("compensated", self.compensated, None),
            ("refunded", self.refunded, None),
            ("pending", self.pending, Some(Outcome::Queued)),
        ]
    }
}

/// What a shopper met in the end. Only `TimedOut` and `Failed` count as errors: most of a flash sale is sold out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Holds a committed order.
    Won,
    /// No unit left.
    SoldOut,
    /// Turned away by a limit, to the last retry.
    Limited,
    /// Told to ask again later (202).
    Queued,
    /// The card was declined.
    Declined,
    /// Left.
    Abandoned,
    /// Heard nothing in time; what became of the request is unknown.
    TimedOut,
    /// An error.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order of the enum.
    pub const ALL: [Self; 8] = [
        Self::Won,
        Self::SoldOut,
        Self::Limited,
        Self::Queued,
        Self::Declined,
        Self::Abandoned,
        Self::TimedOut,
        Self::Failed,
    ];

    /// The name in records and scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::SoldOut => "sold-out",
            Self::Limited => "limited",
            Self::Queued => "queued",
            Self::Declined => "declined",
            Self::Abandoned => "abandoned",
            Self::TimedOut => "timed-out",
            Self::Failed => "failed",
        }
    }

    /// Whether it spends the error budget.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::TimedOut | Self::Failed)
    }
}
