//! A model of the tables fulfilment uses: it knows the platform's statements by name and does what each says in a few
//! lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use platform::messages::{OrderEvent, OrderView};
use platform::texts::{TextId, Texts};
use ports::sql::{Rows, SqlValue};

/// An outbox row.
#[derive(Clone)]
struct Unsent {
    event_id: String,
    key: String,
    payload: String,
    published: bool,
}

/// What the tables hold.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    outbox: Vec<Unsent>,
    consumed: Vec<(String, String)>,
    /// Events whose message was written.
    pub(crate) notified: Vec<String>,
    /// Orders and units per SKU.
    pub(crate) sold: BTreeMap<String, (i64, i64)>,
    /// Orders a parcel was asked for.
    pub(crate) parcels: Vec<String>,
    pub(crate) orders: BTreeMap<String, (OrderView, i64)>,
    /// Each move: the order, from, to.
    pub(crate) moves: Vec<(String, String, String)>,
}

impl Tables {
    pub(crate) fn put_event(&mut self, event: &OrderEvent) {
        self.outbox.push(Unsent {
            event_id: event.event_id.clone(),
            key: event.order.order_id.clone(),
            payload: serde_json::to_string(event).unwrap(),
            published: false,
        });
    }

    pub(crate) fn unpublished(&self) -> usize {
        self.outbox.iter().filter(|row| !row.published).count()
    }

    pub(crate) fn outbox_ids(&self) -> Vec<&str> {
        self.outbox.iter().map(|row| &*row.event_id).collect()
    }
}

type Statement = fn(&mut Tables, &[SqlValue]) -> Rows;

const STATEMENTS: &[(TextId, Statement)] = &[
    (TextId::HEALTH_READY, |_, _| rows(&["ready"], vec![vec![1.into()]])),
    (TextId::OUTBOX_NEXT, outbox_next),
    (TextId::OUTBOX_MARK_PUBLISHED, outbox_mark_published),
    (TextId::OUTBOX_APPEND, outbox_append),
    (TextId::CONSUMED_RECORD, consumed_record),
    (TextId::NOTIFICATION_SEND, notification_send),
    (TextId::ANALYTICS_ADD, analytics_add),
    (TextId::WAREHOUSE_REQUEST, warehouse_request),
    (TextId::WAREHOUSE_DUE, warehouse_due),
    (TextId::ORDERS_MOVE, orders_move),
    (TextId::ORDERS_LOCK_OWN, orders_lock_own),
    (TextId::ORDERS_CANCEL, orders_cancel),
];

/// Does what the statement says.
pub(crate) fn execute(tables: &mut Tables, sql: &str, params: &[SqlValue]) -> Rows {
    let texts = Texts::embedded();
    let (_, statement) =
        STATEMENTS.iter().find(|(id, _)| texts.get(*id) == sql).unwrap_or_else(|| panic!("no model of: {sql}"));
    statement(tables, params)
}

fn rows(columns: &[&str], rows: Vec<Vec<SqlValue>>) -> Rows {
    Rows { columns: columns.iter().map(|name| Arc::from(*name)).collect(), affected: rows.len() as u64, rows }
}

fn text(value: &SqlValue) -> String {
    let SqlValue::Text(text) = value else { panic!("no text: {value:?}") };
    text.to_string()
}

fn texts(value: &SqlValue) -> Vec<String> {
    let SqlValue::TextArray(texts) = value else { panic!("no text[]: {value:?}") };
    texts.iter().map(ToString::to_string).collect()
}

fn ints(value: &SqlValue) -> &[i64] {
    let SqlValue::IntArray(ints) = value else { panic!("no bigint[]: {value:?}") };
    ints
}

fn time(value: &SqlValue) -> i64 {
    let SqlValue::Timestamp(time) = value else { panic!("no timestamptz: {value:?}") };
    *time
}

