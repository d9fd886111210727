//! The `redis` port over the Redis engine: one server in the process, and connections to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use ports::clock::Clock;
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};
use redis_engine::{ClientId, Config, Redis};

use crate::redis_values;
use crate::time::Steady;

/// How often the server does what it does by itself, such as expiring keys nobody asks for.
const TICK: Duration = Duration::from_millis(100);

struct State {
    engine: Redis,
    time: Steady,
}

/// A server. It ends, with all its data, when the last connector and connection are gone.
pub struct RedisServer {
    state: Mutex<State>,
}

impl RedisServer {
    /// An empty server, whose run id is drawn from `run_id_seed`. Starts the task that keeps its time, and so needs a
    /// runtime.
    #[must_use]
    pub fn start(config: Config, run_id_seed: u64, clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State { engine: Redis::new(config, run_id_seed), time: Steady::new(clock) };
        let server = Arc::new(Self { state: Mutex::new(state) });
        drop(tokio::spawn(Self::keep_time(Arc::downgrade(&server))));
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep_time(server: Weak<Self>) {
        loop {
            tokio::time::sleep(TICK).await;
            let Some(server) = server.upgrade() else { return };
            let state = &mut *server.state();
            let now_ms = state.time.now_ms();
            state.engine.advance(now_ms);
        }
    }

    fn run(&self, client: ClientId, command: &Cmd) -> RedisResult<Value> {
        let words = redis_values::words(command);
        let reply = {
            let state = &mut *self.state();
            let now_ms = state.time.now_ms();
            state.engine.execute(client, &words, now_ms)
        };
        redis_values::value(reply).extract_error()
    }
}

/// Opens connections to a server in the process.
#[derive(Clone)]
pub struct Connector(Arc<RedisServer>);

impl Connector {
    /// Connects to `server`.
    #[must_use]
    pub fn new(server: Arc<RedisServer>) -> Self {
        Self(server)
    }
}

#[async_trait]
impl RedisConnector for Connector {
    async fn connect(&self) -> RedisResult<Connection> {
        let client = self.0.state().engine.connect();
        let open = Open { server: self.0.clone(), client };
        Ok(Connection::new(Box::new(EngineConnection(Arc::new(open)))))
    }
}

struct Open {
    server: Arc<RedisServer>,
    client: ClientId,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.server.state().engine.disconnect(self.client);
    }
}

/// Many tasks share it, and it ends when the last lets go.
#[derive(Clone)]
struct EngineConnection(Arc<Open>);

impl RedisConnection for EngineConnection {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl ConnectionLike for EngineConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move { self.0.server.run(self.0.client, cmd) })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let run = |command| self.0.server.run(self.0.client, command);
            let answers: Vec<Value> = pipeline.cmd_iter().map(run).collect::<RedisResult<_>>()?;
            Ok(answers.into_iter().skip(offset).take(count).collect())
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}
