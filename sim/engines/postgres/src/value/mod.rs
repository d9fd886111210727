//! SQL values: what parameters, columns and results are made of, and the one order they all follow.
//! Text forms are in `text`, arithmetic in `eval`.

mod interval;
mod json;
mod numeric;
mod text;
pub(crate) mod timestamp;

use std::cmp::Ordering;
use std::sync::Arc;

pub use interval::Interval;
pub(crate) use json::write as write_json;
pub use numeric::Numeric;
pub(crate) use text::{float_to_text, parse_int_array, parse_text_array};

/// One SQL value. Cloning is cheap: what is large is shared.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// `boolean`
    Bool(bool),
    /// `smallint`, `integer` or `bigint`
    Int(i64),
    /// `double precision`
    Float(f64),
    /// `numeric`, exact
    Numeric(Box<Numeric>),
    /// `text`
    Text(Arc<str>),
    /// `timestamptz`: microseconds since the Unix epoch, UTC
    Timestamp(i64),
    /// `interval`
    Interval(Interval),
    /// `jsonb`
    Json(Arc<serde_json::Value>),
    /// `bigint[]` without NULLs
    IntArray(Arc<[i64]>),
    /// `text[]` without NULLs
    TextArray(Arc<[Arc<str>]>),
}

/// A stored or returned row, in column order.
pub type Row = Arc<[Value]>;

impl Value {
    /// Text from anything that can be shared as a string.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Exact numeric.
    pub fn numeric(numeric: Numeric) -> Self {
        Self::Numeric(Box::new(numeric))
    }

    /// `true` for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The integer inside, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// The text inside, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    /// The boolean inside, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// Microseconds since the Unix epoch, if this is a timestamp.
    pub fn as_timestamp(&self) -> Option<i64> {
        if let Self::Timestamp(value) = self { Some(*value) } else { None }
    }

    /// Position of this value's kind among kinds that do not compare; numbers share one.
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Float(_) | Self::Numeric(_) => 1,
            Self::Text(_) => 2,
            Self::Timestamp(_) => 3,
            Self::Interval(_) => 4,
            Self::Json(_) => 5,
            Self::IntArray(_) => 6,
            Self::TextArray(_) => 7,
            Self::Null => 8,
        }
    }

    /// Whether `=` and `<` between the two have a meaning.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

/// Total order used by indexes, sorts and comparisons: numbers by value whatever their type, text by bytes (the C
/// collation), NaN above every number, NULL above everything.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => float_order(*a, *b),
            (Self::Numeric(a), Self::Numeric(b)) => a.cmp(b),
            (Self::Int(a), Self::Numeric(b)) => Numeric::from(*a).cmp(b),
            (Self::Numeric(a), Self::Int(b)) => a.as_ref().cmp(&Numeric::from(*b)),
            (Self::Float(a), Self::Int(_) | Self::Numeric(_)) => float_order(*a, other.to_f64()),
            (Self::Int(_) | Self::Numeric(_), Self::Float(b)) => float_order(self.to_f64(), *b),
            (Self::Interval(a), Self::Interval(b)) => a.cmp(b),
            (Self::Json(a), Self::Json(b)) => json::compare(a, b),
            (Self::IntArray(a), Self::IntArray(b)) => a.cmp(b),
            (Self::TextArray(a), Self::TextArray(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Value {
    /// The number inside as a float; NaN for what is no number.
    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Self::Int(value) => *value as f64,
            Self::Float(value) => *value,
            Self::Numeric(value) => value.to_f64(),
            Self::Null
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Timestamp(_)
            | Self::Interval(_)
            | Self::Json(_)
            | Self::IntArray(_)
            | Self::TextArray(_) => f64::NAN,
        }
    }
}

/// Postgres' order of floats: NaN equals NaN and exceeds the rest; both zeros are equal.
fn float_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
