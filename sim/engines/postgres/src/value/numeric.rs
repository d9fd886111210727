//! `numeric`: an exact decimal of at most 38 digits, an integer and the number of its decimal places.
//! Postgres keeps 131,072 digits; beyond 38 this engine raises 22003 instead of rounding.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{Fallible, division_by_zero, invalid_text, out_of_range};

/// An exact decimal: `digits / 10^scale`. The scale is kept for display (`2.50` stays `2.50`), not for comparison.
#[derive(Clone, Copy, Debug)]
pub struct Numeric {
    digits: i128,
    scale: u32,
}

/// Digits Postgres' division keeps at least (`NUMERIC_MIN_SIG_DIGITS`).
const MIN_QUOTIENT_DIGITS: i32 = 16;
const MAX_SCALE: u32 = 38;

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Numeric {
    /// `digits / 10^scale`.
    pub fn new(digits: i128, scale: u32) -> Self {
        Self { digits, scale }
    }

    /// The unscaled integer.
    pub fn digits(&self) -> i128 {
        self.digits
    }

    /// Decimal places.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// Reads `-12.50` or `1e3`.
    pub(crate) fn parse(text: &str) -> Fallible<Self> {
        let bad = || invalid_text("numeric", text);
        let trimmed = text.trim();
        let (mantissa, exponent) = match trimmed.find(['e', 'E']) {
            Some(at) => (&trimmed[..at], trimmed[at + 1..].parse::<i32>().map_err(|_| bad())?),
            None => (trimmed, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty()
            || !(whole.chars().chain(fraction.chars())).all(|c| c.is_ascii_digit())
        {
            return Err(bad());
        }
        let mut digits: i128 = 0;
        for c in whole.bytes().chain(fraction.bytes()) {
            digits = digits
                .checked_mul(10)
                .and_then(|d| d.checked_add(i128::from(c - b'0')))
                .ok_or_else(|| out_of_range("numeric"))?;
        }
        let scale = i32::try_from(fraction.len()).map_err(|_| out_of_range("numeric"))?.saturating_sub(exponent);
        let signed = if negative { -digits } else { digits };
        match u32::try_from(scale) {
            Ok(scale) if scale <= MAX_SCALE => Ok(Self { digits: signed, scale }),
            Ok(_) => Err(out_of_range("numeric")),
            Err(_) => {
                let factor = power(scale.unsigned_abs()).ok_or_else(|| out_of_range("numeric"))?;
                signed
                    .checked_mul(factor)
                    .map(|digits| Self { digits, scale: 0 })
                    .ok_or_else(|| out_of_range("numeric"))
            }
        }
    }

    fn aligned(self, other: Self) -> Fallible<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Ok((self.at_scale(scale)?, other.at_scale(scale)?, scale))
    }

    fn at_scale(self, scale: u32) -> Fallible<i128> {
        power(scale - self.scale).and_then(|p| self.digits.checked_mul(p)).ok_or_else(|| out_of_range("numeric"))
    }

    pub(crate) fn add(self, other: Self) -> Fallible<Self> {
        let (a, b, scale) = self.aligned(other)?;
        a.checked_add(b).map(|digits| Self { digits, scale }).ok_or_else(|| out_of_range("numeric"))
    }

    pub(crate) fn negate(self) -> Self {
        Self { digits: -self.digits, scale: self.scale }
    }

    pub(crate) fn multiply(self, other: Self) -> Fallible<Self> {
        let digits = self.digits.checked_mul(other.digits).ok_or_else(|| out_of_range("numeric"))?;
        Ok(Self { digits, scale: self.scale + other.scale })
    }

    /// Remainder with the sign of the dividend.
    pub(crate) fn remainder(self, other: Self) -> Fallible<Self> {
        let (a, b, scale) = self.aligned(other)?;
        if b == 0 {
            return Err(division_by_zero());
        }
        Ok(Self { digits: a % b, scale })
    }

    /// Quotient with the number of places `select_div_scale` of Postgres' numeric.c would choose.
    pub(crate) fn divide(self, other: Self) -> Fallible<Self> {
        if other.digits == 0 {
            return Err(division_by_zero());
        }
        let (weight_a, first_a) = self.leading_group();
        let (weight_b, first_b) = other.leading_group();
        let weight = weight_a - weight_b - i32::from(first_a <= first_b);
        let least = u32::try_from(MIN_QUOTIENT_DIGITS - weight * 4).unwrap_or(0);
        let scale = least.max(self.scale).max(other.scale);
        // a/10^sa / (b/10^sb) at `scale` places, one more digit to round on.
        let shift = i64::from(scale) + 1 + i64::from(other.scale) - i64::from(self.scale);
        let shift = u32::try_from(shift).map_err(|_| out_of_range("numeric"))?;
        let scaled = long_division(self.digits, other.digits, shift)?;
        Ok(Self { digits: round_last_digit(scaled), scale })
    }

    /// Weight and value of the first base-10000 digit, as numeric.c stores them.
    fn leading_group(self) -> (i32, i128) {
        if self.digits == 0 {
            return (0, 0);
        }
        let pad = (4 - self.scale % 4) % 4;
        let groups_after_point = i32::try_from((self.scale + pad) / 4).unwrap_or(0);
        let (mut rest, mut count, mut carry) = (self.digits.unsigned_abs(), 0, pad);
        let mut first = 0_u128;
        while rest != 0 {
            let take = 4 - carry;
            let cut = 10_u128.pow(take);
            first = rest % cut * 10_u128.pow(carry);
            rest /= cut;
            carry = 0;
            count += 1;
        }
        (count - 1 - groups_after_point, i128::try_from(first).unwrap_or(0))
    }

    /// Rounded half away from zero to that many places.
    pub(crate) fn round_to(self, scale: u32) -> Fallible<Self> {
        if scale >= self.scale {
            return Ok(Self { digits: self.at_scale(scale)?, scale });
        }
        let cut = power(self.scale - scale - 1).ok_or_else(|| out_of_range("numeric"))?;
        Ok(Self { digits: round_last_digit(self.digits / cut), scale })
    }

    /// The largest integer that is not above it.
    pub(crate) fn floor(self) -> Self {
        let unit = power(self.scale).unwrap_or(i128::MAX);
        Self { digits: self.digits.div_euclid(unit), scale: 0 }
    }

    /// Rounded half away from zero; 22003 outside `bigint`.
    pub(crate) fn to_i64(self) -> Fallible<i64> {
        i64::try_from(self.round_to(0)?.digits).map_err(|_| out_of_range("bigint"))
    }

    /// The nearest float.
    pub(crate) fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Shortest decimal that reads back as the same float, limited to 15 significant digits as Postgres' cast is.
    pub(crate) fn from_f64(value: f64) -> Fallible<Self> {
        if !value.is_finite() {
            return Err(out_of_range("numeric"));
        }
        Self::parse(&format!("{value:.14e}")).map(Self::trimmed)
    }

    fn trimmed(mut self) -> Self {
        while self.scale > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.scale -= 1;
        }
        self
    }

    /// 22003 when more than `precision - scale` digits stand before the point.
    pub(crate) fn fit(self, precision: u8, scale: u8) -> Fallible<Self> {
        let rounded = self.round_to(u32::from(scale))?;
        match power(u32::from(precision)) {
            Some(limit) if rounded.digits.abs() < limit => Ok(rounded),
            _ => Err(crate::error::PgError::new("22003", "numeric field overflow")),
        }
    }
}

/// `a * 10^shift / b`, truncated, without forming the product.
fn long_division(a: i128, b: i128, shift: u32) -> Fallible<i128> {
    let overflow = || out_of_range("numeric");
    let (mut quotient, mut rest) = (a / b, a % b);
    for _ in 0..shift {
        rest = rest.checked_mul(10).ok_or_else(overflow)?;
        quotient = quotient.checked_mul(10).and_then(|q| q.checked_add(rest / b)).ok_or_else(overflow)?;
        rest %= b;
    }
    Ok(quotient)
}

fn round_last_digit(value: i128) -> i128 {
    let up = i128::from((value % 10).abs() >= 5) * value.signum();
    value / 10 + up
}

impl From<i64> for Numeric {
    fn from(value: i64) -> Self {
        Self { digits: i128::from(value), scale: 0 }
    }
}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.digits.cmp(&other.digits);
        }
        match self.aligned(*other) {
            Ok((a, b, _)) => a.cmp(&b),
            // One of them has too many digits to align: their whole parts then differ.
            Err(_) => self.floor().digits.cmp(&other.floor().digits),
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}
