//! Postgres, told by a pool that knows one answer per table.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use checkers::collect::{CollectError, tables};
use checkers::snapshot::{GateEpochRow, OutboxRow, TransitionRow};
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};

use crate::now;

/// The tables that are read, with the columns that are asked for and one row each.
fn answer(table: &str) -> (&'static str, Vec<SqlValue>) {
    let text = |word: &str| SqlValue::from(word);
    match table {
        "inventory" => ("sku on_hand", vec![text("console"), 2.into()]),
        "inventory_buckets" => ("sku bucket on_hand", vec![text("console"), 7.into(), 1.into()]),
        "stock_ledger" => ("sku kind reference delta", vec![text("console"), text("sold"), text("ord_1"), (-1).into()]),
        "orders" => (
            "order_id shopper_id sku quantity amount_cents status line_count",
            vec![text("ord_1"), text("ann"), text("console"), 1.into(), 800.into(), text("confirmed"), 2.into()],
        ),
        "order_lines" => {
            ("order_id sku quantity amount_cents", vec![text("ord_1"), text("lamp"), 1.into(), 300.into()])
        }
        "order_transitions" => {
            ("order_id seq from_status to_status", vec![text("ord_1"), 1.into(), SqlValue::Null, text("placed")])
        }
        "payment_intents" => ("order_id amount_cents status", vec![text("ord_1"), 500.into(), text("captured")]),
        "outbox" => (
            "seq event_id event_key kind published",
            vec![1.into(), text("ord_1:order_confirmed"), text("ord_1"), text("order_confirmed"), true.into()],
        ),
        "consumed_events" => ("consumer event_id", vec![text("analytics"), text("ord_1:order_confirmed")]),
        "notifications" => ("event_id order_id", vec![text("ord_1:order_confirmed"), text("ord_1")]),
        "sales_by_sku" => (
            "sku orders units revenue_cents cancelled",
            vec![text("console"), 1.into(), 1.into(), 500.into(), 0.into()],
        ),
        "shipments" => ("order_id sku quantity", vec![text("ord_1"), text("console"), 1.into()]),
        "gate_epoch" => ("epoch state", vec![4.into(), text("open")]),
        _ => panic!("nobody should ask for {table}"),
    }
}

/// What was done to the database.
type Log = Arc<Mutex<Vec<String>>>;

struct Pool {
    log: Log,
    failing: Option<&'static str>,
}

struct Transaction {
    log: Log,
    failing: Option<&'static str>,
}

#[async_trait]
impl SqlPool for Pool {
    async fn query(&self, sql: &str, _params: &[SqlValue]) -> Result<Rows, SqlError> {
        panic!("outside the snapshot: {sql}");
    }

    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        self.log.lock().unwrap().push(format!("{isolation:?}"));
        Ok(Box::new(Transaction { log: Arc::clone(&self.log), failing: self.failing }))
    }
}

#[async_trait]
impl SqlTransaction for Transaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        assert!(params.is_empty());
        let statement: String = sql.lines().filter(|line| !line.starts_with("--")).collect();
        let table = statement.split(" FROM ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        if self.failing == Some(table.as_str()) {
            return Err(SqlError::ConnectionLost);
        }
        let (columns, row) = answer(&table);
        self.log.lock().unwrap().push(table);
        let columns = columns.split(' ').map(Arc::from).collect();
        Ok(Rows { columns, rows: vec![row], affected: 1 })
    }

    async fn commit(self: Box<Self>) -> Result<(), SqlError> {
        panic!("an audit has nothing to commit");
    }

    async fn rollback(self: Box<Self>) -> Result<(), SqlError> {
        self.log.lock().unwrap().push("rollback".to_owned());
        Ok(())
    }
}

#[test]
fn every_table_is_read_in_one_snapshot() {
    let log = Log::default();
    let read = now(tables(&Pool { log: Arc::clone(&log), failing: None })).unwrap();
    let log = log.lock().unwrap();
    assert_eq!((log.first().unwrap().as_str(), log.last().unwrap().as_str()), ("RepeatableRead", "rollback"));
    assert_eq!(log.len(), 15);
    assert_eq!(read.on_hand()["console"], 3);
    assert_eq!(read.orders[0].amount_cents, 800);
    let lines = &read.lines_by_order()["ord_1"];
    let lines: Vec<_> = lines.iter().map(|line| (line.sku, line.amount_cents)).collect();
    assert_eq!(lines, [("console", 500), ("lamp", 300)]);
    assert_eq!(read.ledger[0].delta, -1);
    assert_eq!(read.sales[0].revenue_cents, 500);
    assert_eq!(read.gate_epoch, Some(GateEpochRow { epoch: 4, open: true }));
    let (order_id, to_status) = ("ord_1".to_owned(), "placed".to_owned());
    assert_eq!(read.transitions, [TransitionRow { order_id, seq: 1, from_status: None, to_status }]);
    let (event_id, event_key) = ("ord_1:order_confirmed".to_owned(), "ord_1".to_owned());
    let kind = "order_confirmed".to_owned();
    assert_eq!(read.outbox, [OutboxRow { seq: 1, event_id, event_key, kind, published: true }]);
}

#[test]
fn a_table_that_cannot_be_read_is_an_error_and_not_an_empty_table() {
    let failed = now(tables(&Pool { log: Log::default(), failing: Some("shipments") }));
    assert!(matches!(failed, Err(CollectError::Sql(SqlError::ConnectionLost))));
}
