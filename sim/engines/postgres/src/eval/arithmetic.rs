//! Arithmetic: integers check their range (22003), division by zero is 22012, integer division truncates.

use crate::error::{Fallible, division_by_zero, out_of_range, type_mismatch};
use crate::plan::Arithmetic;
use crate::types::Type;
use crate::value::{Numeric, Value, timestamp};

/// 22003 unless the integer lies in the type's range.
pub(crate) fn fits(value: i64, ty: Type) -> Fallible<i64> {
    let fits = match ty {
        Type::Int2 => i16::try_from(value).is_ok(),
        Type::Int4 => i32::try_from(value).is_ok(),
        Type::Bool
        | Type::Int8
        | Type::Float8
        | Type::Numeric(_)
        | Type::Text
        | Type::Timestamptz
        | Type::Interval
        | Type::Jsonb
        | Type::IntArray
        | Type::TextArray
        | Type::Unknown => true,
    };
    if fits { Ok(value) } else { Err(out_of_range(ty.name())) }
}

/// `left op right`; NULL if either is.
pub(crate) fn arithmetic(op: Arithmetic, left: &Value, right: &Value, ty: Type) -> Fallible<Value> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Int(a), Value::Int(b)) => integers(op, *a, *b, ty),
        (Value::Float(_), Value::Int(_) | Value::Float(_) | Value::Numeric(_))
        | (Value::Int(_) | Value::Numeric(_), Value::Float(_)) => floats(op, left.to_f64(), right.to_f64()),
        (Value::Numeric(a), Value::Numeric(b)) => numerics(op, **a, **b),
        (Value::Numeric(a), Value::Int(b)) => numerics(op, **a, Numeric::from(*b)),
        (Value::Int(a), Value::Numeric(b)) => numerics(op, Numeric::from(*a), **b),
        _ => dates(op, left, right),
    }
}

fn integers(op: Arithmetic, a: i64, b: i64, ty: Type) -> Fallible<Value> {
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::Modulo if b == 0 => return Err(division_by_zero()),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo => Some(a.checked_rem(b).unwrap_or(0)),
    };
    let ty = if ty.is_integer() { ty } else { Type::Int8 };
    fits(result.ok_or_else(|| out_of_range(ty.name()))?, ty).map(Value::Int)
}

fn floats(op: Arithmetic, a: f64, b: f64) -> Fallible<Value> {
    let result = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Err(division_by_zero()),
        Arithmetic::Divide => a / b,
        Arithmetic::Modulo => {
            return Err(type_mismatch("operator does not exist: double precision % double precision"));
        }
    };
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(crate::error::PgError::new("22003", "value out of range: overflow"));
    }
    Ok(Value::Float(result))
}

fn numerics(op: Arithmetic, a: Numeric, b: Numeric) -> Fallible<Value> {
    match op {
        Arithmetic::Add => a.add(b),
        Arithmetic::Subtract => a.add(b.negate()),
        Arithmetic::Multiply => a.multiply(b),
        Arithmetic::Divide => a.divide(b),
        Arithmetic::Modulo => a.remainder(b),
    }
    .map(Value::numeric)
}

fn dates(op: Arithmetic, left: &Value, right: &Value) -> Fallible<Value> {
    Ok(match (op, left, right) {
        (Arithmetic::Add, Value::Timestamp(at), Value::Interval(span))
        | (Arithmetic::Add, Value::Interval(span), Value::Timestamp(at)) => {
            Value::Timestamp(timestamp::add_interval(*at, *span)?)
        }
        (Arithmetic::Subtract, Value::Timestamp(at), Value::Interval(span)) => {
            Value::Timestamp(timestamp::add_interval(*at, span.negate())?)
        }
        (Arithmetic::Subtract, Value::Timestamp(a), Value::Timestamp(b)) => {
            Value::Interval(timestamp::subtract(*a, *b))
        }
        (Arithmetic::Add, Value::Interval(a), Value::Interval(b)) => Value::Interval(a.add(*b)?),
        (Arithmetic::Subtract, Value::Interval(a), Value::Interval(b)) => Value::Interval(a.add(b.negate())?),
        (Arithmetic::Multiply, Value::Interval(span), Value::Int(_) | Value::Float(_) | Value::Numeric(_)) => {
            Value::Interval(span.scale(right.to_f64())?)
        }
        (Arithmetic::Multiply, Value::Int(_) | Value::Float(_) | Value::Numeric(_), Value::Interval(span)) => {
            Value::Interval(span.scale(left.to_f64())?)
        }
        (Arithmetic::Divide, Value::Interval(span), Value::Int(_) | Value::Float(_) | Value::Numeric(_)) => {
            if right.to_f64() == 0.0 {
                return Err(division_by_zero());
            }
            Value::Interval(span.scale(1.0 / right.to_f64())?)
        }
        _ => {
            return Err(crate::error::PgError::new("42883", format!("operator does not exist: {left} {op:?} {right}")));
        }
    })
}

/// `-value`
pub(super) fn negate(value: &Value, ty: Type) -> Fallible<Value> {
    Ok(match value {
        Value::Null => Value::Null,
        Value::Int(value) => {
            let negated = value.checked_neg().ok_or_else(|| out_of_range(ty.name()))?;
            Value::Int(fits(negated, ty)?)
        }
        Value::Float(value) => Value::Float(-value),
        Value::Numeric(value) => Value::numeric(value.negate()),
        Value::Interval(value) => Value::Interval(value.negate()),
        Value::Bool(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::IntArray(_)
        | Value::TextArray(_) => return Err(type_mismatch(format_args!("operator does not exist: - {value}"))),
    })
}
