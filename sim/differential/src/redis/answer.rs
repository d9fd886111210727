//! An answer in the words both sides share: what RESP 2 can say.

use std::fmt;

use redis_engine::Reply;

/// An answer as RESP 2 has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    Nil,
    NilArray,
    Status(String),
    Int(i64),
    Bulk(Vec<u8>),
    Array(Vec<Answer>),
    Error(String),
}

/// What is compared of two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exactness {
    /// Their elements' order too. Else somebody asked for what has no promised order.
    pub(super) ordered: bool,
    /// Numbers to the last digit. Else somebody asked for a time, and such numbers may lie apart by two seconds.
    pub(super) to_the_digit: bool,
}

impl Exactness {
    pub(super) const FULL: Self = Self { ordered: true, to_the_digit: true };
}

/// Below this a number is a count or a value, never a time; from the second on it is no time either.
const TIMES: std::ops::Range<i64> = 900..100_000_000_000_000;
/// Numbers of at least this size are milliseconds.
const MILLISECONDS: i64 = 900_000;
/// How far apart two times may lie.
const BOUND_MS: i64 = 2_000;

impl Answer {
    /// The engine's answer in these words.
    pub(super) fn of_engine(reply: &Reply) -> Self {
        match reply {
            Reply::Nil => Self::Nil,
            Reply::NilArray => Self::NilArray,
            Reply::Ok => Self::Status("OK".to_owned()),
            Reply::Status(text) => Self::Status(text.to_string()),
            Reply::Int(number) => Self::Int(*number),
            Reply::Bulk(bytes) => Self::Bulk(bytes.to_vec()),
            Reply::Array(replies) | Reply::Set(replies) => Self::Array(replies.iter().map(Self::of_engine).collect()),
            Reply::Error(text) => Self::Error(text.clone()),
            Reply::Double(number) => Self::Bulk(number.to_string().into_bytes()),
            Reply::Map(pairs) => {
                Self::Array(pairs.iter().flat_map(|(name, value)| [name, value]).map(Self::of_engine).collect())
            }
        }
    }

    /// Whether both are the same as far as `exactness` asks.
    pub(super) fn agrees(&self, other: &Self, exactness: Exactness) -> bool {
        if exactness.ordered {
            self.is_like(other, exactness)
        } else {
            self.sorted().is_like(&other.sorted(), exactness)
        }
    }

    fn is_like(&self, other: &Self, exactness: Exactness) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) if !exactness.to_the_digit && TIMES.contains(a) && TIMES.contains(b) => {
                (a - b).abs() <= if *a >= MILLISECONDS { BOUND_MS } else { BOUND_MS / 1_000 }
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b, exactness))
            }
            (a, b) => a == b,
        }
    }

    fn sorted(&self) -> Self {
        match self {
            Self::Array(items) => {
                let mut items: Vec<Self> = items.iter().map(Self::sorted).collect();
                items.sort();
                Self::Array(items)
            }
            Self::Nil | Self::NilArray | Self::Status(_) | Self::Int(_) | Self::Bulk(_) | Self::Error(_) => {
                self.clone()
            }
        }
    }

    /// Whether this is a time to live, in milliseconds, that a pause would outlast.
    pub(super) fn is_soon(&self) -> bool {
        matches!(self, Self::Int(left) if (0..=super::SHORT_MS).contains(left))
    }

    /// The text at a place of an array.
    pub(super) fn part(&self, at: usize) -> Option<String> {
        let Self::Array(items) = self else { return None };
        let Some(Self::Bulk(bytes)) = items.get(at) else { return None };
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// For the tally: an error's first word and, where that says little, its text.
    pub(super) fn error(&self) -> Option<&str> {
        let Self::Error(text) = self else { return None };
        let end = if text.starts_with("ERR ") {
            text.find(" script:").or_else(|| text.find(", with args")).unwrap_or(text.len())
        } else {
            text.find(' ').unwrap_or(text.len())
        };
        text.get(..end.min(60)).or(Some(text))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("(nil)"),
            Self::NilArray => f.write_str("(nil array)"),
            Self::Status(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bulk(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(" "))
            }
            Self::Error(text) => write!(f, "(error) {text}"),
        }
    }
}
