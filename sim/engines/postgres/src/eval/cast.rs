//! Conversions between types: explicit casts, and the stricter ones on assignment to a column.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other kind of value gets the same answer: a type error, or nothing"
)]

use std::sync::Arc;

use super::{fits, to_json};
use crate::error::{Fallible, PgError, invalid_text, out_of_range};
use crate::types::Type;
use crate::value::{Interval, Numeric, Value, float_to_text, parse_int_array, parse_text_array, timestamp};

fn cannot(value: &Value, to: Type) -> Box<PgError> {
    PgError::new("42846", format!("cannot cast {value} to {}", to.name()))
}

/// Converts for a column of type `to`.
pub(crate) fn assign(value: Value, to: Type) -> Fallible<Value> {
    match (&value, to) {
        (Value::Null, _)
        | (Value::Int(_), Type::Int8)
        | (Value::Text(_), Type::Text)
        | (Value::Bool(_), Type::Bool)
        | (Value::Timestamp(_), Type::Timestamptz)
        | (Value::Json(_), Type::Jsonb) => Ok(value),
        _ => cast(&value, to, true),
    }
}

/// Converts to `to`. `implicit` marks conversions nobody wrote down.
pub(crate) fn cast(value: &Value, to: Type, implicit: bool) -> Fallible<Value> {
    if let Value::Null = value {
        return Ok(Value::Null);
    }
    match to {
        Type::Unknown => Ok(value.clone()),
        Type::Bool => to_bool(value),
        Type::Int2 | Type::Int4 | Type::Int8 => to_integer(value, to),
        Type::Float8 => to_float(value),
        Type::Numeric(limit) => {
            let number = to_numeric(value)?;
            let number = if let Some((precision, scale)) = limit { number.fit(precision, scale)? } else { number };
            Ok(Value::numeric(number))
        }
        Type::Text => Ok(to_text(value)),
        Type::Timestamptz => match value {
            Value::Timestamp(_) => Ok(value.clone()),
            Value::Text(text) => timestamp::parse(text).map(Value::Timestamp),
            _ => Err(cannot(value, to)),
        },
        Type::Interval => match value {
            Value::Interval(_) => Ok(value.clone()),
            Value::Text(text) => Interval::parse(text).map(Value::Interval),
            _ => Err(cannot(value, to)),
        },
        Type::Jsonb => match value {
            Value::Json(_) => Ok(value.clone()),
            Value::Text(text) => parse_json(text),
            _ if implicit => Err(cannot(value, to)),
            _ => Ok(Value::Json(Arc::new(to_json(value)))),
        },
        Type::IntArray | Type::TextArray => to_array(value, to),
    }
}

fn parse_json(text: &str) -> Fallible<Value> {
    serde_json::from_str(text)
        .map(|json| Value::Json(Arc::new(json)))
        .map_err(|_| PgError::new("22P02", "invalid input syntax for type json"))
}

fn to_bool(value: &Value) -> Fallible<Value> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Int(value) => Ok(Value::Bool(*value != 0)),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "t" | "true" | "yes" | "on" | "1" | "y" => Ok(Value::Bool(true)),
            "f" | "false" | "no" | "off" | "0" | "n" => Ok(Value::Bool(false)),
            _ => Err(invalid_text("boolean", text)),
        },
        Value::Json(json) => json.as_bool().map(Value::Bool).ok_or_else(|| cannot(value, Type::Bool)),
        _ => Err(cannot(value, Type::Bool)),
    }
}

fn to_integer(value: &Value, to: Type) -> Fallible<Value> {
    let integer = match value {
        Value::Int(value) => *value,
        Value::Bool(value) => i64::from(*value),
        Value::Numeric(value) => value.to_i64().map_err(|_| out_of_range(to.name()))?,
        Value::Float(value) => float_to_integer(*value, to)?,
        Value::Text(text) => match text.trim().parse::<i64>() {
            Ok(value) => value,
            Err(error) if is_overflow(&error) => {
                let message = format!("value \"{text}\" is out of range for type {}", to.name());
                return Err(PgError::new("22003", message));
            }
            Err(_) => return Err(invalid_text(to.name(), text)),
        },
        Value::Json(json) => match json.as_i64() {
            Some(value) => value,
            None => float_to_integer(json.as_f64().ok_or_else(|| cannot(value, to))?, to)?,
        },
        _ => return Err(cannot(value, to)),
    };
    fits(integer, to).map(Value::Int)
}

fn is_overflow(error: &std::num::ParseIntError) -> bool {
    matches!(error.kind(), std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow)
}

/// Half to even, as C's `rint` does.
fn float_to_integer(value: f64, to: Type) -> Fallible<i64> {
    let rounded = value.round_ties_even();
    if !rounded.is_finite() || !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
        return Err(out_of_range(to.name()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    Ok(rounded as i64)
}

fn to_float(value: &Value) -> Fallible<Value> {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Numeric(_) => Ok(Value::Float(value.to_f64())),
        Value::Text(text) => text.trim().parse().map(Value::Float).map_err(|_| invalid_text("double precision", text)),
        Value::Json(json) => json.as_f64().map(Value::Float).ok_or_else(|| cannot(value, Type::Float8)),
        _ => Err(cannot(value, Type::Float8)),
    }
}

fn to_numeric(value: &Value) -> Fallible<Numeric> {
    match value {
        Value::Int(value) => Ok(Numeric::from(*value)),
        Value::Numeric(value) => Ok(**value),
        Value::Float(value) => Numeric::from_f64(*value),
        Value::Text(text) => Numeric::parse(text),
        Value::Json(json) if json.is_number() => Numeric::parse(&json.to_string()),
        _ => Err(cannot(value, Type::Numeric(None))),
    }
}

fn to_text(value: &Value) -> Value {
    match value {
        Value::Text(_) => value.clone(),
        Value::Float(value) => Value::from(float_to_text(*value)),
        _ => Value::from(value.to_string()),
    }
}

fn to_array(value: &Value, to: Type) -> Fallible<Value> {
    match (value, to) {
        (Value::IntArray(_), Type::IntArray) | (Value::TextArray(_), Type::TextArray) => Ok(value.clone()),
        (Value::Text(text), Type::IntArray) => parse_int_array(text),
        (Value::Text(text), Type::TextArray) => parse_text_array(text),
        (Value::IntArray(items), Type::TextArray) => {
            Ok(Value::TextArray(items.iter().map(|item| Arc::from(item.to_string())).collect()))
        }
        (Value::TextArray(items), Type::IntArray) => {
            let items: Result<Vec<i64>, _> = items.iter().map(|item| item.trim().parse::<i64>()).collect();
            items.map(|items| Value::IntArray(items.into())).map_err(|_| invalid_text("bigint", &value.to_string()))
        }
        _ => Err(cannot(value, to)),
    }
}
