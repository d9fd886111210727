//! `POST /{target}/_search`: match, sort, cut a page out, count.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of JSON that is not the one asked for is refused whatever it is"
)]

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::Answer;
use crate::document::{Document, Field};
use crate::index::Index;
use crate::mapping::{Kind, known, object};
use crate::query::Query;
use crate::refusal::Refusal;

/// The largest page (`index.max_result_window`).
const LARGEST_PAGE: u64 = 10_000;
/// How far matches are counted unless the request says otherwise.
const COUNTED: u64 = 10_000;

/// What a page is sorted by; what a document lacks comes last.
#[derive(Debug, Clone, PartialEq)]
enum Key {
    Score(f64),
    Long(i64),
    Keyword(String),
    Missing,
}

/// One key of the order.
struct SortBy {
    /// `None` for the score.
    field: Option<String>,
    kind: Kind,
    descending: bool,
}

struct Hit {
    index: String,
    id: String,
    score: f64,
    keys: Vec<Key>,
    document: Arc<Document>,
}

/// Searches the indices behind one name.
pub(crate) fn run(indices: &[&Index], body: &Bytes) -> Answer {
    let body: Value = serde_json::from_slice(body).map_err(|error| Refusal::unreadable(&error))?;
    known(&body, &["query", "size", "sort", "search_after", "aggs", "track_total_hits", "_source"])?;
    let size = match &body["size"] {
        Value::Null => 10,
        given => given.as_u64().ok_or_else(|| Refusal::illegal(format!("size {given}")))?,
    };
    if size > LARGEST_PAGE {
        return Err(Refusal::illegal(format!("Result window is too large: [{size}]")));
    }
    let first = indices.first().ok_or_else(|| Refusal::illegal("no index behind this name"))?;
    let order = read_order(&body["sort"], first)?;
    let after = read_after(&body["search_after"], &order)?;
    let mut hits = Vec::new();
    for index in indices {
        let query = Query::read(&body["query"], index)?;
        for (id, document) in index.seen() {
            let Some(score) = query.score(document) else { continue };
            let keys = order.iter().map(|by| by.key(document, score)).collect();
            let (index, id) = (index.name().to_owned(), id.to_owned());
            hits.push(Hit { index, id, score, keys, document: Arc::clone(document) });
        }
    }
    let matched: Vec<Arc<Document>> = hits.iter().map(|hit| Arc::clone(&hit.document)).collect();
    hits.sort_by(|left, right| compare(&left.keys, &right.keys, &order));
    if let Some(after) = after {
        hits.retain(|hit| compare(&hit.keys, &after, &order) == Ordering::Greater);
    }
    hits.truncate(usize::try_from(size).expect("at most ten thousand"));
    let scored = order.iter().any(|by| by.field.is_none());
    let shown: Result<Vec<Value>, Refusal> = hits.iter().map(|hit| hit.shown(scored, &body["_source"])).collect();
    let mut answer = json!({
        "took": 0, "timed_out": false, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {"max_score": null, "hits": shown?},
    });
    if let Some(total) = total(&body["track_total_hits"], matched.len())? {
        answer["hits"]["total"] = total;
    }
    if !body["aggs"].is_null() {
        answer["aggregations"] = crate::aggregation::run(&body["aggs"], first, &matched)?;
    }
    Ok(answer)
}

fn total(track: &Value, matched: usize) -> Result<Option<Value>, Refusal> {
    let matched = matched as u64;
    let up_to = match track {
        Value::Null => COUNTED,
        Value::Bool(true) => u64::MAX,
        Value::Bool(false) => return Ok(None),
        given => given.as_u64().ok_or_else(|| Refusal::unsupported(format_args!("track_total_hits {given}")))?,
    };
    let relation = if matched > up_to { "gte" } else { "eq" };
    Ok(Some(json!({"value": matched.min(up_to), "relation": relation})))
}

