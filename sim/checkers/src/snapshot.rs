//! The stores as they stand at the end of a run: plain rows, whoever read them.
//!
//! A store that was not read is `None`, which is not the same as an empty one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::history::Status;

/// The stores at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, in microseconds since the start of the run.
    pub taken_at_us: i64,
    /// Whether shoppers and faults had ended and everything had had its time to settle. What must only hold once quiet
    /// is not judged otherwise.
    pub quiet: bool,
    /// Postgres.
    pub tables: Tables,
    /// Redis.
    pub gate: Option<Gate>,
    /// All intents of the card gateway.
    pub card_intents: Option<Vec<CardIntent>>,
    /// All records of the order topic, each partition in the order of its offsets.
    pub topic: Option<Vec<TopicRecord>>,
    /// The platform's leak gauge.
    pub leak_gauge: Option<i64>,
    /// Figures that the world measured or modelled, by the name of the [`Figure`](crate::targets::Figure).
    pub figures: BTreeMap<String, i64>,
}

impl Snapshot {
    /// The products of the inventory.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.tables.inventory.iter().map(|row| row.sku.as_str())
    }

    /// Every order id that any store names, repeats included.
    pub fn order_ids(&self) -> impl Iterator<Item = &str> {
        let tables = &self.tables;
        let holds = self.gate.iter().flat_map(|gate| &gate.skus).flat_map(|sku| &sku.holds);
        tables
            .orders
            .iter()
            .map(|row| row.order_id.as_str())
            .chain(tables.ledger.iter().filter(|row| row.kind != "stocked").map(|row| row.reference.as_str()))
            .chain(holds.map(|hold| hold.order_id.as_str()))
            .chain(self.card_intents.iter().flatten().map(|intent| intent.order_id.as_str()))
            .chain(self.topic.iter().flatten().map(|record| record.order_id.as_str()))
    }

    /// What the card gateway says of each order's money; none when it was not read.
    #[must_use]
    pub fn money_by_order(&self) -> Option<BTreeMap<&str, Money>> {
        let mut by_order: BTreeMap<&str, Money> = BTreeMap::new();
        for intent in self.card_intents.as_ref()? {
            let money = by_order.entry(&intent.order_id).or_default();
            money.captured_cents += intent.captured_cents;
            money.refunded_cents += intent.refunded_cents;
            money.captures += u32::from(intent.captured_cents > 0);
        }
        Some(by_order)
    }
}

/// The money of one order, over all its intents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Money {
    /// Taken.
    pub captured_cents: i64,
    /// Given back.
    pub refunded_cents: i64,
    /// Intents that took money.
    pub captures: u32,
}

/// The tables of Postgres, in the order of their primary keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tables {
    /// `inventory`.
    pub inventory: Vec<InventoryRow>,
    /// `inventory_buckets`.
    pub buckets: Vec<BucketRow>,
    /// `stock_ledger`.
    pub ledger: Vec<LedgerRow>,
    /// `orders`.
    pub orders: Vec<OrderRow>,
    /// `order_lines`: the lines of an order after its first.
    #[serde(default)]
    pub order_lines: Vec<OrderLineRow>,
    /// `order_transitions`.
    pub transitions: Vec<TransitionRow>,
    /// `payment_intents`.
    pub payment_intents: Vec<PaymentIntentRow>,
    /// `outbox`.
    pub outbox: Vec<OutboxRow>,
    /// `consumed_events`.
    pub consumed: Vec<ConsumedRow>,
    /// `notifications`.
    pub notifications: Vec<NotificationRow>,
    /// `sales_by_sku`.
    pub sales: Vec<SalesRow>,
    /// `shipments`.
    pub shipments: Vec<ShipmentRow>,
    /// `gate_epoch`; none before the gate was first opened.
    pub gate_epoch: Option<GateEpochRow>,
}

impl Tables {
    /// The balance of each product: its inventory row and its buckets.
    #[must_use]
    pub fn on_hand(&self) -> BTreeMap<&str, i64> {
        let mut on_hand: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &self.inventory {
            *on_hand.entry(&row.sku).or_default() += row.on_hand;
        }
        for row in &self.buckets {
            *on_hand.entry(&row.sku).or_default() += row.on_hand;
        }
        on_hand
    }

    /// The orders by id.
    #[must_use]
    pub fn orders_by_id(&self) -> BTreeMap<&str, &OrderRow> {
        self.orders.iter().map(|row| (row.order_id.as_str(), row)).collect()
    }

    /// The lines of each order, the first one from its own row.
    #[must_use]
    pub fn lines_by_order(&self) -> BTreeMap<&str, Vec<Line<'_>>> {
        let mut by_order: BTreeMap<&str, Vec<Line<'_>>> = self
            .orders
            .iter()
            .map(|row| {
                let first = Line { sku: &row.sku, quantity: row.quantity, amount_cents: row.amount_cents };
                (row.order_id.as_str(), vec![first])
            })
            .collect();
        for row in &self.order_lines {
            if let Some(lines) = by_order.get_mut(row.order_id.as_str()) {
                // What the further lines leave of the order's amount is the first one's.
                lines[0].amount_cents -= row.amount_cents;
                lines.push(Line { sku: &row.sku, quantity: row.quantity, amount_cents: row.amount_cents });
            }
        }
        by_order
    }

    /// The ids of the orders that were ever confirmed.
    #[must_use]
    pub fn ever_confirmed(&self) -> BTreeSet<&str> {
        let confirmed = self.transitions.iter().filter(|row| row.to_status == Status::Confirmed.word());
        confirmed.map(|row| row.order_id.as_str()).collect()
    }

    /// The transitions of each order, by sequence.
    #[must_use]
    pub fn transitions_by_order(&self) -> BTreeMap<&str, Vec<&TransitionRow>> {
        let mut by_order: BTreeMap<&str, Vec<&TransitionRow>> = BTreeMap::new();
        for row in &self.transitions {
            by_order.entry(&row.order_id).or_default().push(row);
        }
        for rows in by_order.values_mut() {
            rows.sort_by_key(|row| row.seq);
        }
        by_order
    }
}

