//! The bodies sent to the search server.
//!
//! Every word has to be found: in the name, or in the rest; as it is, as the beginning of a word of the name, or misspelt.
//! What a word is worth is the best of these:
//!
//! | where | whole | beginning | misspelt |
//! |---|---|---|---|
//! | name | 8 | 5 | 3 |
//! | description, attributes, seller | 2 | | 1 |

use serde_json::{Value, json};

use super::query::{SearchQuery, Sort};

/// Fields of a hit.
const SHOWN: [&str; 8] = ["sku", "name", "category", "seller", "price_cents", "currency", "flash", "deal_ends_at_ms"];
/// How many letters a beginning has at least: with fewer, everything would be found.
const SHORTEST_BEGINNING: usize = 3;
/// Facets of a kind shown at most.
const FACETS: u32 = 20;
/// How far hits are counted.
const COUNTED: u32 = 10_000;
/// Suggestions at most.
const SUGGESTIONS: u32 = 8;
/// Where price ranges begin and end.
pub(super) const PRICE_STEPS_CENTS: [i64; 5] = [1_000, 2_500, 5_000, 10_000, 50_000];

/// A search; `after` are the sort values of the last hit of the page before. Facets and the count come with the first page
/// only: they do not change from page to page.
pub(super) fn search(query: &SearchQuery, size: i64, after: Option<&[Value]>) -> Value {
    let mut body = json!({
        "query": {"bool": {
            "filter": filters(query),
            "must": query.words.iter().map(|word| worth(word)).collect::<Vec<_>>(),
        }},
        "size": size,
        "sort": sort(query),
        "_source": SHOWN,
    });
    match after {
        Some(after) => {
            body["search_after"] = json!(after);
            body["track_total_hits"] = json!(false);
        }
        None => {
            body["track_total_hits"] = json!(COUNTED);
            body["aggs"] = json!({
                "categories": {"terms": {"field": "category", "size": FACETS}},
                "sellers": {"terms": {"field": "seller", "size": FACETS}},
                "prices": {"range": {"field": "price_cents", "ranges": price_ranges()}},
            });
        }
    }
    body
}

fn filters(query: &SearchQuery) -> Vec<Value> {
    let mut filters = vec![json!({"term": {"status": "active"}})];
    filters.extend(query.category.as_ref().map(|category| json!({"term": {"category": category}})));
    filters.extend(query.seller.as_ref().map(|seller| json!({"term": {"seller": seller}})));
    let mut range = serde_json::Map::new();
    range.extend(query.min_price_cents.map(|min| ("gte".to_owned(), json!(min))));
    range.extend(query.max_price_cents.map(|max| ("lte".to_owned(), json!(max))));
    if !range.is_empty() {
        filters.push(json!({"range": {"price_cents": range}}));
    }
    filters
}

fn worth(word: &str) -> Value {
    let constant = |filter: Value, boost: f64| json!({"constant_score": {"filter": filter, "boost": boost}});
    let mut ways = vec![
        constant(json!({"term": {"name": word}}), 8.0),
        constant(misspelt("name", word), 3.0),
        constant(json!({"term": {"about": word}}), 2.0),
        constant(misspelt("about", word), 1.0),
    ];
    if word.chars().count() >= SHORTEST_BEGINNING {
        ways.push(constant(json!({"prefix": {"name": word}}), 5.0));
    }
    json!({"dis_max": {"queries": ways}})
}

/// One letter off from three letters on, two from six on; the first letter holds, as it nearly always does.
fn misspelt(field: &str, word: &str) -> Value {
    json!({"fuzzy": {field: {"value": word, "fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 50}}})
}

/// Ends with the SKU, so that every hit has a place of its own.
fn sort(query: &SearchQuery) -> Value {
    match query.sort {
        Sort::Relevance if query.words.is_empty() => json!([{"sku": "asc"}]),
        Sort::Relevance => json!([{"_score": "desc"}, {"sku": "asc"}]),
        Sort::PriceAscending => json!([{"price_cents": "asc"}, {"sku": "asc"}]),
        Sort::PriceDescending => json!([{"price_cents": "desc"}, {"sku": "asc"}]),
    }
}

fn price_ranges() -> Vec<Value> {
    let first = PRICE_STEPS_CENTS[0];
    let last = PRICE_STEPS_CENTS[PRICE_STEPS_CENTS.len() - 1];
    let mut ranges = vec![json!({"key": "0", "to": first})];
    ranges.extend(
        PRICE_STEPS_CENTS.windows(2).map(|pair| json!({"key": pair[0].to_string(), "from": pair[0], "to": pair[1]})),
    );
    ranges.push(json!({"key": last.to_string(), "from": last}));
    ranges
}

/// Products whose name has these words, the last of them begun or misspelt.
pub(super) fn suggestions(words: &[String]) -> Option<Value> {
    let (last, whole) = words.split_last()?;
    let mut filter = vec![json!({"term": {"status": "active"}})];
    filter.extend(whole.iter().map(|word| json!({"term": {"name": word}})));
    Some(json!({
        "query": {"bool": {
            "filter": filter,
            "should": [
                {"constant_score": {"filter": {"prefix": {"name": last}}, "boost": 2.0}},
                {"constant_score": {"filter": misspelt("name", last), "boost": 1.0}},
            ],
            "minimum_should_match": 1,
        }},
        "size": SUGGESTIONS,
        "sort": [{"_score": "desc"}, {"sku": "asc"}],
        "_source": ["sku", "name", "category"],
        "track_total_hits": false,
    }))
}
