//! Where events are seen, which decides who has to look at them.

use super::{EventKind, ShopEvent};

/// Where an event is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// By a shopper.
    Shopper,
    /// On the wire behind the edge.
    Edge,
    /// At Redis.
    Gate,
    /// In the commit feed of Postgres.
    Database,
    /// At the log.
    Log,
    /// At the card gateway.
    CardGateway,
    /// By whoever causes the faults.
    Faults,
    /// By somebody who looks at pages or fills a cart.
    Visitor,
    /// At the catalog's database.
    Catalog,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 9] = [
        Self::Shopper,
        Self::Edge,
        Self::Gate,
        Self::Database,
        Self::Log,
        Self::CardGateway,
        Self::Faults,
        Self::Visitor,
        Self::Catalog,
    ];

    /// Its name in explanations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Edge => "edge",
            Self::Gate => "redis",
            Self::Database => "postgres",
            Self::Log => "log",
            Self::CardGateway => "card gateway",
            Self::Faults => "fault",
            Self::Visitor => "visitor",
            Self::Catalog => "catalog",
        }
    }
}

impl EventKind {
    /// Where this is seen. A loss of Redis's data is told by Redis, whoever caused it.
    #[must_use]
    pub fn source(&self) -> Source {
        match self {
            Self::Clicked { .. } | Self::Answered { .. } => Source::Shopper,
            Self::Admitted { .. } => Source::Edge,
            Self::HoldMoved { .. } | Self::CounterRebuilt { .. } | Self::CounterSet { .. } | Self::GateLost => {
                Source::Gate
            }
            Self::Stocked { .. }
            | Self::StockMoved { .. }
            | Self::BalanceSet { .. }
            | Self::OrderMoved { .. }
            | Self::LineWritten { .. }
            | Self::OrderRemoved { .. }
            | Self::OutboxWritten { .. }
            | Self::EffectApplied { .. }
            | Self::SalesSet { .. }
            | Self::Committed => Source::Database,
            Self::Published { .. } => Source::Log,
            Self::CardMoved { .. } => Source::CardGateway,
            Self::FaultBegan { .. } | Self::FaultEnded { .. } | Self::QuietSince => Source::Faults,
            Self::Shop(event) => match event {
                ShopEvent::PageLoaded { .. } | ShopEvent::PageCached { .. } | ShopEvent::ProductSet { .. } => {
                    Source::Catalog
                }
                ShopEvent::RedisDied => Source::Faults,
                ShopEvent::PageRead { .. }
                | ShopEvent::Offered { .. }
                | ShopEvent::LineSet { .. }
                | ShopEvent::Merged { .. }
                | ShopEvent::LineSeen { .. }
                | ShopEvent::CartSeen { .. } => Source::Visitor,
            },
        }
    }
}
