//! Scalar functions. Unless said otherwise a NULL argument gives NULL.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other kind of value gets the same answer: a type error, or nothing"
)]

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Cx, arithmetic, cast, datetime, elements, json};
use crate::error::{Fallible, PgError, out_of_range, type_mismatch};
use crate::plan::{Arithmetic, Function};
use crate::types::Type;
use crate::value::{Interval, Numeric, Value};

/// Calls a function.
pub(super) fn call(function: Function, args: &[Value], cx: &Cx<'_>) -> Fallible<Value> {
    match function {
        Function::AdvisoryLock { .. } => {
            return Err(crate::error::unsupported("an advisory lock that is not the whole of a select list"));
        }
        Function::Now => return Ok(Value::Timestamp(cx.now_us)),
        Function::StatementTimestamp | Function::ClockTimestamp => return Ok(Value::Timestamp(cx.statement_us)),
        Function::Concat => return Ok(join(args, "")),
        Function::ConcatWs => {
            let [separator, rest @ ..] = args else { return Err(wrong_arguments(function)) };
            return Ok(if separator.is_null() { Value::Null } else { join(rest, &separator.to_string()) });
        }
        Function::JsonBuildObject => return json::build_object(args),
        Function::JsonBuildArray => {
            return Ok(Value::Json(Arc::new(Json::Array(args.iter().map(json::to_json).collect()))));
        }
        Function::NullIf => {
            let [a, b] = args else { return Err(wrong_arguments(function)) };
            let equal = !a.is_null() && !b.is_null() && a == b;
            return Ok(if equal { Value::Null } else { a.clone() });
        }
        _ => {}
    }
    if args.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    strict(function, args, cx)
}

fn wrong_arguments(function: Function) -> Box<PgError> {
    PgError::new("42883", format!("function {function:?} does not exist with these arguments"))
}

fn join(args: &[Value], separator: &str) -> Value {
    let parts: Vec<String> = args.iter().filter(|arg| !arg.is_null()).map(sent).collect();
    Value::from(parts.join(separator))
}

/// A value as it is sent to a client, which for booleans is not what `::text` gives.
fn sent(value: &Value) -> String {
    match value {
        Value::Bool(value) => if *value { "t" } else { "f" }.to_owned(),
        other => other.to_string(),
    }
}

fn strict(function: Function, args: &[Value], cx: &Cx<'_>) -> Fallible<Value> {
    if let Function::Nextval | Function::Setval = function {
        let world = cx.world()?;
        world.db.require_writable(world.snapshot.xid)?;
    }
    Ok(match (function, args) {
        (Function::Extract(field), [value]) => datetime::extract(field, value)?,
        (Function::DateTrunc(field), [value]) => datetime::truncate(field, value)?,
        (Function::Nextval, [Value::Text(name)]) => Value::Int(cx.world()?.db.nextval(name)?),
        (Function::Nextval, [Value::Int(position)]) => Value::Int(cx.world()?.db.nextval_at(*position)?),
        (Function::Setval, [Value::Text(name), Value::Int(value), rest @ ..]) => {
            let called = rest.first().is_none_or(|called| called.as_bool() != Some(false));
            cx.world()?.db.setval(name, *value, called)?;
            Value::Int(*value)
        }
        (Function::MakeInterval, [years, months, weeks, days, hours, minutes, seconds]) => {
            let day_parts = arithmetic(Arithmetic::Add, &times(weeks, 7)?, days, Type::Int4)?;
            let month_parts = arithmetic(Arithmetic::Add, &times(years, 12)?, months, Type::Int4)?;
            let micros = (hours.to_f64() * 3600.0 + minutes.to_f64() * 60.0 + seconds.to_f64()) * 1e6;
            let small =
                |value: &Value| i32::try_from(value.as_int().unwrap_or(0)).map_err(|_| out_of_range("interval"));
            let base = Interval { months: small(&month_parts)?, days: small(&day_parts)?, micros: 0 };
            Value::Interval(base.add(Interval::from_micros(1).scale(micros)?)?)
        }
        (Function::ToTimestamp, [seconds]) => {
            let micros = Interval::from_micros(1_000_000).scale(seconds.to_f64())?;
            Value::Timestamp(micros.micros)
        }
        (Function::ToJsonb, [value]) => Value::Json(Arc::new(json::to_json(value))),
        (Function::JsonTypeof, [Value::Json(json)]) => Value::from(match &**json {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }),
        (Function::JsonArrayLength, [Value::Json(json)]) => match &**json {
            Json::Array(items) => length(items.len()),
            _ => return Err(PgError::new("22023", "cannot get array length of a non-array")),
        },
        (Function::ArrayLength, [array, Value::Int(1)]) => match elements(array)? {
            Some(items) if !items.is_empty() => length(items.len()),
            _ => Value::Null,
        },
        (Function::Cardinality, [array]) => elements(array)?.map_or(Value::Null, |items| length(items.len())),
        (
            Function::Abs
            | Function::Ceil
            | Function::Floor
            | Function::Round
            | Function::Trunc
            | Function::Sign
            | Function::Sqrt
            | Function::Power,
            _,
        ) => number(function, args)?,
        _ => text(function, args)?,
    })
}

