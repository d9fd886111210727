//! The small names by which events refer to orders, products, payment intents and notes, and the names of order events.

/// An order, by its number in [`History`](super::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderRef(pub u32);

/// A product, by its place in [`Limits::skus`](crate::Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sku(pub u16);

/// A payment intent of the card gateway, by its number in [`History`](super::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentRef(pub u32);

/// A line of text, such as a fault's description, by its number in [`History`](super::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteRef(pub u32);

/// What an event on the log says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderEvent {
    /// Paid and committed.
    Confirmed,
    /// Ended with its money given back.
    Refunded,
    /// Cancelled after it was confirmed.
    Cancelled,
    /// Handed to the carrier.
    Shipped,
    /// With the shopper.
    Delivered,
}

impl OrderEvent {
    /// Every kind of event.
    pub const ALL: [Self; 5] = [Self::Confirmed, Self::Refunded, Self::Cancelled, Self::Shipped, Self::Delivered];

    /// The word in `outbox.kind`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "order_confirmed",
            Self::Refunded => "order_refunded",
            Self::Cancelled => "order_cancelled",
            Self::Shipped => "order_shipped",
            Self::Delivered => "order_delivered",
        }
    }

    /// The kind of a stored word, if it is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }

    /// The order and the kind in an event id, which has the form `<order id>:<kind>`.
    #[must_use]
    pub fn split_id(event_id: &str) -> Option<(&str, Self)> {
        let (order, word) = event_id.rsplit_once(':')?;
        Some((order, Self::parse(word)?))
    }

    pub(crate) fn bit(self) -> u8 {
        1 << (self as u8)
    }
}
