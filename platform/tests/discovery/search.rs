//! What searches find, and what they say when there is nobody to ask.

use std::collections::BTreeSet;

use http::StatusCode;
use platform::messages::SEARCH_ENGINE;
use platform::metrics::Counter;
use serde_json::json;

use crate::shop::{Indexer, Shop, skus};

async fn stocked() -> (Shop, Indexer) {
    let shop = Shop::open();
    shop.add("LAMP", "Desk lamp", "home", "Hearth & Co", 2_500);
    shop.add("LAMPSHADE", "Lampshade, small", "home", "Hearth & Co", 900);
    shop.add("KETTLE", "Kettle, 1.7 l", "home", "Hearth & Co", 4_990);
    shop.add("TABLE", "Table for a lamp", "home", "Bricks", 12_000);
    shop.add("CASTLE", "Brick castle", "toys", "Bricks", 60_000);
    shop.add("HIDDEN", "Hidden lamp", "home", "Bricks", 1);
    shop.run("UPDATE products SET status = 'hidden', version = 2 WHERE sku = 'HIDDEN'");
    let indexer = shop.indexer();
    shop.settled().await;
    (shop, indexer)
}

#[tokio::test]
async fn words_are_found_whole_begun_and_misspelt_the_best_first() {
    let (shop, _indexer) = stocked().await;
    assert_eq!(shop.found("q=lamp").await, ["LAMP", "TABLE", "LAMPSHADE"], "whole words before beginnings");
    assert_eq!(shop.found("q=LAMP+desk").await, ["LAMP"], "every word has to be there");
    for misspelt in ["ketle", "kettel", "ketttle", "kwttle", "k%65ttle"] {
        assert_eq!(shop.found(&format!("q={misspelt}")).await, ["KETTLE"], "{misspelt}");
    }
    assert_eq!(shop.found("q=table").await[0], "TABLE", "the name before the description");
    assert_eq!(shop.found("q=black+castle").await, ["CASTLE"], "attributes are searched too");
    assert_eq!(shop.found("q=zebra").await, [""; 0]);
    assert_eq!(shop.found("q=hidden").await, [""; 0], "what is hidden is not found");
}

#[tokio::test]
async fn filters_facets_and_orders_go_together() {
    let (shop, _indexer) = stocked().await;
    assert_eq!(shop.found("category=toys").await, ["CASTLE"]);
    assert_eq!(shop.found("seller=Bricks").await, ["CASTLE", "TABLE"]);
    assert_eq!(shop.found("q=lamp&max_price_cents=2500&sort=price-asc").await, ["LAMPSHADE", "LAMP"]);
    assert_eq!(shop.found("sort=price-desc").await, ["CASTLE", "TABLE", "KETTLE", "LAMP"]);
    let page = shop.find("min_price_cents=2500").await;
    assert_eq!(page["total"], json!({"value": 4, "exact": true}));
    let facets = &page["facets"];
    assert_eq!(facets["categories"], json!([{"value": "home", "count": 3}, {"value": "toys", "count": 1}]));
    assert_eq!(facets["sellers"], json!([{"value": "Bricks", "count": 2}, {"value": "Hearth & Co", "count": 2}]));
    let counts: Vec<_> = facets["prices"].as_array().unwrap().iter().map(|range| range["count"].clone()).collect();
    assert_eq!(counts, [0, 0, 2, 0, 1, 1]);
    // A facet's bounds, asked for, find as many as it said.
    let range = &facets["prices"][2];
    let query = format!("min_price_cents={}&max_price_cents={}", range["min_price_cents"], range["max_price_cents"]);
    assert_eq!(shop.found(&query).await.len(), 2);
}

#[tokio::test]
async fn suggestions_complete_what_is_being_typed() {
    let (shop, _indexer) = stocked().await;
    for (typed, expected) in [("lam", vec!["LAMP", "TABLE", "LAMPSHADE"]), ("desk+l", vec!["LAMP"]), ("ketl", vec![])] {
        let (status, answer) = shop.get(&format!("/internal/catalog/suggestions?q={typed}")).await;
        assert_eq!((status, &answer["degraded"]), (StatusCode::OK, &json!(false)));
        let suggested: Vec<_> =
            answer["suggestions"].as_array().unwrap().iter().map(|one| one["sku"].clone()).collect();
        assert_eq!(suggested, expected, "{typed}");
    }
    let (_, nothing) = shop.get("/internal/catalog/suggestions?q=").await;
    assert_eq!(nothing["suggestions"], json!([]));
}

