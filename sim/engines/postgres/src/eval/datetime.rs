//! `extract` and `date_trunc`, in UTC.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other kind of value gets the same answer: a type error, or nothing"
)]

use crate::error::{Fallible, type_mismatch};
use crate::plan::TimeField;
use crate::value::timestamp::{civil_from_days, days_from_civil};
use crate::value::{Numeric, Value};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `extract(field from value)`: numeric, with six decimal places where Postgres gives them.
pub(super) fn extract(field: TimeField, value: &Value) -> Fallible<Value> {
    let number = match value {
        Value::Null => return Ok(Value::Null),
        Value::Timestamp(at) => of_timestamp(field, *at),
        Value::Interval(span) => match field {
            TimeField::Epoch => Numeric::new(epoch_of(span), 6),
            TimeField::Day => Numeric::from(i64::from(span.days)),
            TimeField::Hour => Numeric::from(span.micros / (3600 * SECOND)),
            TimeField::Minute => Numeric::from(span.micros / (60 * SECOND) % 60),
            TimeField::Second => Numeric::new(i128::from(span.micros % (60 * SECOND)), 6),
            TimeField::Millisecond => Numeric::new(i128::from(span.micros % (60 * SECOND)), 3),
            TimeField::Microsecond => Numeric::from(span.micros % (60 * SECOND)),
            TimeField::Month => Numeric::from(i64::from(span.months % 12)),
            TimeField::Year => Numeric::from(i64::from(span.months / 12)),
            TimeField::Dow => return Err(type_mismatch("unit \"dow\" not supported for type interval")),
        },
        _ => return Err(type_mismatch("extract takes a timestamp or an interval")),
    };
    Ok(Value::numeric(number))
}

/// Years count 365.25 days and months 30, as in Postgres' `interval_part`.
fn epoch_of(span: &crate::value::Interval) -> i128 {
    let years = i128::from(span.months / 12);
    let months = i128::from(span.months % 12);
    let days = i128::from(span.days) + months * 30;
    years * 31_557_600 * i128::from(SECOND) + days * i128::from(DAY) + i128::from(span.micros)
}

fn of_timestamp(field: TimeField, at: i64) -> Numeric {
    let (days, time) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    match field {
        TimeField::Epoch => Numeric::new(i128::from(at), 6),
        TimeField::Microsecond => Numeric::from(time % (60 * SECOND)),
        TimeField::Millisecond => Numeric::new(i128::from(time % (60 * SECOND)), 3),
        TimeField::Second => Numeric::new(i128::from(time % (60 * SECOND)), 6),
        TimeField::Minute => Numeric::from(time / (60 * SECOND) % 60),
        TimeField::Hour => Numeric::from(time / (3600 * SECOND)),
        TimeField::Day => Numeric::from(day),
        TimeField::Dow => Numeric::from((days + 4).rem_euclid(7)),
        TimeField::Month => Numeric::from(month),
        TimeField::Year => Numeric::from(year),
    }
}

/// `date_trunc(field, value)`
pub(super) fn truncate(field: TimeField, value: &Value) -> Fallible<Value> {
    let at = match value {
        Value::Null => return Ok(Value::Null),
        Value::Timestamp(at) => *at,
        _ => return Err(type_mismatch("date_trunc takes a timestamp")),
    };
    let (year, month, _) = civil_from_days(at.div_euclid(DAY));
    let cut = |unit: i64| at - at.rem_euclid(unit);
    Ok(Value::Timestamp(match field {
        TimeField::Microsecond => at,
        TimeField::Millisecond => cut(1000),
        TimeField::Second => cut(SECOND),
        TimeField::Minute => cut(60 * SECOND),
        TimeField::Hour => cut(3600 * SECOND),
        TimeField::Day => cut(DAY),
        TimeField::Month => days_from_civil(year, month, 1) * DAY,
        TimeField::Year => days_from_civil(year, 1, 1) * DAY,
        TimeField::Epoch | TimeField::Dow => return Err(type_mismatch("unit not supported by date_trunc")),
    }))
}
