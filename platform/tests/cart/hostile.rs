//! Hostile input: a problem document each, and nothing changed.

use http::{Method, StatusCode};
use platform::config::CartConfig;

use crate::shop::Shop;

/// A guest's cart with one lamp in it.
async fn cart_with_a_lamp(shop: &Shop) -> (String, String) {
    let (cart, cookie) = shop.guest().await;
    shop.put(&cart, ("cookie", &cookie), "LAMP", r#"{"quantity": 1}"#).await;
    (cart, cookie)
}

#[tokio::test]
async fn somebody_elses_cart_is_as_one_that_does_not_exist() {
    let shop = Shop::open().await;
    let (cart, cookie) = cart_with_a_lamp(&shop).await;
    let (_, other) = shop.guest().await;
    let signature = cookie.rsplit('.').next().unwrap();
    let flipped = format!("{}{}", &cookie[..cookie.len() - 1], if signature.ends_with('0') { '1' } else { '0' });
    let unsigned = format!("doorbuster_cart={cart}");
    let empty = format!("doorbuster_cart={cart}.");
    for who in [
        ("cookie", &*other),
        ("cookie", &flipped),
        ("cookie", &unsigned),
        ("cookie", &empty),
        ("x-shopper-id", "mallory"),
        ("x-shopper-id", &cart),
        ("accept", "*/*"),
    ] {
        let items = format!("/v1/carts/{cart}/items/LAMP");
        let whole = format!("/v1/carts/{cart}");
        for (method, path) in
            [(Method::GET, &whole), (Method::DELETE, &whole), (Method::DELETE, &items), (Method::PUT, &items)]
        {
            let headers = [who, ("content-type", "application/json")];
            let told = shop.ask(method.clone(), path, &headers, r#"{"quantity": 9}"#).await;
            assert_eq!((told.status, told.problem()), (StatusCode::NOT_FOUND, "unknown-cart"), "{method} {who:?}");
        }
    }
    assert_eq!(shop.show(&cart, ("cookie", &cookie)).await.lines(), ["LAMP×1"]);
}

#[tokio::test]
async fn a_forged_cookie_at_login_merges_nothing() {
    let shop = Shop::open().await;
    let (cart, cookie) = cart_with_a_lamp(&shop).await;
    let forged = format!("doorbuster_cart={cart}.{}", "0".repeat(32));
    let own = shop.ask(Method::POST, "/v1/carts", &[("x-shopper-id", "mallory"), ("cookie", &forged)], "").await;
    assert!(own.lines().is_empty());
    assert_eq!(shop.show(&cart, ("cookie", &cookie)).await.lines(), ["LAMP×1"]);
}

#[tokio::test]
async fn what_is_no_quantity_changes_nothing() {
    let shop = Shop::open().await;
    let (cart, cookie) = cart_with_a_lamp(&shop).await;
    let who = ("cookie", &*cookie);
    let huge = format!("{{\"quantity\": {}1}}", " ".repeat(20_000));
    let lines: Vec<String> = (0..10_000).map(|number| format!("{{\"sku\":\"P{number}\",\"quantity\":1}}")).collect();
    let lines = format!("[{}]", lines.join(","));
    for (body, expected) in [
        ("", "malformed-request"),
        ("{}", "malformed-request"),
        ("[3]", "malformed-request"),
        ("null", "malformed-request"),
        (r#"{"quantity": "3"}"#, "malformed-request"),
        (r#"{"quantity": 1.5}"#, "malformed-request"),
        (r#"{"quantity": 99999999999999999999}"#, "malformed-request"),
        (r#"{"quantity": 1, "price_cents": 1}"#, "malformed-request"),
        (r#"{"quantity": 1, "quantity": 2}"#, "malformed-request"),
        (r#"{"💥": 1}"#, "malformed-request"),
        (r#"{"quantity": 0}"#, "invalid-quantity"),
        (r#"{"quantity": -1}"#, "invalid-quantity"),
        (r#"{"quantity": 11}"#, "invalid-quantity"),
        (r#"{"quantity": 9223372036854775807}"#, "invalid-quantity"),
        (&huge, "body-too-large"),
        (&lines, "body-too-large"),
    ] {
        let told = shop.put(&cart, who, "LAMP", body).await;
        assert_eq!(told.problem(), expected, "{}", &body[..body.len().min(80)]);
    }
    let undeclared = shop.ask(Method::PUT, &format!("/v1/carts/{cart}/items/LAMP"), &[who], r#"{"quantity": 2}"#).await;
    assert_eq!(undeclared.problem(), "unsupported-media-type");
    assert_eq!(shop.show(&cart, who).await.lines(), ["LAMP×1"]);
}

#[tokio::test]
async fn made_up_products_and_carts_are_unknown() {
    let shop = Shop::open().await;
    let (cart, cookie) = cart_with_a_lamp(&shop).await;
    let who = ("cookie", &*cookie);
    for sku in ["GHOST", "%F0%9F%92%A5", "LAMP%00", "..%2F..%2Fmerge", "%20", &"x".repeat(5_000)] {
        assert_eq!(shop.put(&cart, who, sku, r#"{"quantity": 1}"#).await.problem(), "unknown-product", "{sku}");
    }
    for id in ["crt_0", "%FF", "..", "crt_%00", &"9".repeat(36)] {
        assert_eq!(shop.show(id, who).await.problem(), "unknown-cart", "{id}");
    }
    assert_eq!(shop.show(&cart, who).await.lines(), ["LAMP×1"]);
}

#[tokio::test]
async fn a_cart_takes_no_more_lines_than_it_may_have() {
    let shop = Shop::with(CartConfig { max_lines: 3, ..CartConfig::default() }, true).await;
    let (cart, cookie) = shop.guest().await;
    let who = ("cookie", &*cookie);
    for number in 0..3 {
        shop.put(&cart, who, &format!("P{number:02}"), r#"{"quantity": 1}"#).await;
    }
    let told = shop.put(&cart, who, "P03", r#"{"quantity": 1}"#).await;
    assert_eq!((told.status, told.problem()), (StatusCode::CONFLICT, "cart-full"));
    assert_eq!(shop.put(&cart, who, "P02", r#"{"quantity": 5}"#).await.status, StatusCode::OK, "a line that is there");
    assert_eq!(shop.show(&cart, who).await.lines(), ["P00×1", "P01×1", "P02×5"]);
}
