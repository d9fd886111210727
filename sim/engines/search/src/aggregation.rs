//! Counts over everything a query matches: by term, the most frequent first, and by ranges of a number.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of JSON that is not the one asked for is refused whatever it is"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::document::{Document, Field};
use crate::index::Index;
use crate::mapping::{Kind, known, object};
use crate::refusal::Refusal;

/// Computes every aggregation asked for.
pub(crate) fn run(asked: &Value, index: &Index, matched: &[Arc<Document>]) -> Result<Value, Refusal> {
    let mut answers = Map::new();
    for (name, aggregation) in object(asked)? {
        known(aggregation, &["terms", "range"])?;
        let answer = match (&aggregation["terms"], &aggregation["range"]) {
            (by, Value::Null) => terms(by, index, matched)?,
            (Value::Null, by) => ranges(by, index, matched)?,
            _ => return Err(Refusal::unsupported(format_args!("the aggregation {aggregation}"))),
        };
        answers.insert(name.clone(), answer);
    }
    Ok(Value::Object(answers))
}

fn field<'a>(by: &'a Value, index: &Index, wanted: Kind) -> Result<&'a str, Refusal> {
    let field = by["field"].as_str().unwrap_or_default();
    if index.mapping().kind_of(field)? == wanted {
        return Ok(field);
    }
    Err(Refusal::unsupported(format_args!("an aggregation of {field:?}, which is no {wanted:?}")))
}

fn terms(by: &Value, index: &Index, matched: &[Arc<Document>]) -> Result<Value, Refusal> {
    known(by, &["field", "size"])?;
    let field = field(by, index, Kind::Keyword)?;
    let size = by["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(10);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for document in matched {
        if let Some(Field::Keyword(term)) = document.field(field) {
            *counts.entry(term).or_insert(0) += 1;
        }
    }
    let mut sorted: Vec<(&str, u64)> = counts.into_iter().collect();
    // The sort is stable: terms that are equally frequent stay in their own order.
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: u64 = sorted.iter().skip(size).map(|(_, count)| count).sum();
    let buckets: Vec<Value> =
        sorted.iter().take(size).map(|(term, count)| json!({"key": term, "doc_count": count})).collect();
    Ok(json!({"doc_count_error_upper_bound": 0, "sum_other_doc_count": others, "buckets": buckets}))
}

fn ranges(by: &Value, index: &Index, matched: &[Arc<Document>]) -> Result<Value, Refusal> {
    known(by, &["field", "ranges"])?;
    let field = field(by, index, Kind::Long)?;
    let asked = by["ranges"].as_array().ok_or_else(|| Refusal::unsupported(format_args!("the ranges of {by}")))?;
    let mut buckets = Vec::new();
    for range in asked {
        known(range, &["key", "from", "to"])?;
        let bound = |key: &str| match &range[key] {
            Value::Null => Ok(None),
            given => given.as_i64().map(Some).ok_or_else(|| Refusal::unsupported(format_args!("the bound {given}"))),
        };
        let (from, to) = (bound("from")?, bound("to")?);
        let key = range["key"].as_str().ok_or_else(|| Refusal::unsupported("a range without a key"))?;
        let within = |value: i64| from.is_none_or(|from| value >= from) && to.is_none_or(|to| value < to);
        let count = matched
            .iter()
            .filter(|document| matches!(document.field(field), Some(Field::Long(value)) if within(*value)))
            .count();
        buckets.push(bucket(key, from, to, count));
    }
    Ok(json!({ "buckets": buckets }))
}

#[expect(clippy::cast_precision_loss, reason = "the server answers bounds as doubles too")]
fn bucket(key: &str, from: Option<i64>, to: Option<i64>, count: usize) -> Value {
    let mut bucket = json!({"key": key, "doc_count": count});
    for (name, bound) in [("from", from), ("to", to)] {
        if let Some(bound) = bound {
            bucket[name] = json!(bound as f64);
        }
    }
    bucket
}
