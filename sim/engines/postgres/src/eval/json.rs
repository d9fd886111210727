//! jsonb operators and conversions.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other kind of value gets the same answer: a type error, or nothing"
)]

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use super::elements;
use crate::error::{Fallible, type_mismatch};
use crate::plan::JsonStep;
use crate::value::{Value, timestamp, write_json};

/// `to_jsonb`
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Value::Numeric(value) => value.to_string().parse::<Number>().map_or(Json::Null, Json::Number),
        Value::Text(value) => Json::String(value.to_string()),
        Value::Timestamp(value) => {
            let text = timestamp::to_text(*value).replacen(' ', "T", 1);
            Json::String(format!("{text}:00"))
        }
        Value::Interval(value) => Json::String(value.to_text()),
        Value::Json(value) => (**value).clone(),
        Value::IntArray(items) => items.iter().copied().map(Json::from).collect(),
        Value::TextArray(items) => items.iter().map(|item| Json::String(item.to_string())).collect(),
    }
}

/// An object from alternating keys and values.
pub(super) fn build_object(args: &[Value]) -> Fallible<Value> {
    let mut map = Map::new();
    for pair in args.chunks(2) {
        let [key, value] = pair else { return Err(type_mismatch("argument list must have even number of elements")) };
        if key.is_null() {
            return Err(crate::error::PgError::new("22023", "argument 1: key must not be null"));
        }
        map.insert(key.to_string(), to_json(value));
    }
    Ok(Value::Json(Arc::new(Json::Object(map))))
}

/// `||` of two jsonb values.
pub(super) fn merge(left: &Json, right: &Json) -> Value {
    let merged = match (left, right) {
        (Json::Object(a), Json::Object(b)) => {
            let mut map = a.clone();
            map.extend(b.iter().map(|(key, value)| (key.clone(), value.clone())));
            Json::Object(map)
        }
        _ => {
            let mut items = as_items(left);
            items.extend(as_items(right));
            Json::Array(items)
        }
    };
    Value::Json(Arc::new(merged))
}

fn as_items(json: &Json) -> Vec<Json> {
    if let Json::Array(items) = json { items.clone() } else { vec![json.clone()] }
}

/// A jsonb value as `->>` shows it: strings bare, null as NULL.
pub(crate) fn as_text(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::String(text) => Value::text(text.as_str()),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            let mut out = String::new();
            write_json(json, &mut out);
            Value::from(out)
        }
    }
}

/// The jsonb operators.
pub(super) fn step(op: JsonStep, left: &Value, right: &Value) -> Fallible<Value> {
    let json = match left {
        Value::Null => return Ok(Value::Null),
        Value::Json(json) => json,
        _ => return Err(type_mismatch(format_args!("{left} is not jsonb"))),
    };
    if right.is_null() {
        return Ok(Value::Null);
    }
    let shared = |found: Option<&Json>| found.map_or(Value::Null, |json| Value::Json(Arc::new(json.clone())));
    Ok(match op {
        JsonStep::Get => shared(get(json, right)?),
        JsonStep::GetText => get(json, right)?.map_or(Value::Null, as_text),
        JsonStep::Path => shared(path(json, right)?),
        JsonStep::PathText => path(json, right)?.map_or(Value::Null, as_text),
        JsonStep::Contains => match right {
            Value::Json(right) => Value::Bool(contains(json, right)),
            _ => return Err(type_mismatch("@> needs jsonb on both sides")),
        },
        JsonStep::HasKey => {
            let key = right.to_string();
            Value::Bool(match &**json {
                Json::Object(map) => map.contains_key(&key),
                Json::Array(items) => items.iter().any(|item| item.as_str() == Some(&key)),
                Json::String(text) => *text == key,
                Json::Null | Json::Bool(_) | Json::Number(_) => false,
            })
        }
    })
}

fn get<'a>(json: &'a Json, key: &Value) -> Fallible<Option<&'a Json>> {
    Ok(match (json, key) {
        (Json::Object(map), Value::Text(key)) => map.get(&**key),
        (Json::Array(items), Value::Int(index)) => at(items, *index),
        (_, Value::Text(_) | Value::Int(_)) => None,
        _ => return Err(type_mismatch("-> takes a key or an index")),
    })
}

/// Counted from 0; negative counts from the end.
fn at(items: &[Json], index: i64) -> Option<&Json> {
    let position = if index < 0 {
        usize::try_from(-index).ok().and_then(|back| items.len().checked_sub(back))
    } else {
        usize::try_from(index).ok()
    };
    items.get(position?)
}

fn path<'a>(json: &'a Json, keys: &Value) -> Fallible<Option<&'a Json>> {
    let mut here = Some(json);
    for key in elements(keys)?.unwrap_or_default() {
        let text = key.to_string();
        here = match here {
            Some(Json::Object(map)) => map.get(&text),
            Some(Json::Array(items)) => text.parse().ok().and_then(|index| at(items, index)),
            Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) | None => None,
        };
    }
    Ok(here)
}

fn contains(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Object(a), Json::Object(b)) => {
            b.iter().all(|(key, wanted)| a.get(key).is_some_and(|value| contains(value, wanted)))
        }
        (Json::Array(a), Json::Array(b)) => b.iter().all(|wanted| a.iter().any(|item| contains(item, wanted))),
        (Json::Array(a), _) => a.contains(right),
        _ => left == right,
    }
}
