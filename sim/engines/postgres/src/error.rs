//! What a statement can fail with: an SQLSTATE, a message in Postgres' wording, and the constraint at fault.
//! Which error a rule raises is decided where the rule lives; this file only knows how each one is spelt.

use std::fmt;

/// A failed statement, as a client of a real server would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgError {
    /// Five-character SQLSTATE (Postgres manual, appendix A).
    pub sqlstate: &'static str,
    /// Human-readable message, in Postgres' own wording where the engine knows it.
    pub message: String,
    /// Name of the violated constraint or unique index, for class 23 errors.
    pub constraint: Option<String>,
    /// Name of the table that holds the constraint, for class 23 errors.
    pub table: Option<String>,
}

impl fmt::Display for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for PgError {}

/// Inside the engine errors travel boxed, so that the common `Ok` stays small.
pub(crate) type Fallible<T> = Result<T, Box<PgError>>;

impl PgError {
    /// An error with no constraint attached.
    pub(crate) fn new(sqlstate: &'static str, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { sqlstate, message: message.into(), constraint: None, table: None })
    }

    /// An error that names the constraint it comes from.
    pub(crate) fn of_constraint(
        sqlstate: &'static str,
        message: impl Into<String>,
        table: &str,
        constraint: &str,
    ) -> Box<Self> {
        Box::new(Self {
            sqlstate,
            message: message.into(),
            constraint: Some(constraint.to_owned()),
            table: Some(table.to_owned()),
        })
    }
}

/// 0A000: the engine does not do this, and says what "this" is.
pub(crate) fn unsupported(clause: impl fmt::Display) -> Box<PgError> {
    PgError::new("0A000", format!("not supported by this engine: {clause}"))
}

/// 42601.
pub(crate) fn syntax(message: impl fmt::Display) -> Box<PgError> {
    PgError::new("42601", message.to_string())
}

/// 42703.
pub(crate) fn no_column(name: &str) -> Box<PgError> {
    PgError::new("42703", format!("column \"{name}\" does not exist"))
}

/// 42P01.
pub(crate) fn no_relation(name: &str) -> Box<PgError> {
    PgError::new("42P01", format!("relation \"{name}\" does not exist"))
}

/// 42804.
pub(crate) fn type_mismatch(message: impl fmt::Display) -> Box<PgError> {
    PgError::new("42804", message.to_string())
}

/// 22003, for the type named.
pub(crate) fn out_of_range(type_name: &str) -> Box<PgError> {
    PgError::new("22003", format!("{type_name} out of range"))
}

/// 22012.
pub(crate) fn division_by_zero() -> Box<PgError> {
    PgError::new("22012", "division by zero")
}

/// 22P02.
pub(crate) fn invalid_text(type_name: &str, text: &str) -> Box<PgError> {
    PgError::new("22P02", format!("invalid input syntax for type {type_name}: \"{text}\""))
}

/// 40001, with Postgres' wording for the cause.
pub(crate) fn serialization(cause: &str) -> Box<PgError> {
    PgError::new("40001", format!("could not serialize access due to {cause}"))
}

/// 25P02.
pub(crate) fn in_failed_transaction() -> Box<PgError> {
    PgError::new("25P02", "current transaction is aborted, commands ignored until end of transaction block")
}
