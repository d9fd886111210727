//! Queries: read once against a mapping, then asked of one document after the other.
//!
//! | query | matches | score |
//! |---|---|---|
//! | `match_all` | everything | 1 |
//! | `term`, `terms`, `range`, `prefix`, `fuzzy` | by a field | none: only inside `filter` |
//! | `constant_score` | what its filter does | its boost |
//! | `dis_max` | what any of its queries does | the best one's |
//! | `bool` | all of `must` and `filter`, enough of `should`, none of `must_not` | of `must` and `should`, added up |

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of JSON that is not the one asked for is refused whatever it is"
)]

use std::collections::BTreeSet;

use serde_json::Value;

use crate::distance;
use crate::document::{Document, Field};
use crate::index::Index;
use crate::mapping::{Kind, known, object};
use crate::refusal::Refusal;

/// How deep queries may be nested.
const DEEPEST: usize = 20;

/// A query, with what it had to look up looked up.
#[derive(Debug)]
pub(crate) enum Query {
    All,
    /// The field is one of these; of a text, one of its words.
    Terms {
        field: String,
        terms: Vec<Field>,
    },
    /// A word of the text, or the keyword, is one of these.
    Words {
        field: String,
        words: BTreeSet<String>,
    },
    Prefix {
        field: String,
        prefix: String,
    },
    Range {
        field: String,
        from: i64,
        to: i64,
    },
    Constant {
        filter: Box<Query>,
        boost: f64,
    },
    Best {
        queries: Vec<Query>,
    },
    Bool {
        must: Vec<Query>,
        filter: Vec<Query>,
        should: Vec<Query>,
        must_not: Vec<Query>,
        enough: usize,
    },
}

impl Query {
    /// Reads a query whose score counts.
    pub(crate) fn read(value: &Value, index: &Index) -> Result<Self, Refusal> {
        read(value, index, true, DEEPEST)
    }

    /// The document's score, if it matches.
    pub(crate) fn score(&self, document: &Document) -> Option<f64> {
        match self {
            Self::All => Some(1.0),
            Self::Terms { .. } | Self::Words { .. } | Self::Prefix { .. } | Self::Range { .. } => {
                self.matches(document).then_some(0.0)
            }
            Self::Constant { filter, boost } => filter.matches(document).then_some(*boost),
            Self::Best { queries } => queries.iter().filter_map(|query| query.score(document)).reduce(f64::max),
            Self::Bool { must, filter, should, must_not, enough } => {
                let mut sum = 0.0;
                for query in must {
                    sum += query.score(document)?;
                }
                let scores: Vec<f64> = should.iter().filter_map(|query| query.score(document)).collect();
                let matches = scores.len() >= *enough
                    && filter.iter().all(|query| query.matches(document))
                    && !must_not.iter().any(|query| query.matches(document));
                matches.then(|| sum + scores.iter().sum::<f64>())
            }
        }
    }

    fn matches(&self, document: &Document) -> bool {
        match self {
            Self::All => true,
            Self::Terms { field, terms } => match document.field(field) {
                Some(Field::Words(words)) => terms.iter().any(|term| is_among(term, words)),
                Some(value) => terms.contains(value),
                None => false,
            },
            Self::Words { field, words } => any_word(document, field, |word| words.contains(word)),
            Self::Prefix { field, prefix } => any_word(document, field, |word| word.starts_with(prefix.as_str())),
            Self::Range { field, from, to } => match document.field(field) {
                Some(Field::Long(value)) => from <= value && value <= to,
                Some(Field::Keyword(_) | Field::Words(_) | Field::Boolean(_)) | None => false,
            },
            Self::Constant { .. } | Self::Best { .. } | Self::Bool { .. } => self.score(document).is_some(),
        }
    }
}

fn is_among(term: &Field, words: &[String]) -> bool {
    match term {
        Field::Keyword(term) => words.binary_search(term).is_ok(),
        Field::Words(_) | Field::Long(_) | Field::Boolean(_) => false,
    }
}

fn any_word(document: &Document, field: &str, fits: impl Fn(&str) -> bool) -> bool {
    match document.field(field) {
        Some(Field::Words(words)) => words.iter().any(|word| fits(word)),
        Some(Field::Keyword(word)) => fits(word),
        Some(Field::Long(_) | Field::Boolean(_)) | None => false,
    }
}

fn read(value: &Value, index: &Index, scored: bool, depth: usize) -> Result<Query, Refusal> {
    let mut entries = object(value)?.iter();
    let (Some((kind, body)), None) = (entries.next(), entries.next()) else {
        return Err(Refusal::unsupported(format_args!("the query {value}")));
    };
    let depth = depth.checked_sub(1).ok_or_else(|| Refusal::unsupported("queries nested so deep"))?;
    match kind.as_str() {
        "match_all" => known(body, &[]).map(|()| Query::All),
        "bool" => read_bool(body, index, scored, depth),
        "dis_max" => {
            known(body, &["queries"])?;
            Ok(Query::Best { queries: read_all(&body["queries"], index, scored, depth)? })
        }
        "constant_score" => {
            known(body, &["filter", "boost"])?;
            let filter = Box::new(read(&body["filter"], index, false, depth)?);
            Ok(Query::Constant { filter, boost: body["boost"].as_f64().unwrap_or(1.0) })
        }
        "term" | "terms" | "range" | "prefix" | "fuzzy" if scored => Err(Refusal::unsupported(format_args!(
            "{kind} outside of a filter: its score would follow word statistics"
        ))),
        "term" => read_term(body, index),
        "terms" => read_terms(body, index),
        "range" => read_range(body, index),
        "prefix" => read_prefix(body, index),
        "fuzzy" => read_fuzzy(body, index),
        unknown => Err(Refusal::unsupported(format_args!("the query [{unknown}]"))),
    }
}

