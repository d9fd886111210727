//! Lua values to JSON.

use mlua::{Table, Value};

use super::DEEPEST;
use crate::lua::convert::number_text;
use crate::lua::scalar::Scalar;

/// Arrays with more than this many slots per element are refused …
const SPARSE_RATIO: usize = 2;
/// … unless they have no more than this many slots.
const SPARSE_SAFE: usize = 10;

/// Appends the JSON of a value; the error is cjson's message.
pub(super) fn append(json: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), String> {
    match value {
        Value::Nil => json.extend_from_slice(b"null"),
        Value::Boolean(true) => json.extend_from_slice(b"true"),
        Value::Boolean(false) => json.extend_from_slice(b"false"),
        Value::Integer(number) => append_number(json, *number as f64)?,
        Value::Number(number) => append_number(json, *number)?,
        Value::String(text) => append_string(json, &text.as_bytes()),
        Value::Table(table) => append_table(json, table, depth + 1)?,
        Value::LightUserData(_) if value.is_null() => json.extend_from_slice(b"null"),
        Value::LightUserData(_)
        | Value::Function(_)
        | Value::Thread(_)
        | Value::UserData(_)
        | Value::Error(_)
        | Value::Other(_) => {
            return Err(format!("Cannot serialise {}: type not supported", lua_type(value)));
        }
    }
    Ok(())
}

/// The name that Lua's `type` gives.
fn lua_type(value: &Value) -> &'static str {
    match value {
        Value::LightUserData(_) | Value::UserData(_) | Value::Error(_) => "userdata",
        Value::Integer(_) | Value::Number(_) => "number",
        Value::Nil
        | Value::Boolean(_)
        | Value::String(_)
        | Value::Table(_)
        | Value::Function(_)
        | Value::Thread(_)
        | Value::Other(_) => value.type_name(),
    }
}

fn append_number(json: &mut Vec<u8>, number: f64) -> Result<(), String> {
    if !number.is_finite() {
        return Err("Cannot serialise number: must not be NaN or Inf".to_owned());
    }
    json.extend_from_slice(number_text(number, 14).as_bytes());
    Ok(())
}

fn append_string(json: &mut Vec<u8>, text: &[u8]) {
    json.push(b'"');
    for byte in text {
        match byte {
            b'"' => json.extend_from_slice(b"\\\""),
            b'\\' => json.extend_from_slice(b"\\\\"),
            b'/' => json.extend_from_slice(b"\\/"),
            8 => json.extend_from_slice(b"\\b"),
            b'\t' => json.extend_from_slice(b"\\t"),
            b'\n' => json.extend_from_slice(b"\\n"),
            12 => json.extend_from_slice(b"\\f"),
            b'\r' => json.extend_from_slice(b"\\r"),
            0..=31 | 127 => json.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            plain => json.push(*plain),
        }
    }
    json.push(b'"');
}

fn append_table(json: &mut Vec<u8>, table: &Table, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("Cannot serialise, excessive nesting ({depth})"));
    }
    match array_length(table)? {
        Some(length) if length > 0 => append_array(json, table, length, depth),
        Some(_) | None => append_object(json, table, depth),
    }
}

/// The highest index if all keys are whole numbers from 1 on.
fn array_length(table: &Table) -> Result<Option<usize>, String> {
    let (mut highest, mut count) = (0, 0);
    for pair in table.pairs::<Value, Value>() {
        let Ok((Value::Integer(key), _)) = pair else {
            return Ok(None);
        };
        let Some(key) = usize::try_from(key).ok().filter(|key| *key > 0) else {
            return Ok(None);
        };
        highest = highest.max(key);
        count += 1;
    }
    if highest > count * SPARSE_RATIO && highest > SPARSE_SAFE {
        return Err("Cannot serialise table: excessively sparse array".to_owned());
    }
    Ok(Some(highest))
}

fn append_array(json: &mut Vec<u8>, table: &Table, length: usize, depth: usize) -> Result<(), String> {
    json.push(b'[');
    for at in 1..=length {
        if at > 1 {
            json.push(b',');
        }
        let value: Value = table.raw_get(at).map_err(|error| error.to_string())?;
        append(json, &value, depth)?;
    }
    json.push(b']');
    Ok(())
}

/// Fields come in the order of Lua's own hash, which depends on nothing but the keys and how they were set.
fn append_object(json: &mut Vec<u8>, table: &Table, depth: usize) -> Result<(), String> {
    json.push(b'{');
    let mut is_first = true;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|error| error.to_string())?;
        if !is_first {
            json.push(b',');
        }
        is_first = false;
        match Scalar::of(&key) {
            Some(Scalar::Text(text)) => append_string(json, &text.as_bytes()),
            Some(Scalar::Whole(_) | Scalar::Number(_)) => {
                json.push(b'"');
                append(json, &key, depth)?;
                json.push(b'"');
            }
            None => {
                let kind = lua_type(&key);
                return Err(format!("Cannot serialise {kind}: table key must be a number or string"));
            }
        }
        json.push(b':');
        append(json, &value, depth)?;
    }
    json.push(b'}');
    Ok(())
}
