//! Reads what a committed row says.

use checkers::history::{Consumer, EventKind, History, Movement, OrderEvent, Status};
use postgres_engine::{ChangeOp, RowChange, Value};

/// The event of a committed change of a row; tables that no checker follows have none.
pub(super) fn decode(history: &mut History, change: &RowChange) -> Option<EventKind> {
    match &*change.table {
        "orders" => order(history, change),
        "order_lines" => order_line(history, change),
        "stock_ledger" => ledger(history, change),
        "inventory" | "inventory_buckets" => balance(history, change),
        "outbox" => outbox(history, change),
        "notifications" => notification(history, change),
        "shipments" => shipment(history, change),
        "sales_by_sku" => sales(history, change),
        _ => None,
    }
}

/// The consumer whose effect a committed row is the record of.
pub(super) fn effect_of(change: &RowChange) -> Option<&str> {
    (&*change.table == "consumed_events").then(|| text(change, "consumer"))
}

/// Whether the gate is open after a change of its fence; `None` for every other change.
pub(super) fn gate_opened(change: &RowChange) -> Option<bool> {
    (&*change.table == "gate_epoch").then(|| text(change, "state") == "open")
}

fn text<'a>(change: &'a RowChange, column: &str) -> &'a str {
    match change.new_value(column) {
        Some(Value::Text(text)) => text,
        other => panic!("{}.{column} is no text: {other:?}", change.table),
    }
}

fn int(change: &RowChange, column: &str) -> i64 {
    match change.new_value(column) {
        Some(Value::Int(value)) => *value,
        other => panic!("{}.{column} is no integer: {other:?}", change.table),
    }
}

fn count(change: &RowChange, column: &str) -> u32 {
    u32::try_from(int(change, column)).unwrap_or(u32::MAX)
}

fn status(value: &Value) -> Status {
    let Value::Text(word) = value else { panic!("orders.status is no text: {value:?}") };
    Status::parse(word).unwrap_or_else(|| panic!("orders.status is {word:?}"))
}

fn order(history: &mut History, change: &RowChange) -> Option<EventKind> {
    if change.op == ChangeOp::Delete {
        return match change.old_value("order_id") {
            Some(Value::Text(order_id)) => Some(EventKind::OrderRemoved { order: history.order(order_id) }),
            other => panic!("a deleted order has no id: {other:?}"),
        };
    }
    let from = change.old_value("status").map(status);
    let to = status(change.new_value("status")?);
    if from == Some(to) {
        return None;
    }
    Some(EventKind::OrderMoved {
        order: history.order(text(change, "order_id")),
        sku: history.sku(text(change, "sku")),
        from,
        to,
        quantity: count(change, "quantity"),
        amount_cents: int(change, "amount_cents"),
    })
}

fn order_line(history: &mut History, change: &RowChange) -> Option<EventKind> {
    Some(EventKind::LineWritten {
        order: history.order(text(change, "order_id")),
        sku: history.sku(text(change, "sku")),
        quantity: count(change, "quantity"),
    })
}

fn ledger(history: &mut History, change: &RowChange) -> Option<EventKind> {
    let sku = history.sku(text(change, "sku"));
    let delta = int(change, "delta");
    let movement = match text(change, "kind") {
        "stocked" => return Some(EventKind::Stocked { sku, units: delta }),
        "sold" => Movement::Sold,
        "returned" => Movement::Returned,
        other => panic!("stock_ledger.kind is {other:?}"),
    };
    Some(EventKind::StockMoved { sku, order: history.order(text(change, "reference")), movement, delta })
}

fn balance(history: &mut History, change: &RowChange) -> Option<EventKind> {
    let bucket = match change.new_value("bucket") {
        Some(Value::Int(bucket)) => Some(u16::try_from(*bucket).expect("buckets are few")),
        _ => None,
    };
    Some(EventKind::BalanceSet { sku: history.sku(text(change, "sku")), bucket, on_hand: int(change, "on_hand") })
}

fn outbox(history: &mut History, change: &RowChange) -> Option<EventKind> {
    if change.op != ChangeOp::Insert {
        return None;
    }
    let event = OrderEvent::parse(text(change, "kind"))?;
    Some(EventKind::OutboxWritten { order: history.order(text(change, "event_key")), event })
}

fn notification(history: &mut History, change: &RowChange) -> Option<EventKind> {
    let (order_id, event) = OrderEvent::split_id(text(change, "event_id"))?;
    Some(EventKind::EffectApplied {
        consumer: Consumer::Notification,
        order: history.order(order_id),
        event,
        sku: None,
    })
}

fn shipment(history: &mut History, change: &RowChange) -> Option<EventKind> {
    Some(EventKind::EffectApplied {
        consumer: Consumer::Warehouse,
        order: history.order(text(change, "order_id")),
        event: OrderEvent::Confirmed,
        sku: Some(history.sku(text(change, "sku"))),
    })
}

fn sales(history: &mut History, change: &RowChange) -> Option<EventKind> {
    Some(EventKind::SalesSet {
        sku: history.sku(text(change, "sku")),
        orders: count(change, "orders"),
        cancelled: count(change, "cancelled"),
        units: int(change, "units"),
    })
}
