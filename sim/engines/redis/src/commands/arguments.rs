//! Reading the words of a command: keywords whatever their case, integers, floats, score ranges, options.

use crate::errors::{CommandError, MIN_OR_MAX_NOT_A_FLOAT, NOT_A_FLOAT, NOT_AN_INTEGER};
use crate::number::{parse_double, parse_integer};

/// Whether a word is that keyword; `keyword` is upper case.
pub(super) fn is(word: &[u8], keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword.as_bytes())
}

/// A 64-bit integer.
pub(super) fn integer(word: &[u8]) -> Result<i64, CommandError> {
    parse_integer(word).ok_or(NOT_AN_INTEGER)
}

/// A score or an increment.
pub(super) fn double(word: &[u8]) -> Result<f64, CommandError> {
    parse_double(word).ok_or(NOT_A_FLOAT)
}

/// One end of a range of scores.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScoreBound {
    pub(super) score: f64,
    pub(super) is_exclusive: bool,
}

impl ScoreBound {
    fn parse(word: &[u8]) -> Result<Self, CommandError> {
        let (number, is_exclusive) = match word {
            [b'(', number @ ..] => (number, true),
            number => (number, false),
        };
        // Unlike scores, bounds go straight to strtod: spaces before the number pass, and nothing at all is 0.
        let number = number.trim_ascii_start();
        let score = if number.is_empty() { Some(0.0) } else { parse_double(number) };
        let score = score.ok_or(MIN_OR_MAX_NOT_A_FLOAT)?;
        Ok(Self { score, is_exclusive })
    }
}

/// A range of scores as `ZRANGEBYSCORE` takes it: `(1 5`, `-inf +inf`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScoreRange {
    pub(super) min: ScoreBound,
    pub(super) max: ScoreBound,
}

impl ScoreRange {
    pub(super) fn parse(min: &[u8], max: &[u8]) -> Result<Self, CommandError> {
        Ok(Self { min: ScoreBound::parse(min)?, max: ScoreBound::parse(max)? })
    }

    /// Whether a score lies at or above the lower end.
    pub(super) fn is_reached_by(&self, score: f64) -> bool {
        if self.min.is_exclusive { score > self.min.score } else { score >= self.min.score }
    }

    /// Whether a score lies at or below the upper end.
    pub(super) fn has_not_ended_at(&self, score: f64) -> bool {
        if self.max.is_exclusive { score < self.max.score } else { score <= self.max.score }
    }
}