/// What an order has of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The product.
    pub sku: &'a str,
    /// How many.
    pub quantity: i64,
    /// For how much.
    pub amount_cents: i64,
}

/// A row of `inventory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryRow {
    /// The product.
    pub sku: String,
    /// Units outside buckets.
    pub on_hand: i64,
}

/// A row of `inventory_buckets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketRow {
    /// The product.
    pub sku: String,
    /// Its number.
    pub bucket: i64,
    /// Its units.
    pub on_hand: i64,
}

/// A row of `stock_ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The product.
    pub sku: String,
    /// `stocked`, `sold` or `returned`.
    pub kind: String,
    /// The order, or the delivery.
    pub reference: String,
    /// Units, below zero for a sale.
    pub delta: i64,
}

/// A row of `orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// Its id.
    pub order_id: String,
    /// Whose.
    pub shopper_id: String,
    /// Of what; of several products the first.
    pub sku: String,
    /// How many of that.
    pub quantity: i64,
    /// For how much, all lines together.
    pub amount_cents: i64,
    /// Where it stands, as stored.
    pub status: String,
    /// How many lines it has.
    pub line_count: i64,
}

/// A row of `order_lines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLineRow {
    /// The order.
    pub order_id: String,
    /// The product.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// For how much.
    pub amount_cents: i64,
}

impl OrderRow {
    /// Where it stands; none when the stored word is not one of the order's states.
    #[must_use]
    pub fn parsed(&self) -> Option<Status> {
        Status::parse(&self.status)
    }

    /// Whether it stands for its shopper.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.parsed().is_some_and(Status::stands)
    }

    /// Whether somebody still has to bring it to an end.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        self.parsed().is_some_and(Status::is_unsettled)
    }
}

/// A row of `order_transitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionRow {
    /// The order.
    pub order_id: String,
    /// 1 for the first.
    pub seq: i64,
    /// None for the first.
    pub from_status: Option<String>,
    /// As stored.
    pub to_status: String,
}

/// A row of `payment_intents`: what the platform believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentIntentRow {
    /// The order.
    pub order_id: String,
    /// How much.
    pub amount_cents: i64,
    /// `created`, `captured`, `declined`, `voided` or `refunded`.
    pub status: String,
}

/// A row of `outbox`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Order of publication.
    pub seq: i64,
    /// The event's name.
    pub event_id: String,
    /// The order: the partition key.
    pub event_key: String,
    /// What happened.
    pub kind: String,
    /// Whether `published_at` is set.
    pub published: bool,
}

/// A row of `consumed_events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsumedRow {
    /// Who took it.
    pub consumer: String,
    /// Which event.
    pub event_id: String,
}

/// A row of `notifications`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationRow {
    /// The event it tells of.
    pub event_id: String,
    /// Its order.
    pub order_id: String,
}

/// A row of `sales_by_sku`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesRow {
    /// The product.
    pub sku: String,
    /// Orders confirmed.
    pub orders: i64,
    /// Their units.
    pub units: i64,
    /// Their money.
    pub revenue_cents: i64,
    /// Orders cancelled.
    pub cancelled: i64,
}

/// A row of `shipments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentRow {
    /// The order.
    pub order_id: String,
    /// Its product.
    pub sku: String,
    /// How many.
    pub quantity: i64,
}

/// The row of `gate_epoch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateEpochRow {
    /// The epoch scripts must carry.
    pub epoch: i64,
    /// Whether the gate is open.
    pub open: bool,
}

/// What Redis holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The epoch its scripts accept; none when the key is missing.
    pub epoch: Option<i64>,
    /// Per product, in the order they were asked for.
    pub skus: Vec<GateSku>,
}

/// What Redis holds of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSku {
    /// The product.
    pub sku: String,
    /// Units that can be reserved; none when the key is missing.
    pub counter: Option<i64>,
    /// Every reservation in the product's index of live holds.
    pub holds: Vec<HoldRow>,
}

impl GateSku {
    /// Units in live holds.
    #[must_use]
    pub fn held_units(&self) -> i64 {
        self.holds.iter().map(|hold| hold.quantity).sum()
    }
}

/// One live hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// The reservation, which has the order's id.
    pub order_id: String,
    /// The stored state; `None` when the index names a hold whose own key is missing.
    pub state: Option<String>,
    /// Units; 0 when the hold's own key is missing.
    pub quantity: i64,
}

/// A payment intent as the card gateway tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardIntent {
    /// The gateway's id.
    pub intent_id: String,
    /// The order in its metadata.
    pub order_id: String,
    /// What was asked for.
    pub amount_cents: i64,
    /// What was taken.
    pub captured_cents: i64,
    /// What was given back.
    pub refunded_cents: i64,
    /// The gateway's word, such as `requires_capture`, `succeeded` or `canceled`.
    pub status: String,
}

/// A record of the order topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRecord {
    /// The event's name.
    pub event_id: String,
    /// Its order.
    pub order_id: String,
    /// Where it lies.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
}
