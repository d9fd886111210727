//! A database over the model of the tables, whose answers can be made to fail. One transaction at a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use platform::messages::{OrderEvent, OrderView};
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};

use crate::log::Log;
use crate::tables::{Tables, execute};

/// What the next COMMIT, or the next statement, does instead of answering.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// COMMIT happens, its answer is lost.
    AnswerToCommitLost,
    /// COMMIT does not happen, and nobody learns so.
    CommitLost,
    /// The statement is refused when a parameter holds the text.
    RefuseIfPresent { sqlstate: &'static str, text: &'static str },
}

pub(crate) struct Store {
    tables: Arc<Mutex<Tables>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    /// Statements outside transactions so far.
    pub(crate) queries: Mutex<u32>,
    /// Whether such a statement is never answered.
    pub(crate) hangs: AtomicBool,
    /// How many records the log held at each commit that marked events as published.
    pub(crate) log_at_commit: Arc<Mutex<Vec<usize>>>,
    log: Arc<Log>,
}

impl Store {
    pub(crate) fn new(log: Arc<Log>) -> Self {
        Self {
            tables: Arc::default(),
            faults: Arc::default(),
            queries: Mutex::default(),
            hangs: AtomicBool::default(),
            log_at_commit: Arc::default(),
            log,
        }
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.faults.lock().unwrap().push_back(fault);
    }

    pub(crate) fn heal(&self) {
        self.faults.lock().unwrap().clear();
    }

    pub(crate) fn tables(&self) -> Tables {
        self.tables.lock().unwrap().clone()
    }

    pub(crate) fn put_order(&self, order: OrderView) {
        self.tables.lock().unwrap().orders.insert(order.order_id.clone(), (order, 0));
    }

    pub(crate) fn put_event(&self, event: &OrderEvent) {
        self.tables.lock().unwrap().put_event(event);
    }
}

#[async_trait]
impl SqlPool for Store {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        *self.queries.lock().unwrap() += 1;
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(execute(&mut self.tables.lock().unwrap(), sql, params))
    }

    async fn begin(&self, _isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let working = self.tables();
        Ok(Box::new(Transaction {
            working,
            tables: Arc::clone(&self.tables),
            faults: Arc::clone(&self.faults),
            log_at_commit: Arc::clone(&self.log_at_commit),
            log: Arc::clone(&self.log),
        }))
    }
}

struct Transaction {
    working: Tables,
    tables: Arc<Mutex<Tables>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    log_at_commit: Arc<Mutex<Vec<usize>>>,
    log: Arc<Log>,
}

#[async_trait]
impl SqlTransaction for Transaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        // A fault that names a text stays for good: the same values are refused every time.
        for fault in self.faults.lock().unwrap().iter() {
            if let Fault::RefuseIfPresent { sqlstate, text } = fault
                && format!("{params:?}").contains(text)
            {
                return Err(SqlError::Refused {
                    sqlstate: (*sqlstate).into(),
                    message: "refused by the test".into(),
                    constraint: None,
                });
            }
        }
        Ok(execute(&mut self.working, sql, params))
    }

    async fn commit(self: Box<Self>) -> Result<(), SqlError> {
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            match faults.front() {
                Some(Fault::AnswerToCommitLost | Fault::CommitLost) => faults.pop_front(),
                Some(Fault::RefuseIfPresent { .. }) | None => None,
            }
        };
        if !matches!(fault, Some(Fault::CommitLost)) {
            self.log_at_commit.lock().unwrap().push(self.log.len());
            *self.tables.lock().unwrap() = self.working;
        }
        match fault {
            Some(_) => Err(SqlError::ConnectionLost),
            None => Ok(()),
        }
    }

    async fn rollback(self: Box<Self>) -> Result<(), SqlError> {
        Ok(())
    }
}
