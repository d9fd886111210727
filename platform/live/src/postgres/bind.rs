//! The port's values as parameters, each in the binary form of the type that the server inferred for it.
//!
//! The forms are those of PostgreSQL's `*send` and `*recv` functions: big-endian integers, timestamps in microseconds
//! since 2000-01-01, arrays with a header of dimensions.

use std::sync::Arc;

use ports::sql::{SqlError, SqlValue};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgStatement, PgTypeInfo, Postgres};
use sqlx::{Either, Statement, Type};

use super::error::mismatch;
use super::read::{Kind, POSTGRES_EPOCH_US};

/// The parameters of a prepared statement. How many there must be is left to the server, which refuses a wrong number.
pub(super) fn arguments(statement: &PgStatement, params: &[SqlValue]) -> Result<PgArguments, SqlError> {
    let inferred = match statement.parameters() {
        Some(Either::Left(types)) => types,
        Some(Either::Right(_)) | None => &[],
    };
    let mut arguments = PgArguments::default();
    for (at, value) in params.iter().enumerate() {
        let kind = inferred.get(at).and_then(Kind::of);
        let name = || inferred.get(at).map_or_else(|| "none".to_owned(), ToString::to_string);
        let unfit = || mismatch(format!("parameter ${} is {} and cannot take {value:?}", at + 1, name()));
        let encoded = encode(value, kind).ok_or_else(unfit)?;
        sqlx::Arguments::add(&mut arguments, encoded).map_err(|error| mismatch(error.to_string()))?;
    }
    Ok(arguments)
}

/// A parameter in its binary form; none for NULL.
struct Encoded(Option<Vec<u8>>);

impl Type<Postgres> for Encoded {
    fn type_info() -> PgTypeInfo {
        // Not used: the statement is prepared by the time its arguments are made. Zero leaves it to the server.
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(0))
    }
}

impl Encode<'_, Postgres> for Encoded {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(bytes);
        Ok(IsNull::No)
    }
}

/// `None` when the value does not fit the type. NULL fits every type, also one this port has no values of.
fn encode(value: &SqlValue, kind: Option<Kind>) -> Option<Encoded> {
    if *value == SqlValue::Null {
        return Some(Encoded(None));
    }
    let bytes = match (kind?, value) {
        (Kind::Bool, SqlValue::Bool(value)) => vec![u8::from(*value)],
        (Kind::Int2, SqlValue::Int(value)) => i16::try_from(*value).ok()?.to_be_bytes().to_vec(),
        (Kind::Int4, SqlValue::Int(value)) => i32::try_from(*value).ok()?.to_be_bytes().to_vec(),
        (Kind::Int8, SqlValue::Int(value)) => value.to_be_bytes().to_vec(),
        (Kind::Numeric, SqlValue::Int(value)) => numeric(*value),
        (Kind::Text, SqlValue::Text(text) | SqlValue::Json(text)) => text.as_bytes().to_vec(),
        (Kind::Timestamp, SqlValue::Timestamp(us)) => us.checked_sub(POSTGRES_EPOCH_US)?.to_be_bytes().to_vec(),
        (Kind::Json, SqlValue::Json(text) | SqlValue::Text(text)) => text.as_bytes().to_vec(),
        (Kind::Jsonb, SqlValue::Json(text) | SqlValue::Text(text)) => [&[1], text.as_bytes()].concat(),
        (Kind::Int8Array, SqlValue::IntArray(values)) => {
            array(Kind::INT8_OID, values.iter().map(|value| value.to_be_bytes().to_vec()))
        }
        (Kind::TextArray, SqlValue::TextArray(values)) => {
            array(Kind::TEXT_OID, values.iter().map(|value: &Arc<str>| value.as_bytes().to_vec()))
        }
        _ => return None,
    };
    Some(Encoded(Some(bytes)))
}

/// One dimension, numbered from 1, without nulls; an empty array has no dimension.
fn array(element_oid: u32, elements: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let length = |bytes: usize| i32::try_from(bytes).expect("statements are far below two gigabytes").to_be_bytes();
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&i32::from(elements.len() > 0).to_be_bytes());
    bytes.extend_from_slice(&0_i32.to_be_bytes());
    bytes.extend_from_slice(&element_oid.to_be_bytes());
    if elements.len() > 0 {
        bytes.extend_from_slice(&length(elements.len()));
        bytes.extend_from_slice(&1_i32.to_be_bytes());
    }
    for element in elements {
        bytes.extend_from_slice(&length(element.len()));
        bytes.extend_from_slice(&element);
    }
    bytes
}

/// A whole number: groups of four digits, the highest first; its weight is the place of the highest.
fn numeric(value: i64) -> Vec<u8> {
    const NEGATIVE: u16 = 0x4000;
    let mut groups = Vec::new();
    let mut rest = value.unsigned_abs();
    while rest > 0 {
        groups.push(u16::try_from(rest % 10_000).expect("four digits"));
        rest /= 10_000;
    }
    let count = u16::try_from(groups.len()).expect("at most five groups");
    let sign = if value < 0 { NEGATIVE } else { 0 };
    let header = [count, count.saturating_sub(1), sign, 0];
    header.into_iter().chain(groups.into_iter().rev()).flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &SqlValue, kind: Kind) -> Option<Vec<u8>> {
        encode(value, Some(kind)).and_then(|encoded| encoded.0)
    }

    #[test]
    fn an_integer_is_sent_in_the_width_of_its_parameter() {
        assert_eq!(bytes(&7.into(), Kind::Int2).unwrap(), [0, 7]);
        assert_eq!(bytes(&(-1).into(), Kind::Int4).unwrap(), [255; 4]);
        assert_eq!(bytes(&7.into(), Kind::Int8).unwrap(), [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(bytes(&i64::from(i32::MAX).saturating_add(1).into(), Kind::Int4), None);
    }

    #[test]
    fn null_fits_every_type_and_other_values_only_theirs() {
        assert!(encode(&SqlValue::Null, None).is_some_and(|encoded| encoded.0.is_none()));
        assert!(encode(&7.into(), None).is_none());
        assert_eq!(bytes(&"7".into(), Kind::Int8), None);
    }

    #[test]
    fn an_empty_array_has_no_dimension() {
        assert_eq!(bytes(&SqlValue::IntArray(vec![]), Kind::Int8Array).unwrap().len(), 12);
        assert_eq!(bytes(&SqlValue::IntArray(vec![1]), Kind::Int8Array).unwrap().len(), 20 + 4 + 8);
    }

    #[test]
    fn a_number_is_sent_in_groups_of_four_digits() {
        assert_eq!(numeric(0), [0; 8]);
        assert_eq!(numeric(-20_001), [0, 2, 0, 1, 0x40, 0, 0, 0, 0, 2, 0, 1]);
    }
}
