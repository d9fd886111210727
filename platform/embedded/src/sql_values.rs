//! What crosses the `sql` port, in the Postgres engine's terms and back.

use ports::sql::{Rows, SqlError, SqlValue};
use postgres_engine::{PgError, Reply, Value};

/// Parameters for the engine.
#[must_use]
pub fn parameters(params: &[SqlValue]) -> Vec<Value> {
    params.iter().map(parameter).collect()
}

fn parameter(value: &SqlValue) -> Value {
    match value {
        SqlValue::Null => Value::Null,
        SqlValue::Bool(value) => Value::Bool(*value),
        SqlValue::Int(value) => Value::Int(*value),
        // The engine reads a jsonb parameter from its text, as the server does.
        SqlValue::Text(value) | SqlValue::Json(value) => Value::Text(value.clone()),
        SqlValue::Timestamp(value) => Value::Timestamp(*value),
        SqlValue::IntArray(values) => Value::IntArray(values.as_slice().into()),
        SqlValue::TextArray(values) => Value::TextArray(values.as_slice().into()),
    }
}

/// The engine's rows.
///
/// # Panics
/// On a column of a type the port does not have: the statement must cast it.
#[must_use]
pub fn rows(reply: Reply) -> Rows {
    let rows = reply.rows.into_iter().map(|row| row.into_iter().map(column).collect()).collect();
    Rows { columns: reply.columns, rows, affected: reply.affected }
}

fn column(value: Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Bool(value) => SqlValue::Bool(value),
        Value::Int(value) => SqlValue::Int(value),
        Value::Text(value) => SqlValue::Text(value),
        Value::Timestamp(value) => SqlValue::Timestamp(value),
        Value::Json(value) => SqlValue::Json(value.to_string().into()),
        Value::IntArray(values) => SqlValue::IntArray(values.to_vec()),
        Value::TextArray(values) => SqlValue::TextArray(values.to_vec()),
        // Sums of bigint are numeric; the platform's are whole.
        Value::Numeric(number) => SqlValue::Int(whole(&number.to_string())),
        other @ (Value::Float(_) | Value::Interval(_)) => panic!("the port has no type for {other:?}; cast it"),
    }
}

fn whole(number: &str) -> i64 {
    number.parse().unwrap_or_else(|_| panic!("the port has no type for the numeric {number}; cast it"))
}

/// The engine's error, as the server would have told it.
#[must_use]
pub fn refusal(error: PgError) -> SqlError {
    SqlError::Refused { sqlstate: error.sqlstate.to_string(), message: error.message, constraint: error.constraint }
}
