//! Whole numbers as JSON Schema means `integer`: 2.0 is one, 2.5 is none. Clients that know one kind of number write either.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// The largest size at which every whole number is a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads one.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole)
}

/// Reads one, or null.
pub(crate) fn read_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "read")] i64);
    Ok(Option::<One>::deserialize(deserializer)?.map(|One(number)| number))
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        let whole = number.fract() == 0.0 && number.abs() <= EXACT;
        let read = if whole { format!("{number:.0}").parse().ok() } else { None };
        read.ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Line {
        #[serde(deserialize_with = "super::read")]
        quantity: i64,
        #[serde(default, deserialize_with = "super::read_or_null")]
        price: Option<i64>,
    }

    fn read(document: &str) -> Result<(i64, Option<i64>), serde_json::Error> {
        serde_json::from_str::<Line>(document).map(|line| (line.quantity, line.price))
    }

    #[test]
    fn whole_is_whole_however_it_is_written() {
        for (written, number) in [("2", 2), ("2.0", 2), ("-0.0", 0), ("20e-1", 2), ("-9223372036854775808", i64::MIN)] {
            let document = format!(r#"{{"quantity": {written}, "price": {written}}}"#);
            assert_eq!(read(&document).expect(written), (number, Some(number)), "{written}");
        }
        assert_eq!(read(r#"{"quantity": 1, "price": null}"#).expect("null is no price"), (1, None));
    }

    #[test]
    fn what_is_not_whole_or_does_not_fit_is_refused() {
        for written in ["2.5", "1e300", "9223372036854775808", "9007199254740994.0", "\"2\"", "true", "[2]"] {
            assert!(read(&format!(r#"{{"quantity": {written}}}"#)).is_err(), "{written}");
        }
        assert!(read(r#"{"quantity": null}"#).is_err());
    }
}
