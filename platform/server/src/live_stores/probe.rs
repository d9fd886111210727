//! One look at each server before anything starts, so that what is wrong is said in one line instead of in a log that
//! grows for ever.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use live::kafka::LiveLog;
use platform::messages::CARD_GATEWAY;
use platform::transaction::payments::API_VERSION;
use ports::http_port::HttpClient;
use ports::redis_port::RedisConnector;
use ports::sql::{SqlError, SqlPool};
use redis::{ErrorKind, RedisError};
use tokio::time::timeout;

use crate::settings::{Settings, SettingsError};
use crate::with_key::WithKey;

/// How long a server may take to answer the first question. One that is not there refuses at once; this is for one that is
/// there on a machine with its hands full: given up too early, a card gateway would not be heard when it refuses the key.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server is not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A setting is missing or wrong.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// It is there, and refuses.
    #[error("{key}: {what} ({origin})")]
    Refused {
        /// The key of its address.
        key: &'static str,
        /// What came of asking it.
        what: String,
        /// Where the key was set.
        origin: String,
    },
    /// It is not there, or not yet.
    #[error("{key}: {what} ({origin})")]
    Away {
        /// The key of its address.
        key: &'static str,
        /// What came of asking it.
        what: String,
        /// Where the key was set.
        origin: String,
    },
}

fn away(settings: &Settings, key: &'static str, what: String) -> StoreError {
    StoreError::Away { key, what, origin: settings.origin(key).to_string() }
}

fn refused(settings: &Settings, key: &'static str, what: String) -> StoreError {
    StoreError::Refused { key, what, origin: settings.origin(key).to_string() }
}

/// Asks Postgres for nothing in particular.
///
/// # Errors
/// When it cannot be reached or lets nobody in.
pub async fn probe_postgres(settings: &Settings, pool: &dyn SqlPool) -> Result<(), StoreError> {
    probe_database(settings, "postgres.url", pool).await
}

/// Asks the Postgres behind this key for nothing in particular.
///
/// # Errors
/// When it cannot be reached or lets nobody in.
pub async fn probe_database(settings: &Settings, key: &'static str, pool: &dyn SqlPool) -> Result<(), StoreError> {
    match timeout(PATIENCE, pool.query("SELECT 1 AS one", &[])).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(SqlError::Refused { sqlstate, message, .. })) => {
            Err(refused(settings, key, format!("Postgres refuses: {message} ({sqlstate})")))
        }
        Ok(Err(_)) | Err(_) => Err(away(settings, key, "Postgres cannot be reached".to_owned())),
    }
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
    match timeout(PATIENCE, asking).await {
        Ok(Ok(_pong)) => Ok(()),
        Ok(Err(error)) => Err(match refusal(&error) {
            Some(what) => refused(settings, "redis.url", what),
            None => away(settings, "redis.url", "Redis cannot be reached".to_owned()),
        }),
        Err(_elapsed) => Err(away(settings, "redis.url", "Redis does not answer".to_owned())),
    }
}

/// What a server that is there said against it; none when nothing but time is needed.
fn refusal(error: &RedisError) -> Option<String> {
    // It reads what it kept, and will answer.
    if error.code() == Some("LOADING") {
        return None;
    }
    if error.kind() != ErrorKind::AuthenticationFailed && error.code().is_none() {
        return None;
    }
    let detail = error.detail().unwrap_or_default();
    Some(format!("Redis refuses: {} {detail}", error.code().unwrap_or("wrong password")).trim_end().to_owned())
}

/// Asks the card gateway for its newest payment, to see whether it takes the key. One that is not there, or has troubles of
/// its own, is waited for: until then payments stay open.
///
/// # Errors
/// When it does not take the key, or the key is none, or it does not speak the version of the API that payments are made in.
pub async fn probe_card_gateway(settings: &Settings, http: Arc<dyn HttpClient>) -> Result<(), StoreError> {
    let request = Request::get("/v1/payment_intents?limit=1").body(Bytes::new()).expect("a constant request");
    match WithKey::new(http, settings)?.call(CARD_GATEWAY, request, PATIENCE).await {
        Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
            Err(refused(settings, "card_gateway.api_key", "the card gateway does not take it".to_owned()))
        }
        // Nothing else in this request can be wrong.
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => Err(refused(
            settings,
            "card_gateway.url",
            format!("it does not speak Stripe's API of version {API_VERSION}"),
        )),
        Ok(_) => Ok(()),
        Err(away) => {
            tracing::warn!(%away, "beginning without the card gateway");
            Ok(())
        }
    }
}

/// Asks the brokers who they are: one that answers is enough to find the others by.
///
/// # Errors
/// When none does.
pub async fn probe_kafka(settings: &Settings, log: &LiveLog) -> Result<(), StoreError> {
    let brokers = settings.required("kafka.brokers", "the log is needed")?;
    match log.look(PATIENCE).await {
        Ok(()) => Ok(()),
        Err(_) => Err(away(settings, "kafka.brokers", format!("no broker of {brokers} can be reached"))),
    }
}
