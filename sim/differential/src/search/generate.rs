//! Drawing programs: few documents and few words, so that writes meet and words are found.

use serde_json::{Value, json};

use super::{Program, Step};
use crate::draw::Draw;

const WORDS: [&str; 18] = [
    "lamp", "lamps", "lmap", "lampe", "desk", "desks", "kettle", "ketle", "kettel", "castle", "tv", "a", "1", "17",
    "über", "uber", "世界", "Straße",
];
const IDS: [&str; 8] = ["A", "B", "C", "D-1", "E_2", "ü", "a", "Z"];
const CATEGORIES: [&str; 3] = ["home", "toys", "Home"];
const SELLERS: [&str; 3] = ["Bricks", "Hearth & Co", "s"];

/// An index as the platform makes it, but refreshed by hand only.
pub(super) fn index() -> String {
    include_str!("../../../../platform/search/products.json").replace("\"200ms\"", "\"3600s\"")
}

/// The program of a seed.
pub(super) fn program(seed: u64) -> Program {
    let mut draw = Draw::from_seed(seed);
    let mut steps = vec![alias("add", "a")];
    for _ in 0..draw.count(10, 30) {
        steps.push(match draw.weighted(&[40, 20, 40, 6, 6, 2]) {
            0 => bulk(&mut draw),
            1 => Step { method: "POST", path: "/@-r/_refresh".to_owned(), body: String::new() },
            2 => search(&mut draw),
            3 => alias(draw.pick(&["add", "remove"]), draw.pick(&["a", "b", "none"])),
            4 => Step { method: "GET", path: format!("/_alias/@-{}", draw.pick(&["r", "none"])), body: String::new() },
            _ => Step { method: "PUT", path: "/@-a".to_owned(), body: index() },
        });
    }
    Program { steps }
}

fn alias(action: &str, index: &str) -> Step {
    let mut details = serde_json::Map::new();
    details.insert(action.to_owned(), json!({"index": format!("@-{index}"), "alias": "@-r"}));
    Step { method: "POST", path: "/_aliases".to_owned(), body: json!({"actions": [details]}).to_string() }
}

fn text(draw: &mut Draw, most: usize) -> String {
    let words: Vec<&str> = (0..draw.count(0, most)).map(|_| draw.pick(&WORDS)).collect();
    words.join(draw.pick(&[" ", ", ", "-", "\u{a0}", "'", "."]))
}

fn bulk(draw: &mut Draw) -> Step {
    let mut body = String::new();
    for _ in 0..draw.count(1, 6) {
        let index = draw.pick(&["@-a", "@-a", "@-a", "@-b", "@-none"]);
        let id = draw.pick(&IDS);
        let write = json!({"_index": index, "_id": id, "version": draw.int(0, 9), "version_type": "external_gte"});
        body.push_str(&format!("{}\n{}\n", json!({ "index": write }), document(draw, id)));
    }
    Step { method: "POST", path: "/_bulk".to_owned(), body }
}

fn document(draw: &mut Draw, id: &str) -> Value {
    if draw.chance(10) {
        return json!({"sku": id, "status": "gone"});
    }
    let mut document = json!({
        "sku": id, "category": draw.pick(&CATEGORIES), "seller": draw.pick(&SELLERS), "status": draw.pick(&["active", "active", "hidden"]),
        "name": text(draw, 4), "about": text(draw, 6), "price_cents": draw.int(0, 6) * 1_000, "currency": "usd",
        "flash": draw.chance(50), "row_version": draw.int(1, 3),
    });
    if draw.chance(30) {
        document["deal_ends_at_ms"] = json!(draw.int(0, 1_000_000));
    }
    match draw.below(40) {
        0 => document["unknown"] = json!(1),
        1 => document["price_cents"] = json!("much"),
        2 => document["flash"] = json!("perhaps"),
        3 => document["name"] = Value::Null,
        _ => {}
    }
    document
}

fn search(draw: &mut Draw) -> Step {
    let mut filter = vec![json!({"term": {"status": "active"}})];
    if draw.chance(25) {
        filter.push(json!({"term": {"category": draw.pick(&CATEGORIES)}}));
    }
    if draw.chance(15) {
        filter.push(json!({"terms": {"seller": [draw.pick(&SELLERS), draw.pick(&SELLERS)]}}));
    }
    if draw.chance(15) {
        filter.push(json!({"term": {"flash": draw.chance(50)}}));
    }
    if draw.chance(25) {
        filter.push(json!({"range": {"price_cents": {"gte": draw.int(0, 6_000)}}}));
    }
    if draw.chance(25) {
        filter.push(json!({"range": {"price_cents": {"lte": draw.int(0, 6_000)}}}));
    }
    let words: Vec<String> = (0..draw.count(0, 2)).map(|_| draw.pick(&WORDS).to_lowercase()).collect();
    let must: Vec<Value> = words.iter().map(|word| worth(word)).collect();
    let mut query = json!({"filter": filter, "must": must});
    if draw.chance(20) {
        let word = draw.pick(&WORDS);
        query["should"] = json!([
            {"constant_score": {"filter": {"prefix": {"name": word}}, "boost": 2.0}},
            {"constant_score": {"filter": fuzzy("name", word), "boost": 1.0}},
        ]);
        query["minimum_should_match"] = json!(draw.int(0, 1));
    }
    let (sort, after) = order(draw);
    let mut body = json!({"query": {"bool": query}, "size": draw.int(0, 9), "sort": sort});
    match draw.below(4) {
        0 => body["search_after"] = after,
        1 => body["track_total_hits"] = json!(draw.chance(50)),
        2 => body["track_total_hits"] = json!(draw.int(1, 4)),
        _ => {}
    }
    if draw.chance(30) {
        body["_source"] = json!(["sku", "name", "deal_ends_at_ms"]);
    }
    if draw.chance(40) {
        body["aggs"] = json!({
            "categories": {"terms": {"field": "category", "size": draw.int(1, 3)}},
            "prices": {"range": {"field": "price_cents", "ranges":
                [{"key": "0", "to": 1000}, {"key": "1", "from": 1000, "to": 4000}, {"key": "4", "from": 4000}]}},
        });
    }
    Step { method: "POST", path: "/@-r/_search".to_owned(), body: body.to_string() }
}

/// An order, and a place in it.
fn order(draw: &mut Draw) -> (Value, Value) {
    let sku = draw.pick(&IDS);
    let price = draw.int(0, 6) * 1_000;
    let score = draw.int(0, 16);
    match draw.below(4) {
        0 => (json!([{"sku": "asc"}]), json!([sku])),
        1 => (json!([{"_score": "desc"}, {"sku": "asc"}]), json!([score, sku])),
        2 => (json!([{"price_cents": "asc"}, {"sku": "asc"}]), json!([price, sku])),
        _ => (json!([{"price_cents": "desc"}, {"sku": "desc"}]), json!([price, sku])),
    }
}

fn fuzzy(field: &str, word: &str) -> Value {
    json!({"fuzzy": {field: {"value": word, "fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 50}}})
}

fn worth(word: &str) -> Value {
    let constant = |filter: Value, boost: f64| json!({"constant_score": {"filter": filter, "boost": boost}});
    json!({"dis_max": {"queries": [
        constant(json!({"term": {"name": word}}), 8.0),
        constant(json!({"prefix": {"name": word}}), 5.0),
        constant(fuzzy("name", word), 3.0),
        constant(json!({"term": {"about": word}}), 2.0),
        constant(fuzzy("about", word), 1.0),
    ]}})
}
