//! A connection out of the pool: one statement within its time, and the way back.

use std::time::Duration;

use ports::sql::{Rows, SqlError, SqlValue};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, Postgres};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, Statement};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::{bind, error, read};

/// How the connection stands between two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is under way and nothing is open: it can go back as it is.
    Idle,
    /// A transaction is open and waits for its next statement.
    Open,
    /// A statement is under way, or nobody knows what became of it.
    Unsettled,
}

/// One connection and its place in the pool.
///
/// Whatever happens to the caller, the connection goes back clean or not at all: an open transaction is rolled back
/// first, and one whose last statement was not answered is closed.
pub(super) struct Lease {
    held: Option<(PoolConnection<Postgres>, OwnedSemaphorePermit)>,
    answer_timeout: Duration,
    /// Whether a transaction is open.
    in_transaction: bool,
    state: State,
}

impl Lease {
    pub(super) fn new(
        connection: PoolConnection<Postgres>,
        place: OwnedSemaphorePermit,
        answer_timeout: Duration,
    ) -> Self {
        Self { held: Some((connection, place)), answer_timeout, in_transaction: false, state: State::Idle }
    }

    /// Runs one prepared statement.
    pub(super) async fn run(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let limit = self.answer_timeout;
        self.state = State::Unsettled;
        let answer = timeout(limit, prepared(self.connection(), sql, params)).await;
        self.settle(answer, limit)
    }

    /// Runs text without parameters by the simple protocol: transaction control and migrations.
    pub(super) async fn run_simple(&mut self, text: &str) -> Result<(), SqlError> {
        let limit = self.answer_timeout;
        self.state = State::Unsettled;
        let running = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **self.connection());
        let answer = timeout(limit, running).await;
        self.settle(answer.map(|done| done.map_err(error::of_statement)), limit).map(|_: PgQueryResult| ())
    }

    /// Notes that a transaction was opened or ended by the statement before.
    pub(super) fn set_in_transaction(&mut self, open: bool) {
        self.in_transaction = open;
        if self.state != State::Unsettled {
            self.state = if open { State::Open } else { State::Idle };
        }
    }

    fn settle<T>(
        &mut self,
        answer: Result<Result<T, SqlError>, tokio::time::error::Elapsed>,
        limit: Duration,
    ) -> Result<T, SqlError> {
        let Ok(answer) = answer else { return Err(SqlError::TimedOut { waited_ms: error::millis(limit) }) };
        if matches!(answer, Ok(_) | Err(SqlError::Refused { .. })) {
            self.state = if self.in_transaction { State::Open } else { State::Idle };
        }
        answer
    }

    fn connection(&mut self) -> &mut PoolConnection<Postgres> {
        &mut self.held.as_mut().expect("only a drop takes it").0
    }
}

async fn prepared(connection: &mut PoolConnection<Postgres>, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
    let text = AssertSqlSafe(sql).into_sql_str();
    let statement = connection.prepare(text).await.map_err(error::of_statement)?;
    // Both are checked before anything is sent: a refusal afterwards would be of a statement that took effect.
    let reader = read::Reader::of(statement.columns())?;
    let arguments = bind::arguments(&statement, params)?;
    let query = statement.query_with(arguments);
    if reader.is_empty() {
        let done = connection.execute(query).await.map_err(error::of_statement)?;
        return Ok(Rows { affected: done.rows_affected(), ..Rows::default() });
    }
    let fetched = connection.fetch_all(query).await.map_err(error::of_statement)?;
    reader.rows(&fetched)
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some((mut connection, place)) = self.held.take() else { return };
        match (self.state, Handle::try_current()) {
            (State::Idle, Ok(_)) => {}
            (State::Open, Ok(runtime)) => {
                let limit = self.answer_timeout;
                runtime.spawn(async move {
                    let rolled_back = timeout(limit, sqlx::raw_sql("ROLLBACK").execute(&mut *connection)).await;
                    if !matches!(rolled_back, Ok(Ok(_))) {
                        drop(connection.detach());
                    }
                    drop(place);
                });
            }
            // Closing the socket is what ends the session, and with it the transaction.
            (State::Unsettled, _) | (State::Idle | State::Open, Err(_)) => drop(connection.detach()),
        }
    }
}
