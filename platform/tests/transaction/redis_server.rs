//! The `redis` port over the Redis engine, with crashes and an outage.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use embedded::redis_values;
use ports::clock::Clock;
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value};
use redis_engine::{ClientId, Config, Redis};

/// A server that can die and come back.
pub(crate) struct RedisServer {
    pub(crate) engine: Mutex<Redis>,
    clock: Arc<dyn Clock>,
    away: AtomicBool,
}

impl RedisServer {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let engine = Mutex::new(Redis::new(Config::default(), 7));
        Arc::new(Self { engine, clock, away: AtomicBool::new(false) })
    }

    /// Dies with everything it held, and comes back at once.
    pub(crate) fn crash(&self) {
        self.engine.lock().unwrap().crash_and_restart(self.clock.now_ms());
    }

    /// Dies, and comes back when told to.
    pub(crate) fn set_away(&self, away: bool) {
        if away {
            self.crash();
        }
        self.away.store(away, Ordering::Relaxed);
    }

    /// The counter of a SKU.
    pub(crate) fn counter(&self, sku: &str) -> Option<i64> {
        self.engine.lock().unwrap().get_integer(format!("stock:{{{sku}}}").as_bytes())
    }

    /// Live holds of a SKU.
    pub(crate) fn live_holds(&self, sku: &str) -> usize {
        self.engine.lock().unwrap().sorted_set(format!("holds:{{{sku}}}").as_bytes()).count()
    }

    /// The state of one hold.
    pub(crate) fn hold(&self, sku: &str, order_id: &str) -> Option<String> {
        let engine = self.engine.lock().unwrap();
        let state = engine.hash_field(format!("hold:{{{sku}}}:{order_id}").as_bytes(), b"state")?;
        Some(String::from_utf8(state.to_vec()).unwrap())
    }
}

/// One process's way to it.
pub(crate) struct Connector(pub(crate) Arc<RedisServer>);

#[async_trait]
impl RedisConnector for Connector {
    async fn connect(&self) -> RedisResult<Connection> {
        tokio::time::sleep(Duration::from_micros(300)).await;
        if self.0.away.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let client = self.0.engine.lock().unwrap().connect();
        Ok(Connection::new(Box::new(Client { server: Arc::clone(&self.0), client })))
    }
}

#[derive(Clone)]
struct Client {
    server: Arc<RedisServer>,
    client: ClientId,
}

impl RedisConnection for Client {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl Client {
    async fn run(&self, command: &Cmd) -> RedisResult<Value> {
        tokio::time::sleep(Duration::from_micros(200)).await;
        if self.server.away.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let words = redis_values::words(command);
        let now_ms = self.server.clock.now_ms();
        let reply = self.server.engine.lock().unwrap().execute(self.client, &words, now_ms);
        redis_values::value(reply).extract_error()
    }
}

impl ConnectionLike for Client {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.run(cmd))
    }

    fn req_packed_commands<'a>(&'a mut self, _: &'a Pipeline, _: usize, _: usize) -> RedisFuture<'a, Vec<Value>> {
        panic!("no pipeline is used")
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn lost() -> RedisError {
    RedisError::from((ErrorKind::Io, "the connection was lost"))
}
