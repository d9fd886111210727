//! How a checkout ended for its shopper.

use super::OrderRef;

/// How a checkout ended for its shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 201: paid and committed.
    Won {
        /// The order.
        order: OrderRef,
    },
    /// 202: to be asked for later. The order may not exist, because the edge gives this answer when a lane gave none.
    Pending {
        /// The order.
        order: OrderRef,
    },
    /// 409 `sold-out`.
    SoldOut,
    /// 429.
    Limited,
    /// 402: the card was declined and the order has failed.
    Declined {
        /// The order.
        order: OrderRef,
    },
    /// 409 `order-not-fulfilled`: ended without goods.
    Ended {
        /// The order.
        order: OrderRef,
    },
    /// 409 `request-in-flight`.
    InFlight,
    /// 422 `idempotency-key-reused`.
    KeyReused,
    /// 503 `temporarily-unavailable`.
    Unavailable,
    /// Any other 4xx.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// Any other 5xx.
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// The connection ended before an answer came.
    Reset,
    /// The shopper gave up waiting.
    TimedOut,
    /// 409 `price-changed`: nothing was bought, because it no longer costs what the shopper was shown.
    PriceChanged {
        /// What one costs now.
        price_cents: u32,
    },
}

impl Answer {
    /// The order the answer names.
    #[must_use]
    pub fn order(&self) -> Option<OrderRef> {
        match self {
            Self::Won { order } | Self::Pending { order } | Self::Declined { order } | Self::Ended { order } => {
                Some(*order)
            }
            Self::SoldOut
            | Self::Limited
            | Self::InFlight
            | Self::KeyReused
            | Self::Unavailable
            | Self::Rejected { .. }
            | Self::Failed { .. }
            | Self::Reset
            | Self::TimedOut
            | Self::PriceChanged { .. } => None,
        }
    }
}
