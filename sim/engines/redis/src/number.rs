//! Numbers as Redis reads and writes them: strict 64-bit integers, floats in the shortest form that reads back.

use bytes::Bytes;

/// Reads an integer as Redis's `string2ll` does: no spaces, no `+`, no leading zeros, no `-0`.
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut value: u64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // Nineteen digits cannot pass u64::MAX.
        value = value * 10 + u64::from(digit - b'0');
    }
    if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// Reads a float as Redis does for scores: C's `strtod` without leading spaces, `inf` allowed, NaN refused.
pub(crate) fn parse_double(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(hex) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        return parse_hexadecimal(hex).map(|value| if text.starts_with('-') { -value } else { value });
    }
    let value: f64 = text.parse().ok()?;
    if value.is_nan() || (value.is_infinite() && !unsigned.to_ascii_lowercase().starts_with("inf")) {
        return None;
    }
    Some(value)
}

/// The integer part of C's hexadecimal floats; nothing that a platform sends has more.
fn parse_hexadecimal(digits: &str) -> Option<f64> {
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some(f64::from(value))
}

/// An integer in decimal.
pub(crate) fn format_integer(value: i64) -> Bytes {
    let mut buffer = [0u8; 20];
    let digits = write_integer(value, &mut buffer);
    Bytes::copy_from_slice(digits)
}

/// Writes `value` at the end of `buffer` and gives the part that was written.
fn write_integer(value: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b"0123456789"[usize::try_from(rest % 10).expect("a digit is below ten")];
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// A score as Redis 7 writes it: whole numbers plainly, the rest like C's `%.17g`.
pub(crate) fn format_double(value: f64) -> Bytes {
    if value.is_infinite() {
        return Bytes::from_static(if value > 0.0 { b"inf" } else { b"-inf" });
    }
    if value == 0.0 {
        return Bytes::from_static(if value.is_sign_negative() { b"-0" } else { b"0" });
    }
    Bytes::from(format_general(value, 17))
}

/// C's `%.<precision>g`.
pub(crate) fn format_general(value: f64, precision: usize) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{:.*e}", precision - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').expect("an exponent was asked for");
    let exponent: i32 = exponent.parse().expect("the exponent is a small integer");
    let precision = i32::try_from(precision).expect("a precision is below a hundred");
    if exponent < -4 || exponent >= precision {
        let mantissa = trim_zeros(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let decimals = usize::try_from(precision - 1 - exponent).expect("the exponent is below the precision");
    trim_zeros(&format!("{value:.decimals$}")).to_owned()
}

/// Drops the zeros after the decimal point, and the point if nothing is left behind it.
fn trim_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_strictly_as_redis_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999", None),
            ("01", None),
            ("-0", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("", None),
            ("-", None),
            ("1a", None),
        ] {
            assert_eq!(parse_integer(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn integers_survive_being_written_and_read() {
        for value in [0, 7, -7, 10, 1_000_000, i64::MAX, i64::MIN] {
            assert_eq!(parse_integer(&format_integer(value)), Some(value));
        }
    }

    #[test]
    fn doubles_are_written_like_the_c_library_writes_them() {
        for (value, expected) in [
            (3.0, "3"),
            (-0.0, "-0"),
            (0.1, "0.10000000000000001"),
            (1.5, "1.5"),
            (1e17, "1e+17"),
            (1e16, "10000000000000000"),
            (1e300, "1.0000000000000001e+300"),
            (1e-5, "1.0000000000000001e-05"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(format_double(value), expected);
        }
        assert_eq!(format_general(0.84048536971234, 14), "0.84048536971234");
        assert_eq!(format_general(100_000_000_000_000.0, 14), "1e+14");
    }
}
