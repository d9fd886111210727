//! The text form of every value (what `::text` and `||` give), and array literals.

use std::fmt;
use std::sync::Arc;

use super::{Value, json, timestamp};
use crate::error::{Fallible, PgError, invalid_text};

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(value) => f.write_str(if *value { "true" } else { "false" }),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&float_to_text(*value)),
            Self::Numeric(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Timestamp(value) => f.write_str(&timestamp::to_text(*value)),
            Self::Interval(value) => f.write_str(&value.to_text()),
            Self::Json(value) => {
                let mut out = String::new();
                json::write(value, &mut out);
                f.write_str(&out)
            }
            Self::IntArray(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "{{{}}}", items.join(","))
            }
            Self::TextArray(items) => {
                let items: Vec<String> = items.iter().map(|item| quoted_element(item)).collect();
                write!(f, "{{{}}}", items.join(","))
            }
        }
    }
}

/// Shortest text that reads back as the same float; exponents from 1e15 on and below 1e-4, as Postgres prints them.
pub(crate) fn float_to_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

fn quoted_element(item: &str) -> String {
    let needs_quotes = item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.contains(|c: char| matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_whitespace());
    if needs_quotes { format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")) } else { item.to_owned() }
}

/// `{1,2,3}`
pub(crate) fn parse_int_array(text: &str) -> Fallible<Value> {
    let items = elements(text)?;
    let numbers: Result<Vec<i64>, _> =
        items.iter().map(|item| item.trim().parse::<i64>().map_err(|_| invalid_text("bigint", item))).collect();
    Ok(Value::IntArray(numbers?.into()))
}

/// `{a,"b c"}`
pub(crate) fn parse_text_array(text: &str) -> Fallible<Value> {
    let items: Vec<Arc<str>> = elements(text)?.into_iter().map(Into::into).collect();
    Ok(Value::TextArray(items.into()))
}

fn elements(text: &str) -> Fallible<Vec<String>> {
    let bad = || PgError::new("22P02", format!("malformed array literal: \"{text}\""));
    let inner = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(bad)?;
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    let (mut items, mut item, mut quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => item.push(chars.next().ok_or_else(bad)?),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => {
                finish(&mut items, &mut item, &mut was_quoted)?;
            }
            '{' | '}' if !quoted => return Err(bad()),
            _ => item.push(c),
        }
    }
    if quoted {
        return Err(bad());
    }
    finish(&mut items, &mut item, &mut was_quoted)?;
    Ok(items)
}

fn finish(items: &mut Vec<String>, item: &mut String, was_quoted: &mut bool) -> Fallible<()> {
    let text = std::mem::take(item);
    if !*was_quoted && text.trim().eq_ignore_ascii_case("null") {
        return Err(crate::error::unsupported("NULL inside an array"));
    }
    items.push(if *was_quoted { text } else { text.trim().to_owned() });
    *was_quoted = false;
    Ok(())
}
