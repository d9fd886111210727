//! The order state machine: which states there are and which moves are legal.
//!
//! Pure: the SQL that moves an order names its expected state in its WHERE clause, and the checkers replay every
//! recorded move against [`OrderStatus::may_become`].

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderStatus {
    /// Written down with its payment intent; money may be moving.
    Placed,
    /// Paid, and its stock is committed.
    Confirmed,
    /// Will not be committed; the compensation worker is giving back what was taken.
    Compensating,
    /// Ended without a capture.
    Failed,
    /// Ended with its capture given back.
    Refunded,
    /// The warehouse has taken it up.
    Picking,
    /// Handed to the carrier.
    Shipped,
    /// With the shopper.
    Delivered,
    /// The shopper cancelled a confirmed order; its refund is under way.
    Cancelling,
    /// Cancelled: refunded, and its stock returned.
    Cancelled,
}

impl OrderStatus {
    /// Every status, in the order of the type.
    pub const ALL: [Self; 10] = [
        Self::Placed,
        Self::Confirmed,
        Self::Compensating,
        Self::Failed,
        Self::Refunded,
        Self::Picking,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelling,
        Self::Cancelled,
    ];

    /// The word stored in `orders.status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Compensating => "compensating",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Picking => "picking",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a stored word, if it is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether an order in this state may move to `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Placed, Self::Confirmed | Self::Compensating | Self::Failed)
                | (Self::Compensating, Self::Failed | Self::Refunded)
                | (Self::Confirmed, Self::Picking | Self::Cancelling)
                | (Self::Picking, Self::Shipped | Self::Cancelling)
                | (Self::Shipped, Self::Delivered)
                | (Self::Cancelling, Self::Cancelled)
        )
    }

    /// Whether nothing will move the order any more without a person asking for it.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            Self::Confirmed
            | Self::Failed
            | Self::Refunded
            | Self::Delivered
            | Self::Cancelled
            | Self::Picking
            | Self::Shipped => true,
            Self::Placed | Self::Compensating | Self::Cancelling => false,
        }
    }

    /// Whether the order's units are taken out of stock in this state.
    #[must_use]
    pub fn holds_stock(self) -> bool {
        match self {
            Self::Confirmed | Self::Picking | Self::Shipped | Self::Delivered | Self::Cancelling => true,
            Self::Placed | Self::Compensating | Self::Failed | Self::Refunded | Self::Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_its_word() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(OrderStatus::parse("lost"), None);
    }

    #[test]
    fn an_ended_order_moves_nowhere() {
        for ended in [OrderStatus::Failed, OrderStatus::Refunded, OrderStatus::Delivered, OrderStatus::Cancelled] {
            assert!(OrderStatus::ALL.into_iter().all(|next| !ended.may_become(next)), "{ended:?}");
        }
    }

    #[test]
    fn a_shipped_order_can_no_longer_be_cancelled() {
        assert!(!OrderStatus::Shipped.may_become(OrderStatus::Cancelling));
    }
}
