//! The `sql` port: a pool of connections to Postgres over simulated TCP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use harness::world::network::NodeIndex;
use harness::world::settings::PoolOptions;
use platform::bugs::{Bugs, KnownBug};
use platform::time_limit::within;
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use turmoil_net::shim::tokio::net::TcpStream;

use crate::servers::POSTGRES_PORT;
use crate::servers::frames;
use crate::servers::postgres::{Answer, Datum, Kind, Statement};
use crate::world::fabric::address;

struct Pool {
    server: NodeIndex,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<TcpStream>>,
    bugs: Bugs,
}

/// One process's pool. Cloning shares it; dropping the last clone closes its connections, as the end of a process does.
#[derive(Clone)]
pub struct WirePool(Arc<Pool>);

impl WirePool {
    /// A pool of connections to the machine at `server`.
    #[must_use]
    pub fn new(server: NodeIndex, options: PoolOptions, bugs: Bugs) -> Self {
        let permits = Arc::new(Semaphore::new(options.size));
        Self(Arc::new(Pool { server, options, permits, idle: Mutex::default(), bugs }))
    }

    /// The gate in front of the connections; a fault may take its permits away.
    #[must_use]
    pub fn permits(&self) -> Arc<Semaphore> {
        self.0.permits.clone()
    }

    async fn acquire(&self) -> Result<Lease, SqlError> {
        let pool = &self.0;
        let permit = match within(pool.options.acquire_timeout, pool.permits.clone().acquire_owned()).await {
            Ok(permit) => permit.expect("the semaphore is never closed"),
            Err(_elapsed) => {
                let waited_ms = u64::try_from(pool.options.acquire_timeout.as_millis()).unwrap_or(u64::MAX);
                return Err(SqlError::PoolExhausted { waited_ms });
            }
        };
        let stream = loop {
            let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(stream) if is_open(&stream, pool.bugs) => break stream,
                // Its server has closed it while it lay there.
                Some(_closed) => {}
                None => break self.connect().await?,
            }
        };
        Ok(Lease { pool: pool.clone(), stream: Some(stream), healthy: false, _permit: permit })
    }
}

impl WirePool {
    async fn connect(&self) -> Result<TcpStream, SqlError> {
        let connecting = TcpStream::connect((address(self.0.server), POSTGRES_PORT));
        match within(self.0.options.acquire_timeout, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(_)) | Err(_) => Err(SqlError::Unreachable),
        }
    }
}

/// A connection that lies idle is open as long as nothing comes of it: neither its end nor an answer that nobody waits for.
fn is_open(stream: &TcpStream, bugs: Bugs) -> bool {
    let read = stream.try_read(&mut [0]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
        || bugs.has(KnownBug::UnreadAnswerLeftInPool)
}

/// A connection out of the pool. It goes back only when it is known to be idle; else it is closed.
struct Lease {
    pool: Arc<Pool>,
    stream: Option<TcpStream>,
    healthy: bool,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // KNOWN BUG, unread-answer-left-in-pool: whoever is dropped while it waits leaves its answer to the next.
        let is_kept = self.healthy || self.pool.bugs.has(KnownBug::UnreadAnswerLeftInPool);
        if let Some(stream) = self.stream.take_if(|_| is_kept) {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
    }
}

impl Lease {
    async fn run(&mut self, kind: Kind, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.healthy = false;
        let statement =
            Statement { kind, sql: sql.to_owned(), params: params.iter().cloned().map(Datum::from).collect() };
        let stream = self.stream.as_mut().expect("it is only taken when the lease ends");
        let exchange = async {
            frames::write(stream, &statement).await?;
            frames::read::<Answer>(stream).await
        };
        let timeout = self.pool.options.answer_timeout;
        match within(timeout, exchange).await {
            Ok(Ok(Answer::Rows { columns, rows, affected })) => {
                let rows = rows.into_iter().map(|row| row.into_iter().map(SqlValue::from).collect()).collect();
                Ok(Rows { columns: columns.into(), rows, affected })
            }
            Ok(Ok(Answer::Refused { sqlstate, message, constraint })) => {
                Err(SqlError::Refused { sqlstate, message, constraint })
            }
            Ok(Err(_broken)) => Err(SqlError::ConnectionLost),
            Err(_elapsed) => Err(timed_out(timeout)),
        }
    }
}

/// Whether the connection is idle after `answer`: nothing more will come of it.
fn is_idle_after<T>(answer: &Result<T, SqlError>) -> bool {
    matches!(answer, Ok(_) | Err(SqlError::Refused { .. }))
}

fn timed_out(timeout: Duration) -> SqlError {
    SqlError::TimedOut { waited_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) }
}

#[async_trait]
impl SqlPool for WirePool {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let mut lease = self.acquire().await?;
        let answer = lease.run(Kind::Alone, sql, params).await;
        lease.healthy = is_idle_after(&answer);
        answer
    }

    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let mut lease = self.acquire().await?;
        lease.run(Kind::Begin, isolation.begin(), &[]).await?;
        Ok(Box::new(WireTransaction { lease }))
    }
}

struct WireTransaction {
    lease: Lease,
}

impl WireTransaction {
    /// What is made of a COMMIT whose connection ended: nobody knows what became of it, unless a known bug thinks it does.
    async fn after_lost_commit(&mut self, answer: Result<Rows, SqlError>) -> Result<Rows, SqlError> {
        let pool = WirePool(self.lease.pool.clone());
        if pool.0.bugs.has(KnownBug::LostConnectionReadAsCommitted) {
            // KNOWN BUG, lost-connection-read-as-committed: the end of the stream is taken for an empty answer.
            return Ok(Rows::default());
        }
        if pool.0.bugs.has(KnownBug::CommitSentAgainElsewhere) {
            // KNOWN BUG, commit-sent-again-elsewhere: a new session has no transaction, and commits it gladly.
            self.lease.stream = Some(pool.connect().await?);
            return self.lease.run(Kind::Commit, "COMMIT", &[]).await;
        }
        answer
    }
}

#[async_trait]
impl SqlTransaction for WireTransaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.lease.run(Kind::Inside, sql, params).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SqlError> {
        let mut answer = self.lease.run(Kind::Commit, "COMMIT", &[]).await;
        if matches!(answer, Err(SqlError::ConnectionLost)) {
            answer = self.after_lost_commit(answer).await;
        }
        self.lease.healthy = is_idle_after(&answer);
        answer.map(|_rows| ())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), SqlError> {
        let answer = self.lease.run(Kind::Rollback, "ROLLBACK", &[]).await;
        self.lease.healthy = answer.is_ok();
        answer.map(|_rows| ())
    }
}
