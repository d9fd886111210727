//! The `redis` port over the simulated network: redis-rs commands go in, redis-rs values come out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use embedded::redis_values;
use harness::world::hosts::redis::{Ended, Link, RedisHost};
use harness::world::network::NodeIndex;
use platform::time_limit::within;
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value};

/// Connects one process to the simulated Redis.
pub struct SimRedis {
    host: Arc<RedisHost>,
    from: NodeIndex,
    connect_timeout: Duration,
}

impl SimRedis {
    /// The connector of the process at `from`.
    #[must_use]
    pub fn new(host: Arc<RedisHost>, from: NodeIndex, connect_timeout: Duration) -> Self {
        Self { host, from, connect_timeout }
    }
}

#[async_trait]
impl RedisConnector for SimRedis {
    async fn connect(&self) -> RedisResult<Connection> {
        match within(self.connect_timeout, self.host.connect(self.from)).await {
            Ok(Some(link)) => {
                let open = Arc::new(Open { host: self.host.clone(), from: self.from, link });
                Ok(Connection::new(Box::new(SimConnection(open))))
            }
            Ok(None) | Err(_) => Err(lost("the connection was refused")),
        }
    }
}

struct Open {
    host: Arc<RedisHost>,
    from: NodeIndex,
    link: Link,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.host.disconnect(self.link);
    }
}

/// A multiplexed connection: many tasks share it, and it ends when the last lets go.
#[derive(Clone)]
struct SimConnection(Arc<Open>);

impl RedisConnection for SimConnection {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl SimConnection {
    async fn run(&self, command: &Cmd) -> RedisResult<Value> {
        let words = redis_values::words(command);
        match self.0.host.run(self.0.from, self.0.link, &words).await {
            Ended::Answered(reply) => redis_values::value(reply).extract_error(),
            Ended::Lost => Err(lost("the connection was reset")),
            Ended::Silent => std::future::pending().await,
        }
    }
}

impl ConnectionLike for SimConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.run(cmd))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(count);
            for command in pipeline.cmd_iter() {
                answers.push(self.run(command).await?);
            }
            Ok(answers.into_iter().skip(offset).take(count).collect())
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn lost(why: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Io, why))
}
