//! The one map from sqlx's errors to the port's.
//!
//! | what happened | while connecting | while a statement or a COMMIT was under way |
//! |---|---|---|
//! | the server refused, and the session goes on (ERROR) | `Refused` | `Refused`: not applied |
//! | the server ended the session (FATAL, PANIC) | `Refused` | `ConnectionLost`: unknown, because a session can be ended between its commit and the answer |
//! | the socket failed, or what came over it made no sense | `Unreachable` | `ConnectionLost`: unknown |
//! | no connection within the time | `Unreachable` | does not happen |
//! | a value does not fit its parameter or its column | does not happen | `Refused`: found before anything is sent |

use std::time::Duration;

use ports::sql::SqlError;
use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// datatype_mismatch: what this adapter refuses itself, before anything is sent.
const DATATYPE_MISMATCH: &str = "42804";

/// No connection came of it: nothing was sent.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else sqlx may say, there is no connection")]
pub(super) fn of_connecting(error: Error) -> SqlError {
    match error {
        Error::Database(refusal) => refused(&*refusal),
        other => {
            tracing::debug!(error = %other, "the database gave no connection");
            SqlError::Unreachable
        }
    }
}

/// A statement or a COMMIT ended in it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else sqlx may say, nobody knows what became of the statement"
)]
pub(super) fn of_statement(error: Error) -> SqlError {
    match error {
        Error::Database(refusal) if !ends_the_session(&*refusal) => refused(&*refusal),
        // Values are encoded and columns checked before a statement is sent.
        Error::Encode(source) => mismatch(source.to_string()),
        other => {
            tracing::debug!(error = %other, "a connection to the database was lost");
            SqlError::ConnectionLost
        }
    }
}

/// A value that does not fit; nothing was sent.
pub(super) fn mismatch(message: String) -> SqlError {
    SqlError::Refused { sqlstate: DATATYPE_MISMATCH.into(), message, constraint: None }
}

/// Whole milliseconds of a limit.
pub(super) fn millis(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}

fn refused(refusal: &dyn DatabaseError) -> SqlError {
    SqlError::Refused {
        sqlstate: refusal.code().unwrap_or_default().into_owned(),
        message: refusal.message().to_owned(),
        constraint: refusal.constraint().map(str::to_owned),
    }
}

fn ends_the_session(refusal: &dyn DatabaseError) -> bool {
    let severity = refusal.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Outcome;

    fn broken_pipe() -> Error {
        Error::Io(std::io::ErrorKind::BrokenPipe.into())
    }

    #[test]
    fn a_socket_that_fails_leaves_a_statement_unknown_and_a_connection_unmade() {
        assert_eq!(of_statement(broken_pipe()).outcome(), Outcome::Unknown);
        assert_eq!(of_connecting(broken_pipe()).outcome(), Outcome::NotApplied);
        assert_eq!(of_statement(Error::Protocol("?".into())), SqlError::ConnectionLost);
        assert_eq!(of_connecting(Error::PoolTimedOut), SqlError::Unreachable);
        assert_eq!(of_connecting(Error::PoolClosed), SqlError::Unreachable);
    }

    #[test]
    fn a_value_that_does_not_fit_was_not_sent() {
        assert_eq!(of_statement(Error::Encode("x".into())).outcome(), Outcome::NotApplied);
    }
}
