//! The types a key's value can have, each with its range check and its TOML text.
//!
//! Which keys there are is left to the sections.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use toml::de::DeValue;

use crate::error::ScenarioError;
use crate::nearest::did_you_mean;
use crate::section::{Place, found};

/// A key as documentation: `scenarios/README.md` has one table row for each.
#[derive(Clone, Copy, Debug)]
pub struct KeyDoc {
    /// The key.
    pub name: &'static str,
    /// What it sets, with its unit.
    pub doc: &'static str,
    /// The default as TOML text; `None` when the key must be given, "" when leaving it out means "none".
    pub default: Option<fn() -> String>,
    /// What a value is, in words.
    pub value: fn() -> String,
    /// The range as Rust writes it; "" when any value of the type will do.
    pub range: &'static str,
    /// The keys of the table or tables under this key; empty for a plain value.
    pub keys: fn() -> Vec<KeyDoc>,
    /// Whether there may be several of it.
    pub is_list: bool,
}

/// A type that a key can have.
pub(crate) trait Knob: Sized {
    /// What a range is made of; `()` where none makes sense.
    type Scalar;

    /// Reads a value, refusing other types and values out of range.
    fn read(
        place: &Place<'_>,
        value: &DeValue<'_>,
        range: Option<&RangeInclusive<Self::Scalar>>,
    ) -> Result<Self, ScenarioError>;

    /// The value as TOML text; empty for "none".
    fn toml(&self) -> String;

    /// What a value is, in words.
    fn value() -> String;

    /// Whether a value is a list.
    const IS_LIST: bool = false;

    /// Keys below this one; none for plain values.
    fn keys() -> Vec<KeyDoc> {
        Vec::new()
    }
}

fn refuse_type<T>(place: &Place<'_>, value: &DeValue<'_>, wanted: &str) -> Result<T, ScenarioError> {
    Err(place.refuse(&format!("must be {wanted}, not {}", found(value))))
}

fn refuse_range<T, N: Debug + PartialEq>(
    place: &Place<'_>,
    value: &DeValue<'_>,
    range: &RangeInclusive<N>,
) -> Result<T, ScenarioError> {
    let (least, most) = (range.start(), range.end());
    let range = if least == most { format!("{least:?}") } else { format!("from {least:?} to {most:?}") };
    Err(place.refuse(&format!("must be {range}, not {}", found(value))))
}

fn within<T: PartialOrd + Debug>(
    place: &Place<'_>,
    value: &DeValue<'_>,
    number: T,
    range: Option<&RangeInclusive<T>>,
) -> Result<T, ScenarioError> {
    match range {
        Some(range) if !range.contains(&number) => refuse_range(place, value, range),
        Some(_) | None => Ok(number),
    }
}

macro_rules! whole_number {
    ($($number:ty),+) => {$(
        impl Knob for $number {
            type Scalar = $number;

            fn read(
                place: &Place<'_>,
                value: &DeValue<'_>,
                range: Option<&RangeInclusive<$number>>,
            ) -> Result<Self, ScenarioError> {
                let Some(integer) = value.as_integer() else {
                    return refuse_type(place, value, "a whole number");
                };
                let widest = <$number>::MIN..=<$number>::MAX;
                match <$number>::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(number) => within(place, value, number, range),
                    Err(_) => refuse_range(place, value, range.unwrap_or(&widest)),
                }
            }

            fn toml(&self) -> String {
                self.to_string()
            }

            fn value() -> String {
                "whole number".to_owned()
            }
        }
    )+};
}

whole_number!(u32, u64, i64);

impl Knob for f64 {
    type Scalar = f64;

    fn read(
        place: &Place<'_>,
        value: &DeValue<'_>,
        range: Option<&RangeInclusive<f64>>,
    ) -> Result<Self, ScenarioError> {
        let text = match value {
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => return refuse_type(place, value, "a number"),
        };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => within(place, value, number, range),
            Ok(_) | Err(_) => refuse_range(place, value, range.unwrap_or(&(f64::MIN..=f64::MAX))),
        }
    }

    fn toml(&self) -> String {
        format!("{self:?}")
    }

    fn value() -> String {
        "number".to_owned()
    }
}

impl Knob for bool {
    type Scalar = ();

    fn read(place: &Place<'_>, value: &DeValue<'_>, _: Option<&RangeInclusive<()>>) -> Result<Self, ScenarioError> {
        value.as_bool().map_or_else(|| refuse_type(place, value, "true or false"), Ok)
    }

    fn toml(&self) -> String {
        self.to_string()
    }

    fn value() -> String {
        "true or false".to_owned()
    }
}

/// Longest string, in bytes; long enough for a description.
const MAX_STRING: usize = 2_000;

impl Knob for String {
    type Scalar = ();

    fn read(place: &Place<'_>, value: &DeValue<'_>, _: Option<&RangeInclusive<()>>) -> Result<Self, ScenarioError> {
        let Some(text) = value.as_str() else {
            return refuse_type(place, value, "a string");
        };
        if text.trim().is_empty() || text.len() > MAX_STRING {
            return Err(place.refuse(&format!("must hold 1 to {MAX_STRING} bytes of text")));
        }
        Ok(text.to_owned())
    }

    fn toml(&self) -> String {
        toml::Value::String(self.clone()).to_string()
    }

    fn value() -> String {
        "text".to_owned()
    }
}

impl<T: Knob> Knob for Option<T> {
    type Scalar = T::Scalar;

    fn read(
        place: &Place<'_>,
        value: &DeValue<'_>,
        range: Option<&RangeInclusive<T::Scalar>>,
    ) -> Result<Self, ScenarioError> {
        T::read(place, value, range).map(Some)
    }

    fn toml(&self) -> String {
        self.as_ref().map(T::toml).unwrap_or_default()
    }

    fn value() -> String {
        T::value()
    }

    const IS_LIST: bool = T::IS_LIST;

    fn keys() -> Vec<KeyDoc> {
        T::keys()
    }
}

impl<T: Knob> Knob for Vec<T> {
    type Scalar = T::Scalar;

    fn read(
        place: &Place<'_>,
        value: &DeValue<'_>,
        range: Option<&RangeInclusive<T::Scalar>>,
    ) -> Result<Self, ScenarioError> {
        let Some(items) = value.as_array() else {
            return refuse_type(place, value, "a list");
        };
        let read = |item: &toml::Spanned<DeValue<'_>>| {
            let place = Place { in_list: true, offset: item.span().start, ..*place };
            T::read(&place, item.get_ref(), range)
        };
        items.iter().map(read).collect()
    }

    fn toml(&self) -> String {
        let items: Vec<_> = self.iter().map(T::toml).collect();
        format!("[{}]", items.join(", "))
    }

    fn value() -> String {
        format!("list of {}", T::value())
    }

    const IS_LIST: bool = true;

    fn keys() -> Vec<KeyDoc> {
        T::keys()
    }
}

/// Reads one of a closed set of names.
pub(crate) fn read_name<T: Copy + Display>(
    place: &Place<'_>,
    value: &DeValue<'_>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, ScenarioError> {
    let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
    let Some(text) = value.as_str() else {
        return refuse_type(place, value, &format!("one of {}", names.join(", ")));
    };
    let one = all.iter().copied().find(|one| name(*one) == text);
    one.ok_or_else(|| {
        let meant = did_you_mean(text, &names);
        place.refuse(&format!("has no value \"{text}\"{meant}; it is one of {}", names.join(", ")))
    })
}
