//! The `sql` port over the Postgres engine, with answers to COMMIT that can be lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use embedded::sql_values;
use platform::texts::Texts;
use ports::clock::Clock;
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use postgres_engine::{Config, PgError, Postgres, Reply, SessionId, Step};
use tokio::sync::oneshot;

type Answer = Result<Reply, PgError>;

/// How a COMMIT may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFault {
    /// It is done, and its answer is lost.
    AnswerLost,
    /// It never arrives, and the connection is lost.
    RequestLost,
}

/// A server, the statements that wait in it, and the faults it is to meet.
pub(crate) struct Database {
    engine: Mutex<Postgres>,
    waiting: Mutex<BTreeMap<SessionId, oneshot::Sender<Answer>>>,
    clock: Arc<dyn Clock>,
    faults: Mutex<Vec<CommitFault>>,
    /// Every COMMIT of a stock movement fails while this is positive.
    failing_commits: AtomicU32,
    statements: AtomicU64,
}

impl Database {
    /// A server with the platform's schema.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let mut engine = Postgres::new(Config { max_connections: 1_000, ..Config::default() });
        let session = engine.connect().unwrap();
        for (name, text) in Texts::embedded().migrations() {
            engine.execute_script(session, text, clock.now_us()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
        engine.disconnect(session, clock.now_us());
        Arc::new(Self {
            engine: Mutex::new(engine),
            waiting: Mutex::default(),
            clock,
            faults: Mutex::default(),
            failing_commits: AtomicU32::new(0),
            statements: AtomicU64::new(0),
        })
    }

    /// The next COMMITs of stock movements meet these faults, one each.
    pub(crate) fn inject(&self, faults: &[CommitFault]) {
        self.faults.lock().unwrap().extend(faults.iter().rev());
    }

    /// The next `count` COMMITs of stock movements do not arrive.
    pub(crate) fn fail_commits(&self, count: u32) {
        self.failing_commits.store(count, Ordering::Relaxed);
    }

    /// Statements so far.
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Runs a statement of the test's own, and reads one integer.
    pub(crate) async fn int(self: &Arc<Self>, sql: &str) -> i64 {
        let rows = Pool(Arc::clone(self)).query(sql, &[]).await.unwrap();
        match &rows.rows[0][0] {
            SqlValue::Int(value) => *value,
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Runs a statement of the test's own, and reads one text.
    pub(crate) async fn text(self: &Arc<Self>, sql: &str) -> String {
        let rows = Pool(Arc::clone(self)).query(sql, &[]).await.unwrap();
        match &rows.rows[0][0] {
            SqlValue::Text(value) => value.to_string(),
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Runs a statement of the test's own.
    pub(crate) async fn run(self: &Arc<Self>, sql: &str) {
        Pool(Arc::clone(self)).query(sql, &[]).await.unwrap();
    }

    fn deliver(&self, engine: &mut Postgres) {
        for (session, answer) in engine.take_completions() {
            if let Some(waiting) = self.waiting.lock().unwrap().remove(&session) {
                drop(waiting.send(answer));
            }
        }
    }

    async fn submit(&self, session: SessionId, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        // Every statement takes a moment, so that tasks interleave.
        tokio::time::sleep(Duration::from_micros(300)).await;
        let values = sql_values::parameters(params);
        let mut answer = {
            let mut engine = self.engine.lock().unwrap();
            let step = engine.submit(session, sql, &values, self.clock.now_us());
            self.deliver(&mut engine);
            match step {
                Step::Done(answer) => return answer.map(sql_values::rows).map_err(|error| refused(sql, error)),
                Step::Blocked => {
                    let (sender, receiver) = oneshot::channel();
                    self.waiting.lock().unwrap().insert(session, sender);
                    receiver
                }
            }
        };
        loop {
            if let Ok(answered) = tokio::time::timeout(Duration::from_millis(50), &mut answer).await {
                return answered.unwrap().map(sql_values::rows).map_err(|error| refused(sql, error));
            }
            let mut engine = self.engine.lock().unwrap();
            engine.advance(self.clock.now_us());
            self.deliver(&mut engine);
        }
    }
}

/// One process's pool.
pub(crate) struct Pool(pub(crate) Arc<Database>);

struct Lease {
    database: Arc<Database>,
    session: SessionId,
}

impl Lease {
    fn new(database: &Arc<Database>) -> Self {
        Self { session: database.engine.lock().unwrap().connect().unwrap(), database: Arc::clone(database) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut engine = self.database.engine.lock().unwrap();
        engine.disconnect(self.session, self.database.clock.now_us());
        self.database.deliver(&mut engine);
    }
}

#[async_trait]
impl SqlPool for Pool {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let lease = Lease::new(&self.0);
        self.0.submit(lease.session, sql, params).await
    }

    async fn begin(&self, _isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let lease = Lease::new(&self.0);
        self.0.submit(lease.session, "BEGIN", &[]).await?;
        Ok(Box::new(Transaction { lease, moves_stock: false }))
    }
}

struct Transaction {
    lease: Lease,
    moves_stock: bool,
}

#[async_trait]
impl SqlTransaction for Transaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.moves_stock |= sql.contains("INTO stock_ledger");
        self.lease.database.submit(self.lease.session, sql, params).await
    }

    async fn commit(self: Box<Self>) -> Result<(), SqlError> {
        let database = &self.lease.database;
        if self.moves_stock {
            let failing = database.failing_commits.load(Ordering::Relaxed);
            if failing > 0 {
                database.failing_commits.store(failing - 1, Ordering::Relaxed);
                return Err(SqlError::ConnectionLost);
            }
            let fault = database.faults.lock().unwrap().pop();
            match fault {
                Some(CommitFault::RequestLost) => return Err(SqlError::ConnectionLost),
                Some(CommitFault::AnswerLost) => {
                    database.submit(self.lease.session, "COMMIT", &[]).await?;
                    return Err(SqlError::ConnectionLost);
                }
                None => {}
            }
        }
        database.submit(self.lease.session, "COMMIT", &[]).await.map(drop)
    }

    async fn rollback(self: Box<Self>) -> Result<(), SqlError> {
        self.lease.database.submit(self.lease.session, "ROLLBACK", &[]).await.map(drop)
    }
}

fn refused(sql: &str, error: PgError) -> SqlError {
    let sqlstate = error.sqlstate.to_string();
    assert!(["40001", "40P01"].contains(&sqlstate.as_str()), "{sqlstate} {}: {sql}", error.message);
    sql_values::refusal(error)
}
