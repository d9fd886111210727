//! The `sql` port over the simulated network: a pool of sessions on the simulated Postgres.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use embedded::sql_values;
use harness::world::hosts::postgres::{Ended, PostgresHost, Session, StatementKind};
use harness::world::network::NodeIndex;
use harness::world::settings::PoolOptions;
use platform::time_limit::within;
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

struct Pool {
    host: Arc<PostgresHost>,
    from: NodeIndex,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

/// One process's pool. Cloning shares it; dropping the last clone ends its sessions, as the end of a process does.
#[derive(Clone)]
pub struct SimPool(Arc<Pool>);

impl Drop for Pool {
    fn drop(&mut self) {
        for session in self.idle.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.host.disconnect(session);
        }
    }
}

impl SimPool {
    /// The pool of a process at `from`.
    #[must_use]
    pub fn new(host: Arc<PostgresHost>, from: NodeIndex, options: PoolOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.size));
        Self(Arc::new(Pool { host, from, options, permits, idle: Mutex::default() }))
    }

    /// The gate in front of the connections; a fault may take its permits away.
    #[must_use]
    pub fn permits(&self) -> Arc<Semaphore> {
        self.0.permits.clone()
    }

    async fn acquire(&self) -> Result<Lease, SqlError> {
        let pool = &self.0;
        let permit = match pool.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            // Only whoever has to wait needs a time limit and its timer.
            Err(_none_free) => match within(pool.options.acquire_timeout, pool.permits.clone().acquire_owned()).await {
                Ok(permit) => permit.expect("the semaphore is never closed"),
                Err(_elapsed) => {
                    let waited_ms = u64::try_from(pool.options.acquire_timeout.as_millis()).unwrap_or(u64::MAX);
                    return Err(SqlError::PoolExhausted { waited_ms });
                }
            },
        };
        let session = loop {
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(session) if pool.host.is_live(session) => break session,
                Some(_dead) => {}
                None => break pool.host.connect().ok_or(SqlError::Unreachable)?,
            }
        };
        Ok(Lease { pool: pool.clone(), session, healthy: false, _permit: permit })
    }
}

/// A connection out of the pool. It goes back only when it is known to be idle; else its session ends.
struct Lease {
    pool: Arc<Pool>,
    session: Session,
    healthy: bool,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.healthy {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.session);
        } else {
            self.pool.host.disconnect(self.session);
        }
    }
}

impl Lease {
    async fn run(&mut self, kind: StatementKind, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.healthy = false;
        let values = sql_values::parameters(params);
        let host = &self.pool.host;
        let running = host.run(self.pool.from, self.session, kind, sql, &values);
        let timeout = self.pool.options.answer_timeout;
        match within(timeout, running).await {
            Ok(Ended::Answered(Ok(reply))) => Ok(sql_values::rows(reply)),
            Ok(Ended::Answered(Err(error))) => Err(sql_values::refusal(error)),
            Ok(Ended::Lost) => Err(SqlError::ConnectionLost),
            Ok(Ended::Silent) => {
                tokio::time::sleep(timeout).await;
                Err(timed_out(timeout))
            }
            Err(_elapsed) => Err(timed_out(timeout)),
        }
    }
}

fn timed_out(timeout: Duration) -> SqlError {
    SqlError::TimedOut { waited_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) }
}

#[async_trait]
impl SqlPool for SimPool {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let mut lease = self.acquire().await?;
        let answer = lease.run(StatementKind::Alone, sql, params).await;
        lease.healthy = matches!(answer, Ok(_) | Err(SqlError::Refused { .. }));
        answer
    }

    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let mut lease = self.acquire().await?;
        lease.run(StatementKind::Begin, isolation.begin(), &[]).await?;
        Ok(Box::new(SimTransaction { lease, moves_stock: false }))
    }
}

struct SimTransaction {
    lease: Lease,
    /// Known only while a fault needs to know it.
    moves_stock: bool,
}

#[async_trait]
impl SqlTransaction for SimTransaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.moves_stock |= self.lease.pool.host.fails_hard_commits() && sql.contains("INTO stock_ledger");
        self.lease.run(StatementKind::Inside, sql, params).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SqlError> {
        let kind = StatementKind::Commit { moves_stock: self.moves_stock };
        let answer = self.lease.run(kind, "COMMIT", &[]).await;
        self.lease.healthy = matches!(answer, Ok(_) | Err(SqlError::Refused { .. }));
        answer.map(|_rows| ())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), SqlError> {
        let answer = self.lease.run(StatementKind::Rollback, "ROLLBACK", &[]).await;
        self.lease.healthy = answer.is_ok();
        answer.map(|_rows| ())
    }
}
