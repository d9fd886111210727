//! The Redis port: redis-rs's own `ConnectionLike` is what crosses it, so the platform's commands and scripts are
//! written with redis-rs in every world.
//!
//! A connection that was lost stays lost. Reconnecting is the platform's decision and not the adapter's, because a new
//! connection may lead to a server that has lost data, and that must be found out before its counters are believed.

use async_trait::async_trait;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};

/// One live connection, shared by many tasks at once as a multiplexed connection is.
pub trait RedisConnection: ConnectionLike + Send + Sync {
    /// Another handle on the same connection.
    fn share(&self) -> Box<dyn RedisConnection>;
}

/// Opens connections.
#[async_trait]
pub trait RedisConnector: Send + Sync {
    /// Connects, or fails within the adapter's connect timeout.
    async fn connect(&self) -> RedisResult<Connection>;
}

/// An owned handle on a connection, usable wherever redis-rs takes `impl ConnectionLike`.
pub struct Connection(Box<dyn RedisConnection>);

impl Connection {
    /// Wraps an adapter's connection.
    #[must_use]
    pub fn new(connection: Box<dyn RedisConnection>) -> Self {
        Self(connection)
    }
}

impl Clone for Connection {
    fn clone(&self) -> Self {
        Self(self.0.share())
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.0.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}
