//! The steps that the stores and the card gateway take with an order.

/// What happened to a hold at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldStep {
    /// Newly taken: the counter fell.
    Taken,
    /// Given back, by its saga, by compensation or by the reaper: the counter rose.
    Released,
    /// Became a sale. The counter stays, unless the hold had been released meanwhile: then it falls.
    Confirmed,
    /// A cancelled order's units were put on sale again: the counter rose.
    Restocked,
}

/// An order's entry in the stock ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// Takes the order's units.
    Sold,
    /// Gives a cancelled order's units back.
    Returned,
}

/// A consumer whose effects are rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consumer {
    /// Writes to shoppers.
    Notification,
    /// Requests parcels.
    Warehouse,
}

/// What the card gateway did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardStep {
    /// Reserved the amount on the card.
    Authorized,
    /// Refused the card.
    Declined,
    /// Took the money.
    Captured,
    /// Gave money back.
    Refunded,
    /// Gave up an authorization.
    Canceled,
}