fn outbox_next(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let SqlValue::Int(limit) = params[1] else { panic!("no limit: {params:?}") };
    let unpublished = tables.outbox.iter().enumerate().filter(|(_, row)| !row.published);
    let found = unpublished.take(usize::try_from(limit).unwrap()).map(|(seq, row)| {
        let seq = i64::try_from(seq).unwrap();
        vec![
            seq.into(),
            row.event_id.as_str().into(),
            row.key.as_str().into(),
            SqlValue::Json(row.payload.as_str().into()),
        ]
    });
    rows(&["seq", "event_id", "event_key", "payload"], found.collect())
}

fn outbox_mark_published(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    for seq in ints(&params[0]) {
        tables.outbox[usize::try_from(*seq).unwrap()].published = true;
    }
    Rows::default()
}

fn outbox_append(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let events = texts(&params[0]).into_iter().zip(texts(&params[2])).zip(texts(&params[4]));
    for ((event_id, key), payload) in events {
        if !tables.outbox.iter().any(|row| row.event_id == event_id) {
            tables.outbox.push(Unsent { event_id, key, payload, published: false });
        }
    }
    Rows::default()
}

fn consumed_record(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let consumer = text(&params[0]);
    let ids = texts(&params[1]);
    assert!(ids.is_sorted(), "members that overlap would wait for each other: {ids:?}");
    let mut fresh = Vec::new();
    for id in ids {
        let row = (consumer.clone(), id);
        if !tables.consumed.contains(&row) {
            fresh.push(vec![row.1.as_str().into()]);
            tables.consumed.push(row);
        }
    }
    rows(&["event_id"], fresh)
}

fn notification_send(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    tables.notified.extend(texts(&params[0]));
    Rows::default()
}

fn analytics_add(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    for (index, sku) in texts(&params[0]).into_iter().enumerate() {
        let sold = tables.sold.entry(sku).or_default();
        sold.0 += ints(&params[1])[index];
        sold.1 += ints(&params[2])[index];
    }
    Rows::default()
}

fn warehouse_request(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    tables.parcels.extend(texts(&params[0]));
    Rows::default()
}

const ORDER_COLUMNS: [&str; 9] =
    ["order_id", "shopper_id", "sku", "quantity", "amount_cents", "currency", "status", "reason", "line_count"];

fn order_row(order: &OrderView) -> Vec<SqlValue> {
    vec![
        order.order_id.as_str().into(),
        order.shopper_id.as_str().into(),
        order.sku.as_str().into(),
        order.quantity.into(),
        order.amount_cents.into(),
        order.currency.as_str().into(),
        order.status.as_str().into(),
        order.reason.as_deref().map_or(SqlValue::Null, SqlValue::from),
        1.into(),
    ]
}

fn warehouse_due(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let (status, since) = (text(&params[0]), time(&params[1]));
    let due = tables.orders.values().filter(|(order, updated)| order.status == status && *updated <= since);
    let found = due.map(|(order, _)| order_row(order)).collect();
    rows(&ORDER_COLUMNS, found)
}

fn orders_move(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let (from, to, now) = (text(&params[1]), text(&params[2]), time(&params[3]));
    let mut moved = Vec::new();
    for id in texts(&params[0]) {
        if let Some((order, updated)) = tables.orders.get_mut(&id)
            && order.status == from
        {
            order.status.clone_from(&to);
            *updated = now;
            moved.push(vec![id.as_str().into()]);
            tables.moves.push((id, from.clone(), to.clone()));
        }
    }
    rows(&["order_id"], moved)
}

fn orders_lock_own(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let (id, shopper) = (text(&params[0]), text(&params[1]));
    let own = tables.orders.get(&id).filter(|(order, _)| order.shopper_id == shopper);
    rows(&ORDER_COLUMNS, own.map(|(order, _)| order_row(order)).into_iter().collect())
}

fn orders_cancel(tables: &mut Tables, params: &[SqlValue]) -> Rows {
    let ids = SqlValue::TextArray(vec![text(&params[0]).into()]);
    orders_move(tables, &[ids, params[1].clone(), "cancelling".into(), params[2].clone()])
}
