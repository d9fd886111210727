//! One thing that was observed from outside the platform, in 32 bytes: a sale makes millions of them.

use super::{
    Answer, CardStep, Consumer, HoldStep, IntentRef, Movement, NoteRef, OrderEvent, OrderRef, ShopEvent, Sku, Status,
};

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// When, in microseconds since the start of the run. Never decreases within one history.
    pub at_us: i64,
    /// What.
    pub kind: EventKind,
}

const _: () = assert!(size_of::<Event>() == 32);

/// What was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A shopper sent a checkout.
    Clicked {
        /// Who.
        shopper: u32,
        /// The idempotency key's number: keys are distinct over all shoppers, and numbered from 0 without gaps.
        key: u32,
        /// What they want.
        sku: Sku,
        /// 1 for the first request under this key.
        attempt: u16,
    },
    /// A shopper's checkout came to an end, as the shopper saw it.
    Answered {
        /// Who.
        shopper: u32,
        /// The key of [`EventKind::Clicked`].
        key: u32,
        /// The end.
        answer: Answer,
        /// Since this very request was sent, in microseconds.
        latency_us: u32,
    },
    /// A checkout passed the edge: seen on the wire between gateway and lane.
    Admitted {
        /// Its product.
        sku: Sku,
    },

    /// The gate moved an order's hold. Replies of scripts that changed nothing (a repeat, a tombstone) are no event.
    HoldMoved {
        /// The reservation, which has the order's id.
        order: OrderRef,
        /// Its product.
        sku: Sku,
        /// The move.
        step: HoldStep,
        /// Units the hold is for.
        quantity: u32,
        /// The counter after the move.
        remaining: i64,
    },
    /// A counter was written by a rebuild from Postgres.
    CounterRebuilt {
        /// The product.
        sku: Sku,
        /// The epoch it opens.
        epoch: u32,
        /// The counter's new value.
        counter: i64,
    },
    /// A counter was written by anything else than a rebuild or a hold's move.
    CounterSet {
        /// The product.
        sku: Sku,
        /// The counter's new value.
        counter: i64,
    },
    /// Redis restarted, failed over or was wiped: counters may have lost writes until they are rebuilt.
    GateLost,

    /// A `stock_ledger` row of kind `stocked`.
    Stocked {
        /// The product.
        sku: Sku,
        /// The row's `delta`.
        units: i64,
    },
    /// A `stock_ledger` row of kind `sold` or `returned`.
    StockMoved {
        /// The product.
        sku: Sku,
        /// The row's `reference`.
        order: OrderRef,
        /// The row's `kind`.
        movement: Movement,
        /// The row's `delta`: below zero for a sale.
        delta: i64,
    },
    /// A row of `inventory` or `inventory_buckets` after its insert or update.
    BalanceSet {
        /// The product.
        sku: Sku,
        /// The bucket's number; none for the `inventory` row itself.
        bucket: Option<u16>,
        /// The row's `on_hand`.
        on_hand: i64,
    },
    /// A row of `orders` after its insert, or after an update of its status.
    OrderMoved {
        /// The order.
        order: OrderRef,
        /// Its product; of several the first.
        sku: Sku,
        /// The status before; none for an insert.
        from: Option<Status>,
        /// The status after.
        to: Status,
        /// The row's `quantity`.
        quantity: u32,
        /// The row's `amount_cents`.
        amount_cents: i64,
    },
    /// A row of `order_lines` after its insert: a further product of an order.
    LineWritten {
        /// The order.
        order: OrderRef,
        /// The product.
        sku: Sku,
        /// The row's `quantity`.
        quantity: u32,
    },
    /// A row of `orders` was deleted, or was gone after a recovery.
    OrderRemoved {
        /// The order.
        order: OrderRef,
    },
    /// A row of `outbox` was inserted.
    OutboxWritten {
        /// The order.
        order: OrderRef,
        /// The row's `kind`.
        event: OrderEvent,
    },
    /// A consumer's effect was committed: a row of `notifications` or of `shipments`.
    EffectApplied {
        /// Whose effect.
        consumer: Consumer,
        /// The order.
        order: OrderRef,
        /// The event it answers; for a shipment, [`OrderEvent::Confirmed`].
        event: OrderEvent,
        /// What a shipment is of.
        sku: Option<Sku>,
    },
    /// A row of `sales_by_sku` after its insert or update: running totals.
    SalesSet {
        /// The product.
        sku: Sku,
        /// The row's `orders`.
        orders: u32,
        /// The row's `cancelled`.
        cancelled: u32,
        /// The row's `units`.
        units: i64,
    },
    /// Ends the rows of one Postgres transaction, all of which carry the time of its commit.
    Committed,

    /// The log took in a record.
    Published {
        /// The order.
        order: OrderRef,
        /// What it says.
        event: OrderEvent,
        /// Where it lies.
        partition: u16,
        /// Its offset there.
        offset: i64,
    },

    /// The card gateway moved money, or the right to it.
    CardMoved {
        /// The order in the intent's metadata.
        order: OrderRef,
        /// The intent.
        intent: IntentRef,
        /// The move.
        step: CardStep,
        /// How much this move moved.
        amount_cents: i64,
    },

    /// A fault struck.
    FaultBegan {
        /// Its description.
        note: NoteRef,
    },
    /// A fault healed.
    FaultEnded {
        /// Its description.
        note: NoteRef,
    },
    /// No further fault and no further shopper will come.
    QuietSince,

    /// Something of the shop around the sale.
    Shop(ShopEvent),
}

impl EventKind {
    /// The order this is about, if it is about one.
    #[must_use]
    pub fn order(&self) -> Option<OrderRef> {
        match self {
            Self::Answered { answer, .. } => answer.order(),
            Self::HoldMoved { order, .. }
            | Self::StockMoved { order, .. }
            | Self::OrderMoved { order, .. }
            | Self::LineWritten { order, .. }
            | Self::OrderRemoved { order }
            | Self::OutboxWritten { order, .. }
            | Self::EffectApplied { order, .. }
            | Self::Published { order, .. }
            | Self::CardMoved { order, .. } => Some(*order),
            Self::Clicked { .. }
            | Self::Admitted { .. }
            | Self::CounterRebuilt { .. }
            | Self::CounterSet { .. }
            | Self::GateLost
            | Self::Stocked { .. }
            | Self::BalanceSet { .. }
            | Self::SalesSet { .. }
            | Self::Committed
            | Self::FaultBegan { .. }
            | Self::FaultEnded { .. }
            | Self::QuietSince
            | Self::Shop(_) => None,
        }
    }
}
