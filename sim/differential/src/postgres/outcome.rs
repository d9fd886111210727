//! What a statement came to, in the words both sides share.

use std::fmt;

use postgres_engine::{PgError, Reply, Value};

/// A statement's end.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It succeeded.
    Done {
        /// The command tag: `SELECT 2`, `COMMIT`.
        tag: String,
        /// Names of the columns, if rows are returned.
        columns: Vec<String>,
        /// The rows as text.
        rows: Vec<Vec<Option<String>>>,
    },
    /// It failed.
    Error {
        /// The five characters.
        sqlstate: String,
        /// The constraint at fault.
        constraint: Option<String>,
        /// For people; not compared.
        message: String,
    },
}

impl Outcome {
    /// The engine's result in these words.
    pub(super) fn of_engine(result: Result<Reply, PgError>) -> Self {
        match result {
            Ok(reply) => Self::Done {
                tag: tag(&reply),
                columns: reply.columns.iter().map(ToString::to_string).collect(),
                rows: reply.rows.iter().map(|row| row.iter().map(shown).collect()).collect(),
            },
            Err(error) => Self::Error {
                sqlstate: error.sqlstate.to_owned(),
                constraint: error.constraint,
                message: error.message,
            },
        }
    }

    /// Whether both are the same answer. Rows of a statement that asks for no order are compared as a bag.
    pub(super) fn agrees(&self, other: &Self, ordered: bool) -> bool {
        match (self, other) {
            (
                Self::Done { tag, columns, rows },
                Self::Done { tag: other_tag, columns: other_columns, rows: other_rows },
            ) => {
                let sorted = |rows: &Vec<Vec<Option<String>>>| {
                    let mut rows = rows.clone();
                    rows.sort();
                    rows
                };
                tag == other_tag
                    && columns == other_columns
                    && (rows == other_rows || !ordered && sorted(rows) == sorted(other_rows))
            }
            (
                Self::Error { sqlstate, constraint, .. },
                Self::Error { sqlstate: other_sqlstate, constraint: other_constraint, .. },
            ) => {
                // The engine knows the constraints of class 23; the server names a data type's or a column's nowhere here.
                let class_23 = sqlstate.starts_with("23") && sqlstate != "23502";
                sqlstate == other_sqlstate && (!class_23 || constraint == other_constraint)
            }
            (Self::Done { .. }, Self::Error { .. }) | (Self::Error { .. }, Self::Done { .. }) => false,
        }
    }

    /// Whether it is an error that a timer gives: a deadlock, a lock or a statement that took too long.
    pub(super) fn is_of_a_timer(&self) -> bool {
        match self {
            Self::Done { .. } => false,
            Self::Error { sqlstate, message, .. } => sqlstate == "40P01" || message.ends_with("timeout"),
        }
    }

    /// For the tally: the SQLSTATE of an error.
    pub(super) fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Done { .. } => None,
            Self::Error { sqlstate, .. } => Some(sqlstate),
        }
    }
}

/// The tag as the protocol spells it.
fn tag(reply: &Reply) -> String {
    match reply.command {
        "INSERT" => format!("INSERT 0 {}", reply.affected),
        "SELECT" | "UPDATE" | "DELETE" => format!("{} {}", reply.command, reply.affected),
        command => command.to_owned(),
    }
}

/// A value as text.
fn shown(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { tag, columns, rows } => {
                write!(f, "{tag}")?;
                if !columns.is_empty() {
                    write!(f, " ({})", columns.join(", "))?;
                }
                for row in rows {
                    let values: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
                    write!(f, " | {}", values.join(", "))?;
                }
                Ok(())
            }
            Self::Error { sqlstate, constraint, message } => {
                write!(f, "error {sqlstate} {}: {message}", constraint.as_deref().unwrap_or("-"))
            }
        }
    }
}
