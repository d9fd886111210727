//! A store that a role does without: nobody asks it, and who does is told that it cannot be reached.

use async_trait::async_trait;
use ports::events::{EventConsumer, EventError, EventLog, EventProducer};
use ports::redis_port::{Connection, RedisConnector};
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use redis::{ErrorKind, RedisError, RedisResult};

pub(super) struct Absent;

#[async_trait]
impl SqlPool for Absent {
    async fn query(&self, _: &str, _: &[SqlValue]) -> Result<Rows, SqlError> {
        Err(SqlError::Unreachable)
    }

    async fn begin(&self, _: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        Err(SqlError::Unreachable)
    }
}

#[async_trait]
impl RedisConnector for Absent {
    async fn connect(&self) -> RedisResult<Connection> {
        Err(RedisError::from((ErrorKind::Io, "this role has no Redis")))
    }
}

#[async_trait]
impl EventLog for Absent {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Err(EventError::Unreachable)
    }

    async fn consumer(&self, _: &'static str, _: &[&'static str]) -> Result<Box<dyn EventConsumer>, EventError> {
        Err(EventError::Unreachable)
    }
}
