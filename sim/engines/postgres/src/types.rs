//! The SQL types the engine knows, and how they are written. Conversions between them live in `eval::cast`.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ExactNumberInfo, TimezoneInfo};

use crate::error::{Fallible, unsupported};

/// A SQL type. Integer widths share one runtime value and differ in the range they are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `boolean`
    Bool,
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `double precision`
    Float8,
    /// `numeric`; `Some((precision, scale))` when declared with one.
    Numeric(Option<(u8, u8)>),
    /// `text` and `varchar` without a length
    Text,
    /// `timestamptz`, shown in UTC
    Timestamptz,
    /// `interval`
    Interval,
    /// `jsonb` (and `json`, stored as jsonb)
    Jsonb,
    /// `bigint[]`, `integer[]`, `smallint[]`
    IntArray,
    /// `text[]`
    TextArray,
    /// An untyped literal or parameter whose type its context decides.
    Unknown,
}

impl Type {
    /// The name Postgres uses in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Float8 => "double precision",
            Self::Numeric(_) => "numeric",
            Self::Text => "text",
            Self::Timestamptz => "timestamp with time zone",
            Self::Interval => "interval",
            Self::Jsonb => "jsonb",
            Self::IntArray => "bigint[]",
            Self::TextArray => "text[]",
            Self::Unknown => "unknown",
        }
    }

    /// `smallint`, `integer` or `bigint`.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    /// Any type arithmetic works on without dates.
    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || matches!(self, Self::Float8 | Self::Numeric(_))
    }

    /// The type of an array's elements; anything else is `Unknown`.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::IntArray => Self::Int8,
            Self::TextArray => Self::Text,
            Self::Bool
            | Self::Int2
            | Self::Int4
            | Self::Int8
            | Self::Float8
            | Self::Numeric(_)
            | Self::Text
            | Self::Timestamptz
            | Self::Interval
            | Self::Jsonb
            | Self::Unknown => Self::Unknown,
        }
    }

    /// The array type whose elements have this type, where the engine has one.
    pub(crate) fn array_of(self) -> Option<Self> {
        if self.is_integer() {
            Some(Self::IntArray)
        } else if matches!(self, Self::Text | Self::Unknown) {
            Some(Self::TextArray)
        } else {
            None
        }
    }
}

/// Reads a type as it is written in SQL.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser knows a hundred types; what is not listed is refused")]
pub(crate) fn from_ast(data_type: &DataType) -> Fallible<Type> {
    Ok(match data_type {
        DataType::Bool | DataType::Boolean => Type::Bool,
        DataType::SmallInt(None) | DataType::Int2(None) => Type::Int2,
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => Type::Int4,
        DataType::BigInt(None) | DataType::Int8(None) => Type::Int8,
        DataType::Float8 | DataType::DoublePrecision | DataType::Double(ExactNumberInfo::None) => Type::Float8,
        DataType::Float(ExactNumberInfo::None) => Type::Float8,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(info)?,
        DataType::Text | DataType::Varchar(None) | DataType::CharacterVarying(None) => Type::Text,
        DataType::Timestamp(None, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => Type::Timestamptz,
        DataType::Interval { fields: None, precision: None } => Type::Interval,
        DataType::JSONB | DataType::JSON => Type::Jsonb,
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => {
            let element = from_ast(element)?;
            element.array_of().ok_or_else(|| unsupported(format_args!("arrays of {}", element.name())))?
        }
        other => return Err(unsupported(format_args!("type {other}"))),
    })
}

fn numeric(info: &ExactNumberInfo) -> Fallible<Type> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(Type::Numeric(None)),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale)) if precision <= 38 && scale <= precision => {
            Ok(Type::Numeric(Some((precision, scale))))
        }
        _ => Err(unsupported(format_args!("numeric({precision},{scale}): at most 38 digits are kept"))),
    }
}
