//! One look at each server before anything starts, so that what is wrong is said in one line instead of in a log that
//! grows for ever.

use std::time::Duration;

use ports::redis_port::RedisConnector;
use ports::sql::{SqlError, SqlPool};
use redis::{ErrorKind, RedisError};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::settings::{Settings, SettingsError};

/// How long a server may take to answer the first question.
const PATIENCE: Duration = Duration::from_secs(3);

/// A server is not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A setting is missing or wrong.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// It cannot be reached, or refuses.
    #[error("{key}: {what} ({origin})")]
    Refused {
        /// The key of its address.
        key: &'static str,
        /// What came of asking it.
        what: String,
        /// Where the key was set.
        origin: String,
    },
}

fn refused(settings: &Settings, key: &'static str, what: String) -> StoreError {
    StoreError::Refused { key, what, origin: settings.origin(key).to_string() }
}

/// Asks Postgres for nothing in particular.
///
/// # Errors
/// When it cannot be reached or lets nobody in.
pub async fn probe_postgres(settings: &Settings, pool: &dyn SqlPool) -> Result<(), StoreError> {
    let what = match timeout(PATIENCE, pool.query("SELECT 1 AS one", &[])).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(SqlError::Refused { sqlstate, message, .. })) => format!("Postgres refuses: {message} ({sqlstate})"),
        Ok(Err(_)) | Err(_) => "Postgres cannot be reached".to_owned(),
    };
    Err(refused(settings, "postgres.url", what))
}

/// Asks Redis for a sign of life.
///
/// # Errors
/// When it cannot be reached or lets nobody in.
pub async fn probe_redis(settings: &Settings, connector: &dyn RedisConnector) -> Result<(), StoreError> {
    let asking = async {
        let mut connection = connector.connect().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    let what = match timeout(PATIENCE, asking).await {
        Ok(Ok(_pong)) => return Ok(()),
        Ok(Err(error)) => told(&error),
        Err(_elapsed) => "Redis does not answer".to_owned(),
    };
    Err(refused(settings, "redis.url", what))
}

fn told(error: &RedisError) -> String {
    if error.kind() == ErrorKind::AuthenticationFailed || error.code().is_some() {
        let detail = error.detail().unwrap_or_default();
        return format!("Redis refuses: {} {detail}", error.code().unwrap_or("wrong password")).trim_end().to_owned();
    }
    "Redis cannot be reached".to_owned()
}

/// Knocks at the brokers: one that opens is enough to find the others by.
///
/// # Errors
/// When none does.
pub async fn probe_kafka(settings: &Settings) -> Result<(), StoreError> {
    let brokers = settings.required("kafka.brokers", "the log is needed")?;
    for broker in brokers.split(',').map(str::trim) {
        if matches!(timeout(PATIENCE, TcpStream::connect(broker)).await, Ok(Ok(_))) {
            return Ok(());
        }
    }
    Err(refused(settings, "kafka.brokers", format!("no broker of {brokers} can be reached")))
}
