//! The `sql` port over the Postgres engine: one server in the process, and pools of sessions on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use ports::clock::Clock;
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use postgres_engine::{CommitRecord, Config, PgError, Postgres, Reply, SessionId, Step};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::sql_values;
use crate::time::Steady;

type Answer = Result<Reply, PgError>;

struct State {
    engine: Postgres,
    time: Steady,
    /// Whoever waits for a statement that waits.
    waiting: BTreeMap<SessionId, oneshot::Sender<Answer>>,
}

impl State {
    /// Hands finished statements to who waits for them.
    fn settle(&mut self) {
        for (session, answer) in self.engine.take_completions() {
            if let Some(waiting) = self.waiting.remove(&session) {
                // Whoever waited may have given up; its session is then already being closed.
                drop(waiting.send(answer));
            }
        }
    }
}

/// A server. It ends, with all its data, when the last pool and the last handle on it are gone.
pub struct PostgresServer {
    state: Mutex<State>,
    deadline_moved: Arc<Notify>,
    committed: Arc<Notify>,
}

impl PostgresServer {
    /// An empty server. Starts the task that fires its timers, and so needs a runtime.
    #[must_use]
    pub fn start(config: Config, clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State { engine: Postgres::new(config), time: Steady::new(clock), waiting: BTreeMap::new() };
        let deadline_moved = Arc::new(Notify::new());
        let committed = Arc::default();
        let server = Arc::new(Self { state: Mutex::new(state), deadline_moved: deadline_moved.clone(), committed });
        drop(tokio::spawn(Self::keep_time(Arc::downgrade(&server), deadline_moved)));
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a script on a session of its own: for the schema.
    ///
    /// # Errors
    /// The first statement that the engine refuses.
    pub fn run_script(&self, script: &str) -> Result<(), PgError> {
        let state = &mut *self.state();
        let session = state.engine.connect()?;
        let now_us = state.time.now_us();
        let done = state.engine.execute_script(session, script, now_us);
        state.engine.disconnect(session, now_us);
        state.settle();
        self.committed.notify_one();
        done
    }

    /// What was committed since this was last asked, where the engine keeps its change feed.
    #[must_use]
    pub fn take_commits(&self) -> Vec<CommitRecord> {
        self.state().engine.take_commits()
    }

    /// Is notified when a statement or a script has ended, and when the server is gone: there may be commits to take.
    #[must_use]
    pub fn committed(&self) -> Arc<Notify> {
        Arc::clone(&self.committed)
    }

    /// Fires timers as they fall due, until the server is gone.
    async fn keep_time(server: Weak<Self>, deadline_moved: Arc<Notify>) {
        while let Some(due) = server.upgrade().map(|server| server.advance()) {
            match due {
                None => deadline_moved.notified().await,
                Some(wait) => drop(tokio::time::timeout(wait, deadline_moved.notified()).await),
            }
        }
    }

    /// Does what is due, and says how long nothing else will be.
    fn advance(&self) -> Option<Duration> {
        let state = &mut *self.state();
        let now_us = state.time.now_us();
        state.engine.advance(now_us);
        state.settle();
        let deadline_us = state.engine.next_deadline()?;
        Some(state.time.until_us(deadline_us))
    }

    fn connect(&self) -> Result<SessionId, SqlError> {
        self.state().engine.connect().map_err(sql_values::refusal)
    }

    fn disconnect(&self, session: SessionId) {
        let state = &mut *self.state();
        state.waiting.remove(&session);
        let now_us = state.time.now_us();
        state.engine.disconnect(session, now_us);
        state.settle();
    }

    async fn run(&self, session: SessionId, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let values = sql_values::parameters(params);
        let step = {
            let state = &mut *self.state();
            let now_us = state.time.now_us();
            let step = match state.engine.submit(session, sql, &values, now_us) {
                Step::Done(answer) => Ok(answer),
                Step::Blocked => {
                    let (sender, receiver) = oneshot::channel();
                    state.waiting.insert(session, sender);
                    self.deadline_moved.notify_one();
                    Err(receiver)
                }
            };
            state.settle();
            self.committed.notify_one();
            step
        };
        let answer = match step {
            Ok(answer) => answer,
            Err(waiting) => waiting.await.map_err(|_gone| SqlError::ConnectionLost)?,
        };
        answer.map(sql_values::rows).map_err(sql_values::refusal)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its timer's task finds nobody left, and ends.
        self.deadline_moved.notify_one();
        self.committed.notify_one();
    }
}

/// How a pool behaves.
#[derive(Debug, Clone, Copy)]
pub struct PoolOptions {
    /// Connections at most.
    pub size: usize,
    /// How long a caller waits for one.
    pub acquire_timeout: Duration,
    /// How long a caller waits for an answer before it gives the connection up.
    pub answer_timeout: Duration,
}

struct Shared {
    server: Arc<PostgresServer>,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<SessionId>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<SessionId>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle());
        idle.into_iter().for_each(|session| self.server.disconnect(session));
    }
}

/// A pool of sessions. Cloning shares it; dropping the last clone ends its sessions.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

impl Pool {
    /// A pool on `server`.
    #[must_use]
    pub fn new(server: Arc<PostgresServer>, options: PoolOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.size));
        Self(Arc::new(Shared { server, options, permits, idle: Mutex::default() }))
    }

    async fn acquire(&self) -> Result<Lease, SqlError> {
        let shared = &self.0;
        let timeout = shared.options.acquire_timeout;
        let Ok(permit) = tokio::time::timeout(timeout, shared.permits.clone().acquire_owned()).await else {
            return Err(SqlError::PoolExhausted { waited_ms: in_ms(timeout) });
        };
        let permit = permit.expect("the semaphore is never closed");
        let idle = shared.idle().pop();
        let session = match idle {
            Some(session) => session,
            None => shared.server.connect()?,
        };
        Ok(Lease { shared: shared.clone(), session, healthy: false, _permit: permit })
    }
}

fn in_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A session out of the pool. It goes back only when it is known to be idle; else it is closed, and what it had not
/// committed undone.
struct Lease {
    shared: Arc<Shared>,
    session: SessionId,
    healthy: bool,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.healthy {
            self.shared.idle().push(self.session);
        } else {
            self.shared.server.disconnect(self.session);
        }
    }
}

impl Lease {
    async fn run(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.healthy = false;
        let timeout = self.shared.options.answer_timeout;
        let running = self.shared.server.run(self.session, sql, params);
        match tokio::time::timeout(timeout, running).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(SqlError::TimedOut { waited_ms: in_ms(timeout) }),
        }
    }

    /// Runs what leaves the session outside a transaction, whether it succeeds or is refused.
    async fn run_last(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        let answer = self.run(sql, params).await;
        self.healthy = matches!(answer, Ok(_) | Err(SqlError::Refused { .. }));
        answer
    }
}

#[async_trait]
impl SqlPool for Pool {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.acquire().await?.run_last(sql, params).await
    }

    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let mut lease = self.acquire().await?;
        lease.run(isolation.begin(), &[]).await?;
        Ok(Box::new(Transaction(lease)))
    }
}

struct Transaction(Lease);

#[async_trait]
impl SqlTransaction for Transaction {
    async fn query(&mut self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.0.run(sql, params).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SqlError> {
        self.0.run_last("COMMIT", &[]).await.map(drop)
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), SqlError> {
        self.0.run_last("ROLLBACK", &[]).await.map(drop)
    }
}
