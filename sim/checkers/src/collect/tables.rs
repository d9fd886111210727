//! Reads Postgres: all tables in one snapshot of its own.

use ports::sql::{Isolation, Row, SqlPool, SqlTransaction};

use super::CollectError;
use crate::snapshot::{
    BucketRow, ConsumedRow, GateEpochRow, InventoryRow, LedgerRow, NotificationRow, OrderLineRow, OrderRow, OutboxRow,
    PaymentIntentRow, SalesRow, ShipmentRow, Tables, TransitionRow,
};

/// Reads every table the checkers look at, in one REPEATABLE READ transaction, so that they fit together even while
/// others write.
///
/// # Errors
/// The first error of the database; nothing was changed then.
pub async fn tables(sql: &dyn SqlPool) -> Result<Tables, CollectError> {
    let mut transaction = sql.begin(Isolation::RepeatableRead).await?;
    let tables = read(&mut *transaction).await?;
    transaction.rollback().await?;
    Ok(tables)
}

async fn read(from: &mut dyn SqlTransaction) -> Result<Tables, CollectError> {
    Ok(Tables {
        inventory: rows(from, include_str!("../../sql/inventory.sql"), inventory).await?,
        buckets: rows(from, include_str!("../../sql/buckets.sql"), bucket).await?,
        ledger: rows(from, include_str!("../../sql/ledger.sql"), ledger).await?,
        orders: rows(from, include_str!("../../sql/orders.sql"), order).await?,
        order_lines: rows(from, include_str!("../../sql/order_lines.sql"), order_line).await?,
        transitions: rows(from, include_str!("../../sql/transitions.sql"), transition).await?,
        payment_intents: rows(from, include_str!("../../sql/payment_intents.sql"), payment_intent).await?,
        outbox: rows(from, include_str!("../../sql/outbox.sql"), outbox).await?,
        consumed: rows(from, include_str!("../../sql/consumed_events.sql"), consumed).await?,
        notifications: rows(from, include_str!("../../sql/notifications.sql"), notification).await?,
        sales: rows(from, include_str!("../../sql/sales_by_sku.sql"), sales).await?,
        shipments: rows(from, include_str!("../../sql/shipments.sql"), shipment).await?,
        gate_epoch: rows(from, include_str!("../../sql/gate_epoch.sql"), gate_epoch).await?.pop(),
    })
}

async fn rows<T>(
    from: &mut dyn SqlTransaction,
    statement: &str,
    read: fn(Row<'_>) -> T,
) -> Result<Vec<T>, CollectError> {
    Ok(from.query(statement, &[]).await?.iter().map(read).collect())
}

fn inventory(row: Row<'_>) -> InventoryRow {
    InventoryRow { sku: row.text("sku").to_owned(), on_hand: row.int("on_hand") }
}

fn bucket(row: Row<'_>) -> BucketRow {
    BucketRow { sku: row.text("sku").to_owned(), bucket: row.int("bucket"), on_hand: row.int("on_hand") }
}

fn ledger(row: Row<'_>) -> LedgerRow {
    LedgerRow {
        sku: row.text("sku").to_owned(),
        kind: row.text("kind").to_owned(),
        reference: row.text("reference").to_owned(),
        delta: row.int("delta"),
    }
}

fn order(row: Row<'_>) -> OrderRow {
    OrderRow {
        order_id: row.text("order_id").to_owned(),
        shopper_id: row.text("shopper_id").to_owned(),
        sku: row.text("sku").to_owned(),
        quantity: row.int("quantity"),
        amount_cents: row.int("amount_cents"),
        status: row.text("status").to_owned(),
        line_count: row.int("line_count"),
    }
}

fn order_line(row: Row<'_>) -> OrderLineRow {
    OrderLineRow {
        order_id: row.text("order_id").to_owned(),
        sku: row.text("sku").to_owned(),
        quantity: row.int("quantity"),
        amount_cents: row.int("amount_cents"),
    }
}

fn transition(row: Row<'_>) -> TransitionRow {
    TransitionRow {
        order_id: row.text("order_id").to_owned(),
        seq: row.int("seq"),
        from_status: row.optional_text("from_status").map(str::to_owned),
        to_status: row.text("to_status").to_owned(),
    }
}

fn payment_intent(row: Row<'_>) -> PaymentIntentRow {
    PaymentIntentRow {
        order_id: row.text("order_id").to_owned(),
        amount_cents: row.int("amount_cents"),
        status: row.text("status").to_owned(),
    }
}

fn outbox(row: Row<'_>) -> OutboxRow {
    OutboxRow {
        seq: row.int("seq"),
        event_id: row.text("event_id").to_owned(),
        event_key: row.text("event_key").to_owned(),
        kind: row.text("kind").to_owned(),
        published: row.bool("published"),
    }
}

fn consumed(row: Row<'_>) -> ConsumedRow {
    ConsumedRow { consumer: row.text("consumer").to_owned(), event_id: row.text("event_id").to_owned() }
}

fn notification(row: Row<'_>) -> NotificationRow {
    NotificationRow { event_id: row.text("event_id").to_owned(), order_id: row.text("order_id").to_owned() }
}

fn sales(row: Row<'_>) -> SalesRow {
    SalesRow {
        sku: row.text("sku").to_owned(),
        orders: row.int("orders"),
        units: row.int("units"),
        revenue_cents: row.int("revenue_cents"),
        cancelled: row.int("cancelled"),
    }
}

fn shipment(row: Row<'_>) -> ShipmentRow {
    ShipmentRow {
        order_id: row.text("order_id").to_owned(),
        sku: row.text("sku").to_owned(),
        quantity: row.int("quantity"),
    }
}

fn gate_epoch(row: Row<'_>) -> GateEpochRow {
    GateEpochRow { epoch: row.int("epoch"), open: row.text("state") == "open" }
}
