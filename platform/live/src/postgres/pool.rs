//! The pool: who gets a connection, and when one is refused.

use std::sync::Arc;

use async_trait::async_trait;
use ports::sql::{Isolation, Rows, SqlError, SqlPool, SqlTransaction, SqlValue};
use sqlx::postgres::PgPool;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error;
use super::lease::Lease;
use super::settings::{BadAddress, PostgresSettings};
use super::transaction;

/// A pool of connections to one database. Cloning shares it.
///
/// The places in front of sqlx's pool tell its two failures apart: who has a place and gets no connection knows that it
/// is the server that gives none.
#[derive(Clone)]
pub struct PostgresPool {
    pool: PgPool,
    places: Arc<Semaphore>,
    settings: PostgresSettings,
}

impl PostgresPool {
    /// A pool that opens its connections as they are wanted; nothing is sent yet. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When `url` is no `postgres://` address.
    pub fn new(url: &str, settings: PostgresSettings) -> Result<Self, BadAddress> {
        let address = settings.connect_options(url)?;
        let pool = settings.pool_options().connect_lazy_with(address);
        Ok(Self { pool, places: Arc::new(settings.places()), settings })
    }

    /// Runs statements that take no parameters, separated by semicolons: a migration. Unless the text says otherwise they
    /// are one transaction.
    ///
    /// # Errors
    /// As any statement's; the time limit is the statement's own.
    pub async fn run_script(&self, script: &str) -> Result<(), SqlError> {
        self.lease().await?.run_simple(script).await
    }

    /// Closes every connection, waiting for those that are in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn lease(&self) -> Result<Lease, SqlError> {
        let limit = self.settings.acquire_timeout;
        let place = timeout(limit, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_elapsed| SqlError::PoolExhausted { waited_ms: error::millis(limit) })?
            .expect("the places are never closed");
        let connection = self.pool.acquire().await.map_err(error::of_connecting)?;
        Ok(Lease::new(connection, place, self.settings.answer_timeout))
    }
}

#[async_trait]
impl SqlPool for PostgresPool {
    async fn query(&self, sql: &str, params: &[SqlValue]) -> Result<Rows, SqlError> {
        self.lease().await?.run(sql, params).await
    }

    async fn begin(&self, isolation: Isolation) -> Result<Box<dyn SqlTransaction>, SqlError> {
        let lease = self.lease().await?;
        Ok(Box::new(transaction::begin(lease, isolation).await?))
    }
}
