//! The `redis` port: redis-rs itself, over simulated TCP.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use harness::world::network::NodeIndex;
use platform::time_limit::within;
use ports::redis_port::{Connection, RedisConnection, RedisConnector};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, Pipeline, RedisConnectionInfo, RedisError, RedisFuture, RedisResult, Value,
};
use tokio::task::AbortHandle;
use turmoil_net::shim::tokio::net::TcpStream;

use crate::servers::REDIS_PORT;
use crate::world::fabric::address;

/// Connects one process to Redis.
pub struct WireRedis {
    server: NodeIndex,
    connect_timeout: Duration,
}

impl WireRedis {
    /// A connector to the machine at `server`.
    #[must_use]
    pub fn new(server: NodeIndex, connect_timeout: Duration) -> Self {
        Self { server, connect_timeout }
    }
}

#[async_trait]
impl RedisConnector for WireRedis {
    async fn connect(&self) -> RedisResult<Connection> {
        within(self.connect_timeout, open(self.server))
            .await
            .unwrap_or_else(|_elapsed| Err(RedisError::from((ErrorKind::Io, "no connection came about in time"))))
    }
}

async fn open(server: NodeIndex) -> RedisResult<Connection> {
    let stream = TcpStream::connect((address(server), REDIS_PORT)).await?;
    // The platform limits the time of its commands itself.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let (connection, driver) =
        MultiplexedConnection::new_with_config(&RedisConnectionInfo::default(), stream, config).await?;
    let driver = Driver(tokio::spawn(driver).abort_handle());
    Ok(Connection::new(Box::new(WireConnection { connection, _driver: Arc::new(driver) })))
}

/// Whoever reads and writes for a connection, for as long as anybody holds it.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone)]
struct WireConnection {
    connection: MultiplexedConnection,
    _driver: Arc<Driver>,
}

impl RedisConnection for WireConnection {
    fn share(&self) -> Box<dyn RedisConnection> {
        Box::new(self.clone())
    }
}

impl ConnectionLike for WireConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.connection.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.connection.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}
