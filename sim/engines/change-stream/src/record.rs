//! A row's change as Debezium writes it: `bigint` as a number, `boolean` as such, `timestamptz` as text with six digits and
//! `Z` (`io.debezium.time.ZonedTimestamp`), `jsonb` as its text (`io.debezium.data.Json`).
//!
//! The table's replica identity is taken to be full, so that `before` has the whole row.

use std::sync::Arc;

use bytes::Bytes;
use postgres_engine::{ChangeOp, CommitRecord, RowChange, Value as Sql};
use serde_json::{Map, Value, json};

use crate::{ChangeRecord, Table};

/// Changes of one commit at most.
const CHANGES_OF_A_COMMIT: u64 = 1 << 20;

/// A place in the log that is never shared: of a commit's number `sequence` and the change's number in it. It grows with
/// commits, and within one with its changes.
#[must_use]
pub fn lsn_of(sequence: u64, number: usize) -> u64 {
    let number = number as u64;
    assert!(number < CHANGES_OF_A_COMMIT, "a commit of more than {CHANGES_OF_A_COMMIT} changes has no places for them");
    sequence * CHANGES_OF_A_COMMIT + number
}

pub(crate) fn of(table: &Table, commit: &CommitRecord, number: usize, change: &RowChange) -> ChangeRecord {
    let row = |values: Option<&Arc<[Sql]>>| values.map_or(Value::Null, |values| row(&change.columns, values));
    let (before, after) = (row(change.old.as_ref()), row(change.new.as_ref()));
    let named = if after.is_null() { &before } else { &after };
    let key = json!({ table.key: named[table.key] });
    let op = match change.op {
        ChangeOp::Insert => "c",
        ChangeOp::Update => "u",
        ChangeOp::Delete => "d",
    };
    let committed_ms = commit.committed_at_us.div_euclid(1_000);
    let envelope = json!({
        "before": before,
        "after": after,
        "op": op,
        "source": {
            "connector": "postgresql", "name": "catalog", "db": "catalog", "schema": "public", "table": table.name,
            "snapshot": "false", "txId": commit.sequence, "lsn": lsn_of(commit.sequence, number), "ts_ms": committed_ms,
        },
        "ts_ms": committed_ms,
    });
    ChangeRecord { key: Bytes::from(key.to_string()), value: Bytes::from(envelope.to_string()) }
}

fn row(columns: &[Arc<str>], values: &[Sql]) -> Value {
    let fields: Map<String, Value> =
        columns.iter().zip(values).map(|(column, value)| (column.to_string(), column_value(value))).collect();
    Value::Object(fields)
}

fn column_value(value: &Sql) -> Value {
    match value {
        Sql::Null => Value::Null,
        Sql::Bool(value) => json!(value),
        Sql::Int(value) => json!(value),
        Sql::Text(value) => json!(**value),
        Sql::Timestamp(at_us) => json!(zoned(*at_us)),
        Sql::Json(value) => json!(value.to_string()),
        Sql::Float(_) | Sql::Numeric(_) | Sql::Interval(_) | Sql::IntArray(_) | Sql::TextArray(_) => {
            panic!("no followed table has a column of this type: {value:?}")
        }
    }
}

/// RFC 3339 in UTC, with microseconds.
fn zoned(at_us: i64) -> String {
    let (days, of_day_us) = (at_us.div_euclid(86_400_000_000), at_us.rem_euclid(86_400_000_000));
    let (year, month, day) = civil(days);
    let (seconds, us) = (of_day_us / 1_000_000, of_day_us % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{us:06}Z")
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar: counted in eras of 400 years that
/// begin in March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_microseconds_in_utc() {
        assert_eq!(zoned(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(zoned(1_709_208_000_000_001), "2024-02-29T12:00:00.000001Z");
        assert_eq!(zoned(-1), "1969-12-31T23:59:59.999999Z");
    }
}
