//! What an index is created with: its fields and their types, its analysis, how often it refreshes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::analysis::Analyzer;
use crate::refusal::Refusal;

/// A field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text as it is.
    Keyword,
    /// A text by its words.
    Text,
    /// A whole number.
    Long,
    /// Yes or no.
    Boolean,
    /// Kept and not searched.
    Stored,
}

/// The fields of an index. A document with any other is refused (`dynamic: strict`).
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) fields: BTreeMap<String, Kind>,
    pub(crate) analyzer: Analyzer,
    pub(crate) refresh_interval_ms: i64,
}

impl Mapping {
    /// Reads the body of `PUT /{index}`.
    pub(crate) fn read(body: &Value) -> Result<Self, Refusal> {
        let (settings, mappings) = (&body["settings"], &body["mappings"]);
        known(body, &["settings", "mappings"])?;
        known(settings, &["number_of_shards", "number_of_replicas", "refresh_interval", "analysis"])?;
        known(mappings, &["dynamic", "properties"])?;
        if settings["number_of_shards"] != 1 {
            return Err(Refusal::unsupported("more than one shard"));
        }
        if mappings["dynamic"] != "strict" {
            return Err(Refusal::unsupported("a mapping that is not strict"));
        }
        let analyzer = Analyzer::read(&settings["analysis"])?;
        let mut fields = BTreeMap::new();
        for (name, field) in object(&mappings["properties"])? {
            fields.insert(name.clone(), kind(name, field, &analyzer)?);
        }
        let refresh_interval_ms = interval_ms(&settings["refresh_interval"])?;
        Ok(Self { fields, analyzer, refresh_interval_ms })
    }

    /// The type of a field that a query asks for.
    pub(crate) fn kind_of(&self, field: &str) -> Result<Kind, Refusal> {
        let kind = self.fields.get(field).copied();
        kind.ok_or_else(|| Refusal::unsupported(format_args!("a query on the field {field:?}, which is not mapped")))
    }
}

fn kind(name: &str, field: &Value, analyzer: &Analyzer) -> Result<Kind, Refusal> {
    known(field, &["type", "analyzer", "index", "doc_values"])?;
    let unsearched = field["index"] == false && field["doc_values"] == false;
    if unsearched {
        return Ok(Kind::Stored);
    }
    let plain = field["index"].is_null() && field["doc_values"].is_null();
    let analyzed = field["analyzer"].as_str();
    match (field["type"].as_str(), analyzed) {
        (Some("keyword"), None) if plain => Ok(Kind::Keyword),
        (Some("long"), None) if plain => Ok(Kind::Long),
        (Some("boolean"), None) if plain => Ok(Kind::Boolean),
        (Some("text"), Some(named)) if plain && analyzer.is_named(named) => Ok(Kind::Text),
        _ => Err(Refusal::unsupported(format_args!("the field {name:?} as {field}"))),
    }
}

/// A number of seconds or milliseconds, as `1s` and `200ms`.
fn interval_ms(value: &Value) -> Result<i64, Refusal> {
    let text = value.as_str().unwrap_or("1s");
    let (digits, factor) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').unwrap_or(""), 1_000),
    };
    let number = digits.parse::<i64>().ok().filter(|number| (1..=3_600_000).contains(number));
    number.map(|number| number * factor).ok_or_else(|| Refusal::unsupported(format_args!("the interval {value}")))
}

/// An object's entries.
pub(crate) fn object(value: &Value) -> Result<&Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| Refusal::unsupported(format_args!("{value} where an object belongs")))
}

/// Refuses every key of an object that is not among these.
pub(crate) fn known(value: &Value, keys: &[&str]) -> Result<(), Refusal> {
    match object(value)?.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(unknown) => Err(Refusal::unsupported(format_args!("the key {unknown:?}"))),
        None => Ok(()),
    }
}