fn read_order(sort: &Value, index: &Index) -> Result<Vec<SortBy>, Refusal> {
    let keys = sort.as_array().filter(|keys| !keys.is_empty());
    let keys = keys.ok_or_else(|| Refusal::unsupported("a search without a sort: its order would be by chance"))?;
    let read = |key: &Value| {
        let mut entries = object(key)?.iter();
        let (Some((field, direction)), None) = (entries.next(), entries.next()) else {
            return Err(Refusal::unsupported(format_args!("the sort {key}")));
        };
        let descending = match direction.as_str() {
            Some("asc") => false,
            Some("desc") => true,
            _ => return Err(Refusal::unsupported(format_args!("the sort {key}"))),
        };
        if field == "_score" {
            return Ok(SortBy { field: None, kind: Kind::Stored, descending });
        }
        let kind = index.mapping().kind_of(field)?;
        if !matches!(kind, Kind::Keyword | Kind::Long) {
            return Err(Refusal::unsupported(format_args!("a sort by {field:?}")));
        }
        Ok(SortBy { field: Some(field.clone()), kind, descending })
    };
    keys.iter().map(read).collect()
}

fn read_after(after: &Value, order: &[SortBy]) -> Result<Option<Vec<Key>>, Refusal> {
    if after.is_null() {
        return Ok(None);
    }
    let values = after.as_array().filter(|values| values.len() == order.len());
    let values = values.ok_or_else(|| Refusal::illegal("search_after has other values than sort has keys"))?;
    let read = |(value, by): (&Value, &SortBy)| {
        let key = match (&by.field, by.kind) {
            (None, _) => value.as_f64().map(Key::Score),
            (Some(_), Kind::Long) => value.as_i64().map(Key::Long),
            (Some(_), _) => value.as_str().map(|text| Key::Keyword(text.to_owned())),
        };
        key.ok_or_else(|| Refusal::illegal(format!("search_after {value}")))
    };
    values.iter().zip(order).map(read).collect::<Result<Vec<_>, _>>().map(Some)
}

impl SortBy {
    fn key(&self, document: &Document, score: f64) -> Key {
        let Some(field) = &self.field else { return Key::Score(score) };
        match document.field(field) {
            Some(Field::Long(value)) => Key::Long(*value),
            Some(Field::Keyword(text)) => Key::Keyword(text.clone()),
            Some(Field::Words(_) | Field::Boolean(_)) | None => Key::Missing,
        }
    }
}

fn compare(left: &[Key], right: &[Key], order: &[SortBy]) -> Ordering {
    for ((left, right), by) in left.iter().zip(right).zip(order) {
        let ordering = match (left, right) {
            (Key::Missing, Key::Missing) => Ordering::Equal,
            (Key::Missing, _) => return Ordering::Greater,
            (_, Key::Missing) => return Ordering::Less,
            (Key::Score(left), Key::Score(right)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
            (Key::Long(left), Key::Long(right)) => left.cmp(right),
            (Key::Keyword(left), Key::Keyword(right)) => left.cmp(right),
            // One key of the order has one type.
            (Key::Score(_) | Key::Long(_) | Key::Keyword(_), _) => Ordering::Equal,
        };
        let ordering = if by.descending { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

impl Hit {
    fn shown(&self, scored: bool, wanted: &Value) -> Result<Value, Refusal> {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|key| match key {
                Key::Score(score) => json!(score),
                Key::Long(value) => json!(value),
                Key::Keyword(text) => json!(text),
                Key::Missing => Value::Null,
            })
            .collect();
        let score = if scored { json!(self.score) } else { Value::Null };
        let mut shown = json!({"_index": self.index, "_id": self.id, "_score": score, "sort": keys});
        if *wanted != Value::Bool(false) {
            shown["_source"] = self.source(wanted)?;
        }
        Ok(shown)
    }

    /// The document, or the fields of it that are wanted.
    fn source(&self, wanted: &Value) -> Result<Value, Refusal> {
        if wanted.is_null() {
            return Ok(self.document.source.clone());
        }
        let names = wanted.as_array().ok_or_else(|| Refusal::unsupported(format_args!("_source {wanted}")))?;
        let mut kept = Map::new();
        for name in names.iter().filter_map(Value::as_str) {
            if let Some(value) = self.document.source.get(name) {
                kept.insert(name.to_owned(), value.clone());
            }
        }
        Ok(Value::Object(kept))
    }
}