fn read_all(value: &Value, index: &Index, scored: bool, depth: usize) -> Result<Vec<Query>, Refusal> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(queries) => queries.iter().map(|query| read(query, index, scored, depth)).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Ok(vec![read(value, index, scored, depth)?])
        }
    }
}

fn read_bool(body: &Value, index: &Index, scored: bool, depth: usize) -> Result<Query, Refusal> {
    known(body, &["must", "filter", "should", "must_not", "minimum_should_match"])?;
    let must = read_all(&body["must"], index, scored, depth)?;
    let filter = read_all(&body["filter"], index, false, depth)?;
    let should = read_all(&body["should"], index, scored, depth)?;
    let must_not = read_all(&body["must_not"], index, false, depth)?;
    let enough = match &body["minimum_should_match"] {
        Value::Null => usize::from(!should.is_empty() && must.is_empty() && filter.is_empty()),
        given => given
            .as_u64()
            .and_then(|enough| usize::try_from(enough).ok())
            .ok_or_else(|| Refusal::unsupported(format_args!("minimum_should_match {given}")))?,
    };
    Ok(Query::Bool { must, filter, should, must_not, enough })
}

/// The one field of a query by a field, and what is said of it.
fn of_field<'a>(body: &'a Value, index: &Index) -> Result<(&'a String, &'a Value, Kind), Refusal> {
    let mut entries = object(body)?.iter();
    match (entries.next(), entries.next()) {
        (Some((field, said)), None) => Ok((field, said, index.mapping().kind_of(field)?)),
        _ => Err(Refusal::unsupported(format_args!("the query by {body}"))),
    }
}

/// A value as the field would hold it.
fn term_of(value: &Value, kind: Kind) -> Result<Field, Refusal> {
    let term = match kind {
        Kind::Keyword | Kind::Text => value.as_str().map(|text| Field::Keyword(text.to_owned())),
        Kind::Long => value.as_i64().map(Field::Long),
        Kind::Boolean => value.as_bool().map(Field::Boolean),
        Kind::Stored => None,
    };
    term.ok_or_else(|| Refusal::unsupported(format_args!("the term {value} of a field of the type {kind:?}")))
}

fn read_term(body: &Value, index: &Index) -> Result<Query, Refusal> {
    let (field, said, kind) = of_field(body, index)?;
    Ok(Query::Terms { field: field.clone(), terms: vec![term_of(said, kind)?] })
}

fn read_terms(body: &Value, index: &Index) -> Result<Query, Refusal> {
    let (field, said, kind) = of_field(body, index)?;
    let values = said.as_array().ok_or_else(|| Refusal::unsupported(format_args!("terms {said}")))?;
    let terms = values.iter().map(|value| term_of(value, kind)).collect::<Result<_, _>>()?;
    Ok(Query::Terms { field: field.clone(), terms })
}

fn read_range(body: &Value, index: &Index) -> Result<Query, Refusal> {
    let (field, said, kind) = of_field(body, index)?;
    known(said, &["gte", "lte"])?;
    if kind != Kind::Long {
        return Err(Refusal::unsupported(format_args!("a range of {field:?}, which is no long")));
    }
    let bound = |key: &str, open: i64| match &said[key] {
        Value::Null => Ok(open),
        given => given.as_i64().ok_or_else(|| Refusal::unsupported(format_args!("the bound {given}"))),
    };
    Ok(Query::Range { field: field.clone(), from: bound("gte", i64::MIN)?, to: bound("lte", i64::MAX)? })
}

fn worded(field: &str, kind: Kind) -> Result<(), Refusal> {
    match kind {
        Kind::Keyword | Kind::Text => Ok(()),
        Kind::Long | Kind::Boolean | Kind::Stored => {
            Err(Refusal::unsupported(format_args!("a query by words on {field:?}, which has none")))
        }
    }
}

fn read_prefix(body: &Value, index: &Index) -> Result<Query, Refusal> {
    let (field, said, kind) = of_field(body, index)?;
    worded(field, kind)?;
    let prefix = said.as_str().ok_or_else(|| Refusal::unsupported(format_args!("the prefix {said}")))?;
    Ok(Query::Prefix { field: field.clone(), prefix: prefix.to_owned() })
}

fn read_fuzzy(body: &Value, index: &Index) -> Result<Query, Refusal> {
    let (field, said, kind) = of_field(body, index)?;
    known(said, &["value", "fuzziness", "prefix_length", "max_expansions"])?;
    if kind != Kind::Text || said["fuzziness"] != "AUTO" {
        return Err(Refusal::unsupported(format_args!("the fuzzy query {body}")));
    }
    let number = |key: &str, usual: u64| said[key].as_u64().or(said[key].is_null().then_some(usual));
    let numbers = (number("prefix_length", 0), number("max_expansions", 50));
    let (Some(value), (Some(prefix), Some(expansions))) = (said["value"].as_str(), numbers) else {
        return Err(Refusal::unsupported(format_args!("the fuzzy query {body}")));
    };
    let (prefix, expansions) =
        (usize::try_from(prefix).unwrap_or(usize::MAX), usize::try_from(expansions).unwrap_or(1));
    let near = distance::near(value, prefix, expansions, index.words(field));
    Ok(Query::Words { field: field.clone(), words: near.into_iter().map(str::to_owned).collect() })
}
