//! jsonb: its text form (keys by length, then bytes; one space after `:` and `,`) and its order.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value as Json};

/// Appends the text form Postgres gives a jsonb value.
pub(crate) fn write(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(value) => out.push_str(&number(value)),
        Json::String(value) => out.push_str(&quoted(value)),
        Json::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(map) => {
            out.push('{');
            for (position, (key, value)) in sorted(map).into_iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                out.push_str(&quoted(key));
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// jsonb stores keys by length first, then by bytes.
fn sorted(map: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
    entries
}

fn quoted(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}

/// Text form of a number. Exponents are kept as serde_json writes them.
pub(crate) fn number(value: &Number) -> String {
    value.to_string()
}

fn rank(json: &Json) -> u8 {
    // Postgres manual, 8.14.4: Object > Array > Boolean > Number > String > Null.
    match json {
        Json::Null => 0,
        Json::String(_) => 1,
        Json::Number(_) => 2,
        Json::Bool(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

/// jsonb's btree order.
pub(crate) fn compare(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => compare_numbers(a, b),
        (Json::Array(a), Json::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
            a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }),
        (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| compare_objects(a, b)),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    }
}

fn compare_objects(a: &Map<String, Json>, b: &Map<String, Json>) -> Ordering {
    for ((key_a, value_a), (key_b, value_b)) in sorted(a).into_iter().zip(sorted(b)) {
        let order = key_a.as_bytes().cmp(key_b.as_bytes()).then_with(|| compare(value_a, value_b));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
