//! Lists of products: pages by cursor, and what hostile queries come to.

use http::StatusCode;

use crate::world::World;

const LIST: &str = "/internal/catalog/products";

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other_and_show_every_product_once() {
    let world = World::with_products(8);
    for (query, expected) in [("", 9), ("category=toys&", 8)] {
        let replica = world.replica(1);
        let (mut skus, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = replica.get(&format!("{LIST}?{query}cursor={cursor}")).await;
            assert_eq!(page.status, StatusCode::OK);
            let products = page.body["products"].as_array().unwrap();
            assert!(products.len() <= 3);
            skus.extend(products.iter().map(|product| product["sku"].as_str().unwrap().to_owned()));
            match page.body["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(skus.len(), expected);
        assert!(skus.is_sorted_by(|a, b| a < b), "{skus:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_list_or_of_nobodys_making_is_refused_without_a_look() {
    let world = World::with_products(8);
    let replica = world.replica(1);
    let page = replica.get(&format!("{LIST}?category=toys")).await;
    let cursor = page.body["next"].as_str().unwrap().to_owned();
    let looks = world.statements();
    for query in [
        format!("cursor={cursor}"),
        format!("category=home&cursor={cursor}"),
        format!("category=toys&cursor={}0", &cursor[..cursor.len() - 1]),
        "cursor=54303032.00000000000000000000000000000000".to_owned(),
        "cursor=x".to_owned(),
    ] {
        let refused = replica.get(&format!("{LIST}?{query}")).await;
        assert_eq!(refused.status, StatusCode::GONE, "{query}");
    }
    assert_eq!(world.statements(), looks);
}

#[tokio::test(start_paused = true)]
async fn hostile_queries_and_names_cost_no_look_and_leave_nothing_in_redis() {
    let world = World::with_products(1);
    let replica = world.replica(1);
    let long = "x".repeat(65);
    for (path, expected) in [
        (format!("{LIST}?category=%27%3B%20DROP%20TABLE%20products%3B--"), StatusCode::BAD_REQUEST),
        (format!("{LIST}?category={long}"), StatusCode::BAD_REQUEST),
        (format!("{LIST}?category=toys&category=home"), StatusCode::BAD_REQUEST),
        (format!("{LIST}?limit=1000000"), StatusCode::BAD_REQUEST),
        (format!("{LIST}?category=%FF"), StatusCode::BAD_REQUEST),
        (format!("{LIST}/%00"), StatusCode::NOT_FOUND),
        (format!("{LIST}/%F0%9F%92%A9"), StatusCode::NOT_FOUND),
        (format!("{LIST}/{long}"), StatusCode::NOT_FOUND),
        (format!("{LIST}/a%3Ab"), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(replica.get(&path).await.status, expected, "{path}");
    }
    assert_eq!((world.statements(), world.keys()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_category_without_products_is_not_there() {
    let world = World::with_products(1);
    let replica = world.replica(1);
    for category in ["empty", "nonsense"] {
        assert_eq!(replica.get(&format!("{LIST}?category={category}")).await.status, StatusCode::NOT_FOUND);
    }
    let named = replica.get("/internal/catalog/categories").await;
    assert_eq!(named.body["categories"][2]["name"].as_str(), Some("Toys"));
}
