//! `interval` values: months, days and microseconds kept apart, as Postgres does, because a month has no fixed length.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::error::{Fallible, PgError, invalid_text, out_of_range};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// A span of time. Comparison takes a month as 30 days and a day as 24 hours (Postgres manual, 8.5.4).
#[derive(Clone, Copy, Debug, Default)]
pub struct Interval {
    /// Whole months.
    pub months: i32,
    /// Whole days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

impl Interval {
    /// A span of microseconds only.
    pub fn from_micros(micros: i64) -> Self {
        Self { months: 0, days: 0, micros }
    }

    /// Length in microseconds, months counted as 30 days.
    pub(crate) fn estimate(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(MICROS_PER_DAY) + i128::from(self.micros)
    }

    pub(crate) fn add(self, other: Self) -> Fallible<Self> {
        let sum = || {
            Some(Self {
                months: self.months.checked_add(other.months)?,
                days: self.days.checked_add(other.days)?,
                micros: self.micros.checked_add(other.micros)?,
            })
        };
        sum().ok_or_else(|| PgError::new("22008", "interval out of range"))
    }

    pub(crate) fn negate(self) -> Self {
        Self { months: -self.months, days: -self.days, micros: -self.micros }
    }

    /// Times a factor; what is left of months spills into days, what is left of days into microseconds.
    #[expect(clippy::cast_possible_truncation, reason = "truncation is what spills into the smaller unit")]
    pub(crate) fn scale(self, factor: f64) -> Fallible<Self> {
        let months = f64::from(self.months) * factor;
        let days = f64::from(self.days) * factor + months.fract() * 30.0;
        let micros = self.micros as f64 * factor + days.fract() * MICROS_PER_DAY as f64;
        if !micros.is_finite() || micros.abs() > 9.2e18 || months.abs() > 2e9 || days.abs() > 2e9 {
            return Err(out_of_range("interval"));
        }
        Ok(Self { months: months.trunc() as i32, days: days.trunc() as i32, micros: micros.round() as i64 })
    }

    /// Reads `1 day 02:03:04.5`, `90 seconds`, `-5 min`, `1.5 hours`.
    pub(crate) fn parse(text: &str) -> Fallible<Self> {
        let bad = || PgError::new("22007", invalid_text("interval", text).message);
        let mut total = Self::default();
        let mut words = text.split_whitespace().peekable();
        if words.peek().is_none() {
            return Err(bad());
        }
        let mut negate = false;
        while let Some(word) = words.next() {
            if word.eq_ignore_ascii_case("ago") {
                negate = true;
                continue;
            }
            let part = if word.contains(':') {
                Self::from_micros(clock(word).ok_or_else(bad)?)
            } else {
                let (number, unit) = split_unit(word);
                let unit = if unit.is_empty() { words.next().unwrap_or("seconds") } else { unit };
                let amount: f64 = number.parse().map_err(|_| bad())?;
                unit_of(unit).ok_or_else(bad)?.scale(amount)?
            };
            total = total.add(part)?;
        }
        Ok(if negate { total.negate() } else { total })
    }

    /// Postgres' default output style.
    pub(crate) fn to_text(self) -> String {
        let mut out = String::new();
        let mut unit = |amount: i32, name: &str| {
            if amount != 0 {
                let plural = if amount == 1 { "" } else { "s" };
                write!(out, "{}{amount} {name}{plural}", if out.is_empty() { "" } else { " " })
                    .expect("writing to a String cannot fail");
            }
        };
        unit(self.months / 12, "year");
        unit(self.months % 12, "mon");
        unit(self.days, "day");
        if self.micros != 0 || out.is_empty() {
            let total = self.micros.unsigned_abs();
            let (seconds, fraction) = (total / 1_000_000, total % 1_000_000);
            let sign = if self.micros < 0 { "-" } else { "" };
            let space = if out.is_empty() { "" } else { " " };
            write!(out, "{space}{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
                .expect("writing to a String cannot fail");
            if fraction != 0 {
                let digits = format!("{fraction:06}");
                out.push('.');
                out.push_str(digits.trim_end_matches('0'));
            }
        }
        out
    }
}

fn split_unit(word: &str) -> (&str, &str) {
    let end = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
    word.split_at(end)
}

fn unit_of(unit: &str) -> Option<Interval> {
    let micros = |micros| Interval { months: 0, days: 0, micros };
    let days = |days| Interval { months: 0, days, micros: 0 };
    let months = |months| Interval { months, days: 0, micros: 0 };
    Some(match unit.to_ascii_lowercase().as_str() {
        "us" | "microsecond" | "microseconds" => micros(1),
        "ms" | "millisecond" | "milliseconds" => micros(1_000),
        "s" | "sec" | "secs" | "second" | "seconds" => micros(MICROS_PER_SECOND),
        "m" | "min" | "mins" | "minute" | "minutes" => micros(60 * MICROS_PER_SECOND),
        "h" | "hr" | "hrs" | "hour" | "hours" => micros(3600 * MICROS_PER_SECOND),
        "d" | "day" | "days" => days(1),
        "w" | "week" | "weeks" => days(7),
        "mon" | "mons" | "month" | "months" => months(1),
        "y" | "year" | "years" => months(12),
        _ => return None,
    })
}

/// `[-]hh:mm[:ss[.ffffff]]` in microseconds.
fn clock(word: &str) -> Option<i64> {
    let (sign, word) = word.strip_prefix('-').map_or((1, word), |rest| (-1, rest));
    let mut parts = word.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds are below 60 and rounded to the microsecond")]
    let micros = (seconds * 1e6).round() as i64;
    Some(sign * ((hours * 60 + minutes) * 60 * MICROS_PER_SECOND + micros))
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        self.estimate().cmp(&other.estimate())
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Interval {}