fn times(value: &Value, factor: i64) -> Fallible<Value> {
    arithmetic(Arithmetic::Multiply, value, &Value::Int(factor), Type::Int4)
}

fn length(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn number(function: Function, args: &[Value]) -> Fallible<Value> {
    Ok(match (function, args) {
        (Function::Abs, [Value::Int(value)]) => Value::Int(value.checked_abs().ok_or_else(|| out_of_range("bigint"))?),
        (Function::Abs, [Value::Float(value)]) => Value::Float(value.abs()),
        (Function::Abs, [Value::Numeric(value)]) => Value::numeric(Numeric::new(value.digits().abs(), value.scale())),
        (Function::Ceil | Function::Floor | Function::Round | Function::Trunc, [Value::Float(value)]) => {
            Value::Float(match function {
                Function::Ceil => value.ceil(),
                Function::Floor => value.floor(),
                Function::Round => value.round_ties_even(),
                _ => value.trunc(),
            })
        }
        (Function::Ceil | Function::Floor | Function::Round | Function::Trunc, [Value::Int(_)]) => {
            // Postgres takes the float form of these for integers.
            cast(&args[0], Type::Float8, true)?
        }
        (Function::Ceil, [Value::Numeric(value)]) => Value::numeric(value.negate().floor().negate()),
        (Function::Floor, [Value::Numeric(value)]) => Value::numeric(value.floor()),
        (Function::Round, [Value::Numeric(value)]) => Value::numeric(value.round_to(0)?),
        (Function::Trunc, [Value::Numeric(value)]) => {
            let negative = value.digits() < 0;
            Value::numeric(if negative { value.negate().floor().negate() } else { value.floor() })
        }
        (Function::Round, [value, Value::Int(places)]) => match cast(value, Type::Numeric(None), true)? {
            Value::Numeric(value) => {
                let places =
                    u32::try_from(*places).map_err(|_| crate::error::unsupported("round to negative places"))?;
                Value::numeric(value.round_to(places)?)
            }
            _ => Value::Null,
        },
        (Function::Sign, [value]) => {
            let sign = value.cmp(&Value::Int(0)) as i64;
            cast(
                &Value::Int(sign),
                if matches!(value, Value::Float(_)) { Type::Float8 } else { Type::Numeric(None) },
                true,
            )?
        }
        (Function::Sqrt, [value]) if value.to_f64() < 0.0 => {
            return Err(PgError::new("2201F", "cannot take square root of a negative number"));
        }
        (Function::Sqrt, [value]) => Value::Float(value.to_f64().sqrt()),
        (Function::Power, [base, exponent]) => Value::Float(base.to_f64().powf(exponent.to_f64())),
        _ => return Err(wrong_arguments(function)),
    })
}

fn text(function: Function, args: &[Value]) -> Fallible<Value> {
    let texts: Vec<String> = args.iter().map(ToString::to_string).collect();
    Ok(match (function, texts.as_slice(), args) {
        (Function::Lower, [text], _) => Value::from(text.to_lowercase()),
        (Function::Upper, [text], _) => Value::from(text.to_uppercase()),
        (Function::Length, [text], _) => length(text.chars().count()),
        (Function::Trim, [text], _) => Value::from(text.trim_matches(' ')),
        (Function::Replace, [text, from, to], _) if !from.is_empty() => Value::from(text.replace(from, to)),
        (Function::Replace, [text, _, _], _) => Value::from(text.as_str()),
        (Function::Left, [text, _], [_, Value::Int(count)]) => {
            Value::from(text.chars().take(kept(text, *count)).collect::<String>())
        }
        (Function::Right, [text, _], [_, Value::Int(count)]) => {
            let all = text.chars().count();
            Value::from(text.chars().skip(all - kept(text, *count)).collect::<String>())
        }
        (Function::Strpos, [text, part], _) => {
            text.find(part.as_str()).map_or(Value::Int(0), |at| length(text[..at].chars().count() + 1))
        }
        (Function::SplitPart, [text, separator, _], [_, _, Value::Int(field)]) => {
            let part = usize::try_from(*field - 1).ok().and_then(|field| text.split(separator.as_str()).nth(field));
            Value::from(part.unwrap_or(""))
        }
        (Function::Substring, [text, ..], [_, Value::Int(from), rest @ ..]) => {
            let end = match rest.first() {
                Some(Value::Int(count)) if *count < 0 => {
                    return Err(PgError::new("22011", "negative substring length not allowed"));
                }
                Some(Value::Int(count)) => from.saturating_add(*count),
                _ => i64::MAX,
            };
            let inside = (1_i64..).zip(text.chars()).filter(|(at, _)| at >= from && *at < end);
            Value::from(inside.map(|(_, c)| c).collect::<String>())
        }
        _ => return Err(type_mismatch(wrong_arguments(function).message)),
    })
}

/// How many characters `left`/`right` keep; a negative count drops that many.
fn kept(text: &str, count: i64) -> usize {
    let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let kept = if count < 0 { all.saturating_add(count).max(0) } else { count.min(all) };
    usize::try_from(kept).unwrap_or(0)
}
