//! Reading and writing `timestamptz`. The session time zone is always UTC.

use crate::error::{Fallible, PgError, invalid_text};
use crate::value::Interval;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Days since the Unix epoch of a proleptic Gregorian date (Howard Hinnant's `days_from_civil`).
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day since the Unix epoch (`civil_from_days`).
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `timestamptz + interval`: months first (the day clamped to the month's length), then days, then time.
pub(crate) fn add_interval(timestamp: i64, interval: Interval) -> Fallible<i64> {
    let overflow = || PgError::new("22008", "timestamp out of range");
    let (mut days, time) = (timestamp.div_euclid(MICROS_PER_DAY), timestamp.rem_euclid(MICROS_PER_DAY));
    if interval.months != 0 {
        let (year, month, day) = civil_from_days(days);
        let months = year * 12 + month - 1 + i64::from(interval.months);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        days = days_from_civil(year, month, day.min(days_in_month(year, month)));
    }
    (days + i64::from(interval.days))
        .checked_mul(MICROS_PER_DAY)
        .and_then(|micros| micros.checked_add(time))
        .and_then(|micros| micros.checked_add(interval.micros))
        .ok_or_else(overflow)
}

/// `timestamptz - timestamptz`: days and time, no months.
pub(crate) fn subtract(left: i64, right: i64) -> Interval {
    let micros = left.saturating_sub(right);
    let days = i32::try_from(micros / MICROS_PER_DAY).unwrap_or(i32::MAX);
    Interval { months: 0, days, micros: micros % MICROS_PER_DAY }
}

/// Reads `2026-11-23`, `2026-11-23 10:00[:00[.5]]`, with `T`, `Z` or an offset; UTC when none is given.
pub(crate) fn parse(text: &str) -> Fallible<i64> {
    parse_parts(text.trim()).ok_or_else(|| {
        let message = invalid_text("timestamp with time zone", text).message;
        PgError::new("22007", message)
    })
}

fn parse_parts(text: &str) -> Option<i64> {
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let mut fields = date.split('-');
    let year: i64 = fields.next()?.parse().ok()?;
    let month: i64 = fields.next()?.parse().ok()?;
    let day: i64 = fields.next()?.parse().ok()?;
    if fields.next().is_some() || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * MICROS_PER_DAY;
    if rest.is_empty() {
        return Some(midnight);
    }
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (rest[..at].trim(), &rest[at..]),
        None => (rest, "Z"),
    };
    Some(midnight + clock_micros(clock)? - offset_micros(offset)?)
}

fn clock_micros(clock: &str) -> Option<i64> {
    let mut fields = clock.split(':');
    let hours: i64 = fields.next()?.parse().ok()?;
    let minutes: i64 = fields.next()?.parse().ok()?;
    let seconds = fields.next().unwrap_or("0");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let whole: i64 = whole.parse().ok()?;
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros: i64 = digits.parse().ok()?;
    if fields.next().is_some() || hours > 24 || minutes > 59 || whole > 60 || fraction.len() > 9 {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + whole) * MICROS_PER_SECOND + micros)
}

fn offset_micros(offset: &str) -> Option<i64> {
    if offset.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = if digits.len() > 2 { digits.split_at(2) } else { (digits.as_str(), "0") };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some(sign * (hours * 60 + minutes) * 60 * MICROS_PER_SECOND)
}

/// `2026-11-23 10:00:00.5+00`.
pub(crate) fn to_text(timestamp: i64) -> String {
    let (days, time) = (timestamp.div_euclid(MICROS_PER_DAY), timestamp.rem_euclid(MICROS_PER_DAY));
    let (year, month, day) = civil_from_days(days);
    let (seconds, micros) = (time / MICROS_PER_SECOND, time % MICROS_PER_SECOND);
    let fraction = format!(".{micros:06}");
    let fraction = if micros == 0 { "" } else { fraction.trim_end_matches('0') };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}+00")
}