#[tokio::test]
async fn pages_follow_each_other_and_leave_nothing_out() {
    let (shop, _indexer) = stocked().await;
    for number in 0..23 {
        shop.add(&format!("T{number:02}"), "Brick", "toys", "Bricks", 100 + number % 5);
    }
    shop.settled().await;
    // The table is found by its seller's name, which is a letter off.
    for (query, everything) in
        [("q=brick", 25_usize), ("q=brick&sort=price-asc", 25), ("sort=price-desc", 28), ("category=toys", 24)]
    {
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = shop.find(&format!("{query}&cursor={cursor}")).await;
            assert_eq!(page["facets"].is_null(), pages > 0, "facets come once");
            seen.extend(skus(&page));
            pages += 1;
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (everything, everything.div_ceil(4)), "{query}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), everything, "{query}: {seen:?}");
        let (status, _) = shop.get(&format!("/internal/catalog/search?q=lamp&cursor={cursor}")).await;
        assert_eq!(status, StatusCode::GONE, "a cursor of {query:?} is none of another search");
    }
}

#[tokio::test]
async fn without_the_search_server_a_plain_list_stands_in_and_says_so() {
    let (shop, _indexer) = stocked().await;
    shop.switchboard.unplug(SEARCH_ENGINE);
    let first = shop.find("q=castle&category=home").await;
    assert_eq!((&first["degraded"], &first["facets"], &first["total"]), (&json!(true), &json!(null), &json!(null)));
    assert_eq!(skus(&first), ["KETTLE", "LAMP", "LAMPSHADE", "TABLE"]);
    let all = shop.find("q=castle").await;
    assert_eq!(skus(&all), ["CASTLE", "KETTLE", "LAMP", "LAMPSHADE"]);
    let (_, suggestions) = shop.get("/internal/catalog/suggestions?q=lam").await;
    assert_eq!(suggestions, json!({"suggestions": [], "degraded": true}));
    assert!(shop.context.metrics.get(Counter::SearchesDegraded) >= 3);
    // Back again: who searches anew finds, who is on the list stays on it.
    shop.switchboard.plug_in(SEARCH_ENGINE, shop.search.router());
    tokio::time::sleep(2 * shop.context.config.shop.search.retry).await;
    assert_eq!(shop.found("q=castle").await, ["CASTLE"]);
    let second = shop.find(&format!("q=castle&cursor={}", all["next"].as_str().unwrap())).await;
    assert_eq!((skus(&second), &second["degraded"]), (vec!["TABLE".to_owned()], &json!(true)));
}

#[tokio::test]
async fn hostile_strings_are_looked_for_or_refused_and_break_nothing() {
    let (shop, _indexer) = stocked().await;
    let hostile = [
        "%22%20OR%201%3D1%20--",
        "%7B%22match_all%22%3A%7B%7D%7D",
        "*",
        "%3F%3F%3F",
        "%00",
        "%0A%0D",
        "a%2F..%2Fb",
        "%5B%5D",
        "%F0%9F%92%A9",
        "%E2%80%AE",
        "_all",
        "products-writers%2F_search",
        "%C4%B0stanbul",
        "e%CC%81",
        "%26%23x27%3B",
        "AND+OR+NOT",
        "%5C%5C%5C",
        "%7E2",
        "%5E9",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ];
    for text in hostile.map(str::to_owned).into_iter().chain(["a".repeat(200), "a+".repeat(100), "%C3%BC".repeat(100)])
    {
        for path in ["search", "suggestions"] {
            let (status, answer) = shop.get(&format!("/internal/catalog/{path}?q={text}")).await;
            assert_eq!(status, StatusCode::OK, "{path} {text}: {answer}");
            assert_eq!(answer["degraded"], false, "{path} {text}: the search server was asked something it refuses");
        }
    }
    for refused in
        ["q=%ff", "q=%", "sort=price", "min_price_cents=-1", "category=a%2Fb", "q=a&q=b", "size=1", "cursor=x&cursor=y"]
    {
        let (status, _) = shop.get(&format!("/internal/catalog/search?{refused}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    }
    for forged in ["x", "5b5d.00", "%00", "..", &"a".repeat(600)] {
        let (status, _) = shop.get(&format!("/internal/catalog/search?cursor={forged}")).await;
        assert_eq!(status, StatusCode::GONE, "{forged}");
    }
}
