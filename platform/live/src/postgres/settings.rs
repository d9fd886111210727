//! Sizes and time limits of a pool, and what the server is told of them.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::Semaphore;

/// How long an idle connection is believed in without being asked.
const BELIEVED_IDLE: Duration = Duration::from_secs(1);

/// How a pool behaves. The server is told its limits when a connection is opened, so they hold even when this process is
/// gone; they should lie below `answer_timeout`, or the client gives up before the server has said why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresSettings {
    /// Connections at most.
    pub max_connections: u32,
    /// How long a caller waits for a place in the pool.
    pub acquire_timeout: Duration,
    /// How long opening a connection may take, retries while the server refuses included.
    pub connect_timeout: Duration,
    /// How long a caller waits for an answer before it gives the connection up.
    pub answer_timeout: Duration,
    /// `statement_timeout`: the server ends a statement that takes longer (57014).
    pub statement_timeout: Duration,
    /// `lock_timeout`: the server ends a statement that waits longer for one lock (55P03).
    pub lock_timeout: Duration,
    /// `idle_in_transaction_session_timeout`: the server ends a session that holds a transaction open and says nothing.
    pub idle_in_transaction_timeout: Duration,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_millis(1_000),
            connect_timeout: Duration::from_millis(1_000),
            answer_timeout: Duration::from_millis(5_000),
            statement_timeout: Duration::from_millis(3_000),
            lock_timeout: Duration::from_millis(2_000),
            idle_in_transaction_timeout: Duration::from_millis(10_000),
        }
    }
}

/// The address of the database could not be read.
#[derive(Debug, thiserror::Error)]
#[error("no database address: {0}")]
pub struct BadAddress(String);

impl PostgresSettings {
    /// The places in front of the pool, as many as it has connections.
    pub(super) fn places(&self) -> Semaphore {
        Semaphore::new(usize::try_from(self.max_connections).unwrap_or(Semaphore::MAX_PERMITS))
    }

    /// sqlx's pool, unopened.
    pub(super) fn pool_options(&self) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.connect_timeout)
            // A round trip per statement would be paid for the rare dead connection; one that was used a moment ago is
            // believed in instead, and its failure is an answer like any other.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > BELIEVED_IDLE {
                        sqlx::Connection::ping(connection).await?;
                    }
                    Ok(true)
                })
            })
    }

    /// The server's address with the limits of each session.
    pub(super) fn connect_options(&self, url: &str) -> Result<PgConnectOptions, BadAddress> {
        // sqlx takes any scheme for its own.
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(BadAddress("it does not begin with postgres://".to_owned()));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| BadAddress(error.to_string()))?;
        let millis = |limit: Duration| limit.as_millis().to_string();
        let options = options.application_name("doorbuster").options([
            ("statement_timeout", millis(self.statement_timeout)),
            ("lock_timeout", millis(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", millis(self.idle_in_transaction_timeout)),
            // A statement whose client has given up lets go of its locks within this time.
            ("client_connection_check_interval", "1000".to_owned()),
        ]);
        Ok(options.disable_statement_logging())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_session_is_told_its_limits() {
        let options = PostgresSettings::default().connect_options("postgres://shop@127.0.0.1:5433/shop").unwrap();
        let told = options.get_options().unwrap();
        for limit in ["statement_timeout=3000", "lock_timeout=2000", "idle_in_transaction_session_timeout=10000"] {
            assert!(told.contains(limit), "{told}");
        }
        assert_eq!((options.get_host(), options.get_port()), ("127.0.0.1", 5433));
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(PostgresSettings::default().connect_options("redis://127.0.0.1").is_err());
        assert!(PostgresSettings::default().connect_options("127.0.0.1:5432").is_err());
    }
}
