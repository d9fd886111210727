//! Columns as the port's values: which types it has, and their binary forms read.

use std::sync::Arc;

use ports::sql::{Rows, SqlError, SqlValue};
use sqlx::postgres::{PgColumn, PgRow, PgTypeInfo, PgValueRef};
use sqlx::{Column, Row, ValueRef};

use super::error::mismatch;

/// 2000-01-01, from which PostgreSQL counts, in microseconds since the Unix epoch.
pub(super) const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

/// The types that have a value in the port, by their object ids in `pg_type`, which are the same in every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Whole numbers only: sums of bigint are numeric.
    Numeric,
    /// `text`, and the types whose binary form is the same.
    Text,
    Timestamp,
    Json,
    Jsonb,
    Int8Array,
    TextArray,
}

impl Kind {
    pub(super) const INT8_OID: u32 = 20;
    pub(super) const TEXT_OID: u32 = 25;

    pub(super) fn of(info: &PgTypeInfo) -> Option<Self> {
        Some(match info.oid()?.0 {
            16 => Self::Bool,
            Self::INT8_OID => Self::Int8,
            21 => Self::Int2,
            23 => Self::Int4,
            1700 => Self::Numeric,
            // text, name, bpchar, varchar, and literals whose type nobody asked for.
            Self::TEXT_OID | 19 | 1042 | 1043 | 705 => Self::Text,
            1184 => Self::Timestamp,
            114 => Self::Json,
            3802 => Self::Jsonb,
            1016 => Self::Int8Array,
            1009 => Self::TextArray,
            _ => return None,
        })
    }
}

/// Reads the rows of one statement.
pub(super) struct Reader {
    names: Arc<[Arc<str>]>,
    kinds: Vec<Kind>,
}

impl Reader {
    /// # Errors
    /// When a column is of a type the port has no values for.
    pub(super) fn of(columns: &[PgColumn]) -> Result<Self, SqlError> {
        let kind = |column: &PgColumn| {
            Kind::of(column.type_info()).ok_or_else(|| {
                let (name, of_type) = (column.name(), column.type_info());
                mismatch(format!("column {name:?} is of type {of_type}, which the port has no value for: cast it"))
            })
        };
        let kinds = columns.iter().map(kind).collect::<Result<_, _>>()?;
        Ok(Self { names: columns.iter().map(|column| Arc::from(column.name())).collect(), kinds })
    }

    /// Whether the statement returns no columns.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The rows of an answer. A value that is not of its column's form comes from a connection that cannot be trusted.
    pub(super) fn rows(self, fetched: &[PgRow]) -> Result<Rows, SqlError> {
        let rows = fetched.iter().map(|row| self.row(row).ok_or(SqlError::ConnectionLost));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(Rows { columns: self.names, affected: rows.len() as u64, rows })
    }

    fn row(&self, row: &PgRow) -> Option<Vec<SqlValue>> {
        let value = |(at, kind): (usize, &Kind)| row.try_get_raw(at).ok().and_then(|raw| decode(&raw, *kind));
        self.kinds.iter().enumerate().map(value).collect()
    }
}

fn decode(raw: &PgValueRef<'_>, kind: Kind) -> Option<SqlValue> {
    if raw.is_null() {
        return Some(SqlValue::Null);
    }
    let bytes = raw.as_bytes().ok()?;
    Some(match kind {
        Kind::Bool => SqlValue::Bool(bytes == [1]),
        Kind::Int2 => SqlValue::Int(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Kind::Int4 => SqlValue::Int(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Kind::Int8 => SqlValue::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        Kind::Numeric => SqlValue::Int(whole_numeric(bytes)?),
        Kind::Text => SqlValue::Text(std::str::from_utf8(bytes).ok()?.into()),
        Kind::Timestamp => {
            SqlValue::Timestamp(i64::from_be_bytes(bytes.try_into().ok()?).saturating_add(POSTGRES_EPOCH_US))
        }
        Kind::Json => SqlValue::Json(std::str::from_utf8(bytes).ok()?.into()),
        // The first byte is the version of the form.
        Kind::Jsonb => SqlValue::Json(std::str::from_utf8(bytes.strip_prefix(&[1])?).ok()?.into()),
        Kind::Int8Array => {
            let number = |element: &[u8]| Some(i64::from_be_bytes(element.try_into().ok()?));
            SqlValue::IntArray(elements(bytes)?.into_iter().map(number).collect::<Option<_>>()?)
        }
        Kind::TextArray => {
            let text = |element: &[u8]| Some(Arc::from(std::str::from_utf8(element).ok()?));
            SqlValue::TextArray(elements(bytes)?.into_iter().map(text).collect::<Option<_>>()?)
        }
    })
}

/// The elements of an array of one dimension without nulls.
fn elements(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (dimensions, rest) = int4(bytes)?;
    let (_has_nulls, rest) = int4(rest)?;
    let (_element_oid, rest) = int4(rest)?;
    if dimensions == 0 {
        return Some(Vec::new());
    }
    let (count, rest) = int4(rest)?;
    let (_first_number, mut rest) = int4(rest)?;
    if dimensions != 1 {
        return None;
    }
    let mut elements = Vec::with_capacity(usize::try_from(count).ok()?);
    for _ in 0..count {
        let (length, after) = int4(rest)?;
        let (element, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        elements.push(element);
        rest = after;
    }
    Some(elements)
}

fn int4(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((i32::from_be_bytes(*head), rest))
}

/// A numeric without digits after its point, as far as it fits.
fn whole_numeric(bytes: &[u8]) -> Option<i64> {
    const NEGATIVE: i64 = 0x4000;
    let words: Vec<i64> = bytes.chunks_exact(2).map(|pair| i64::from(i16::from_be_bytes([pair[0], pair[1]]))).collect();
    let (&[count, weight, sign, _scale], groups) = words.split_first_chunk::<4>()?;
    // NaN and the infinities have signs of their own.
    if sign != 0 && sign != NEGATIVE {
        return None;
    }
    if count == 0 {
        return Some(0);
    }
    let below_the_point = usize::try_from(count - weight - 1).unwrap_or(0);
    let (above, below) = groups.split_at_checked(groups.len().checked_sub(below_the_point)?)?;
    if below.iter().any(|group| *group != 0) {
        return None;
    }
    let mut value: i64 = 0;
    for group in above {
        value = value.checked_mul(10_000)?.checked_add(*group)?;
    }
    for _ in count..=weight {
        value = value.checked_mul(10_000)?;
    }
    Some(if sign == NEGATIVE { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(words: &[i16]) -> Option<i64> {
        whole_numeric(&words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn whole_numbers_are_read_and_others_are_not() {
        assert_eq!(numeric(&[0, 0, 0, 0]), Some(0));
        assert_eq!(numeric(&[2, 1, 0x4000, 0, 2, 1]), Some(-20_001));
        assert_eq!(numeric(&[1, 2, 0, 0, 5]), Some(500_000_000));
        assert_eq!(numeric(&[2, 0, 0, 1, 2, 5_000]), None, "2.5");
        assert_eq!(numeric(&[2, 0, 0, 1, 2, 0]), Some(2), "2.0");
        assert_eq!(numeric(&[0, 0, -16_384, 0]), None, "NaN");
    }
}
