//! Where an order stands and which moves are legal: written down here a second time, independent of the platform's own
//! table, so that a mistake there is seen.

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Written down with its payment intent.
    Placed,
    /// Paid, and its stock is committed.
    Confirmed,
    /// Will not be committed; what was taken is being given back.
    Compensating,
    /// Ended without a capture.
    Failed,
    /// Ended with its capture given back.
    Refunded,
    /// Taken up by the warehouse.
    Picking,
    /// With the carrier.
    Shipped,
    /// With the shopper.
    Delivered,
    /// Cancelled by the shopper; the refund is under way.
    Cancelling,
    /// Cancelled: refunded, and its stock returned.
    Cancelled,
}

impl Status {
    /// Every status with its word in `orders.status`.
    const WORDS: [(Self, &'static str); 10] = [
        (Self::Placed, "placed"),
        (Self::Confirmed, "confirmed"),
        (Self::Compensating, "compensating"),
        (Self::Failed, "failed"),
        (Self::Refunded, "refunded"),
        (Self::Picking, "picking"),
        (Self::Shipped, "shipped"),
        (Self::Delivered, "delivered"),
        (Self::Cancelling, "cancelling"),
        (Self::Cancelled, "cancelled"),
    ];

    /// Every status.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::WORDS.into_iter().map(|(status, _)| status)
    }

    /// The word in `orders.status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize].1
    }

    /// The status of a stored word, if it is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(_, known)| *known == word).map(|(status, _)| status)
    }

    /// Where an order in this state may go next.
    #[must_use]
    pub fn successors(self) -> &'static [Self] {
        match self {
            Self::Placed => &[Self::Confirmed, Self::Compensating, Self::Failed],
            Self::Compensating => &[Self::Failed, Self::Refunded],
            Self::Confirmed => &[Self::Picking, Self::Cancelling],
            Self::Picking => &[Self::Shipped, Self::Cancelling],
            Self::Shipped => &[Self::Delivered],
            Self::Cancelling => &[Self::Cancelled],
            Self::Failed | Self::Refunded | Self::Delivered | Self::Cancelled => &[],
        }
    }

    /// Whether the shopper is entitled to the goods and the platform to the money.
    #[must_use]
    pub fn stands(self) -> bool {
        match self {
            Self::Confirmed | Self::Picking | Self::Shipped | Self::Delivered => true,
            Self::Placed | Self::Compensating | Self::Failed | Self::Refunded | Self::Cancelling | Self::Cancelled => {
                false
            }
        }
    }

    /// Whether somebody still has to bring the order to an end.
    #[must_use]
    pub fn is_unsettled(self) -> bool {
        match self {
            Self::Placed | Self::Compensating | Self::Cancelling => true,
            Self::Confirmed
            | Self::Failed
            | Self::Refunded
            | Self::Picking
            | Self::Shipped
            | Self::Delivered
            | Self::Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_its_word() {
        for status in Status::all() {
            assert_eq!(Status::parse(status.word()), Some(status));
        }
        assert_eq!(Status::parse("lost"), None);
    }

    #[test]
    fn nothing_leads_back_to_placed() {
        assert!(Status::all().all(|status| !status.successors().contains(&Status::Placed)));
    }
}
