//! A whole cart becomes one order, at the prices it shows, once.

use http::{Method, StatusCode};

use crate::shop::{Answer, Shop};

const ANN: (&str, &str) = ("x-shopper-id", "ann");

async fn buy(shop: &Shop, cart: &str, who: (&str, &str), key: &str, body: &str) -> Answer {
    let headers = [who, ("content-type", "application/json"), ("idempotency-key", key)];
    shop.ask(Method::POST, &format!("/v1/carts/{cart}/checkout"), &headers, body).await
}

/// A shopper's own cart with two lamps and a mug.
async fn filled(shop: &Shop) -> String {
    let cart = shop.ask(Method::POST, "/v1/carts", &[ANN], "").await.cart_id();
    shop.put(&cart, ANN, "LAMP", r#"{"quantity": 2}"#).await;
    shop.put(&cart, ANN, "MUG", r#"{"quantity": 1}"#).await;
    cart
}

const VISA: &str = r#"{"payment_method": "pm_card_visa"}"#;

#[tokio::test]
async fn a_cart_is_bought_whole_and_once() {
    let shop = Shop::selling().await;
    let cart = filled(&shop).await;
    let bought = buy(&shop, &cart, ANN, "k1", VISA).await;
    assert_eq!(bought.status, StatusCode::CREATED, "{bought:?}");
    assert_eq!(
        (bought.lines(), bought.body["amount_cents"].as_i64()),
        (vec!["LAMP×2".into(), "MUG×1".into()], Some(5_900))
    );
    assert!(shop.show(&cart, ANN).await.lines().is_empty(), "what was bought is out of the cart");
    let again = buy(&shop, &cart, ANN, "k1", VISA).await;
    assert_eq!((again.status, &again.body["order_id"]), (StatusCode::CREATED, &bought.body["order_id"]));
    let order = format!("/v1/orders/{}", bought.body["order_id"].as_str().unwrap());
    assert_eq!(shop.ask(Method::GET, &order, &[ANN], "").await.lines(), ["LAMP×2", "MUG×1"]);
    assert_eq!(shop.ask(Method::GET, &order, &[("x-shopper-id", "bob")], "").await.problem(), "unknown-order");
    assert_eq!(shop.int("SELECT count(*) FROM orders").await, 1);
    assert_eq!(buy(&shop, &cart, ANN, "k2", VISA).await.problem(), "cart-empty");
}

#[tokio::test]
async fn what_falls_short_is_named_and_the_cart_stays() {
    let shop = Shop::selling().await;
    let cart = filled(&shop).await;
    shop.put(&cart, ANN, "P00", r#"{"quantity": 10}"#).await;
    let refused = buy(&shop, &cart, ANN, "k1", VISA).await;
    assert_eq!((refused.problem(), refused.body["sku"].as_str()), ("sold-out", Some("P00")));
    assert_eq!(shop.show(&cart, ANN).await.lines(), ["LAMP×2", "MUG×1", "P00×10"]);
    assert_eq!(shop.int("SELECT count(*) FROM orders").await, 0);
}

#[tokio::test]
async fn a_changed_price_is_shown_beside_the_one_agreed_to() {
    let shop = Shop::selling().await;
    let cart = filled(&shop).await;
    shop.set_price("MUG", 950).await;
    // The first look after the change still meets the lane's old list, and has the new one read.
    let headers = [ANN, ("content-type", "application/json"), ("idempotency-key", "k0")];
    let look = r#"{"sku": "P00", "quantity": 1, "payment_method": "pm_card_visa", "shown_price_cents": 1}"#;
    assert_eq!(shop.ask(Method::POST, "/v1/checkouts", &headers, look).await.problem(), "price-changed");
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    let mut changed = buy(&shop, &cart, ANN, "k1", VISA).await;
    assert_eq!(changed.problem(), "price-changed");
    let line = changed.body["lines"][0].take();
    assert_eq!(
        (line["sku"].as_str(), line["price_cents"].as_i64(), line["shown_cents"].as_i64()),
        (Some("MUG"), Some(950), Some(900))
    );
    // Setting the line again accepts the price, once the cart's list has it too.
    shop.show(&cart, ANN).await;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    shop.put(&cart, ANN, "MUG", r#"{"quantity": 1}"#).await;
    let bought = buy(&shop, &cart, ANN, "k1", VISA).await;
    assert_eq!((bought.status, bought.body["amount_cents"].as_i64()), (StatusCode::CREATED, Some(5_950)), "{bought:?}");
}

#[tokio::test]
async fn one_key_does_not_buy_two_carts() {
    let shop = Shop::selling().await;
    let cart = filled(&shop).await;
    assert_eq!(buy(&shop, &cart, ANN, "k1", VISA).await.status, StatusCode::CREATED);
    shop.put(&cart, ANN, "MUG", r#"{"quantity": 3}"#).await;
    assert_eq!(buy(&shop, &cart, ANN, "k1", VISA).await.problem(), "idempotency-key-reused");
    assert_eq!(shop.show(&cart, ANN).await.lines(), ["MUG×3"]);
}

#[tokio::test]
async fn nobody_buys_the_cart_of_another_and_nothing_hostile_buys_anything() {
    let shop = Shop::selling().await;
    let cart = filled(&shop).await;
    let bob = ("x-shopper-id", "bob");
    assert_eq!(buy(&shop, &cart, bob, "k1", VISA).await.problem(), "unknown-cart");
    assert_eq!(buy(&shop, "crt_%00%F0%9F%9B%92", ANN, "k1", VISA).await.problem(), "unknown-cart");
    let (_, cookie) = shop.guest().await;
    assert_eq!(buy(&shop, &cart, ("cookie", &cookie), "k1", VISA).await.problem(), "missing-shopper");
    for body in
        ["", "[]", r#"["pm_card_visa"]"#, r#"{"payment_method": ""}"#, r#"{"payment_method": "a", "amount_cents": -5}"#]
    {
        assert_eq!(buy(&shop, &cart, ANN, "k1", body).await.problem(), "malformed-request", "{body}");
    }
    let unkeyed = [ANN, ("content-type", "application/json")];
    let path = format!("/v1/carts/{cart}/checkout");
    assert_eq!(shop.ask(Method::POST, &path, &unkeyed, VISA).await.problem(), "missing-idempotency-key");
    assert_eq!(shop.show(&cart, ANN).await.lines(), ["LAMP×2", "MUG×1"]);
    assert_eq!(shop.int("SELECT count(*) FROM orders").await, 0);
}
