//! What a cart keeps, for how long, and for whom.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use platform::config::CartConfig;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::shop::Shop;

#[tokio::test]
async fn a_guests_cart_keeps_its_lines_and_a_repeat_doubles_none() {
    let shop = Shop::open().await;
    let (cart, cookie) = shop.guest().await;
    let who = ("cookie", &*cookie);
    for _ in 0..2 {
        let set = shop.put(&cart, who, "LAMP", r#"{"quantity": 2}"#).await;
        assert_eq!((set.status, set.lines()), (StatusCode::OK, vec!["LAMP×2".to_owned()]));
    }
    shop.put(&cart, who, "MUG", r#"{"quantity": 1}"#).await;
    let shown = shop.show(&cart, who).await;
    assert_eq!(shown.lines(), ["LAMP×2", "MUG×1"]);
    assert_eq!(shown.body["total_cents"], 5_900);
    let path = format!("/v1/carts/{cart}/items/LAMP");
    for _ in 0..2 {
        let removed = shop.ask(Method::DELETE, &path, &[who], "").await;
        assert_eq!((removed.status, removed.lines()), (StatusCode::OK, vec!["MUG×1".to_owned()]));
    }
    let again = shop.ask(Method::POST, "/v1/carts", &[who], "").await;
    assert_eq!((again.status, again.cart_id()), (StatusCode::OK, cart.clone()), "the same cart for the same cookie");
    assert!(shop.ask(Method::DELETE, &format!("/v1/carts/{cart}"), &[who], "").await.lines().is_empty());
}

#[tokio::test]
async fn a_price_that_has_changed_is_shown_beside_the_one_remembered() {
    let shop = Shop::open().await;
    let (cart, cookie) = shop.guest().await;
    let who = ("cookie", &*cookie);
    shop.put(&cart, who, "LAMP", r#"{"quantity": 2}"#).await;
    shop.show(&cart, who).await;
    shop.set_price("LAMP", 1_999).await;
    shop.show(&cart, who).await;
    sleep(Duration::from_millis(30)).await;
    let shown = shop.show(&cart, who).await;
    let line = &shown.body["lines"][0];
    assert_eq!((line["price_when_added_cents"].as_i64(), line["price_cents"].as_i64()), (Some(2_500), Some(1_999)));
    assert_eq!(shown.body["total_cents"], 3_998);
    let taken = shop.put(&cart, who, "LAMP", r#"{"quantity": 2}"#).await;
    assert_eq!(taken.body["lines"][0]["price_when_added_cents"], 1_999, "put again, it is taken at the new price");
}

#[tokio::test]
async fn a_cart_lives_on_while_it_is_used_and_no_longer() {
    let short = CartConfig { life: Duration::from_millis(1_000), ..CartConfig::default() };
    let shop = Shop::with(short, true).await;
    let (cart, cookie) = shop.guest().await;
    let who = ("cookie", &*cookie);
    shop.put(&cart, who, "LAMP", r#"{"quantity": 1}"#).await;
    for _ in 0..3 {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(shop.show(&cart, who).await.lines().len(), 1, "each look begins its life anew");
    }
    sleep(Duration::from_millis(1_200)).await;
    assert!(shop.show(&cart, who).await.lines().is_empty());
}

#[tokio::test]
async fn at_login_the_larger_quantity_stays_and_a_repeated_merge_doubles_nothing() {
    let shop = Shop::open().await;
    let ann = ("x-shopper-id", "ann");
    let own = shop.ask(Method::POST, "/v1/carts", &[ann], "").await.cart_id();
    shop.put(&own, ann, "LAMP", r#"{"quantity": 3}"#).await;
    shop.put(&own, ann, "P01", r#"{"quantity": 1}"#).await;
    let (guest, cookie) = shop.guest().await;
    let who = ("cookie", &*cookie);
    shop.put(&guest, who, "LAMP", r#"{"quantity": 2}"#).await;
    shop.put(&guest, who, "P01", r#"{"quantity": 4}"#).await;
    shop.put(&guest, who, "MUG", r#"{"quantity": 1}"#).await;
    for _ in 0..2 {
        let merged = shop.ask(Method::POST, "/v1/carts", &[ann, who], "").await;
        assert_eq!(merged.cart_id(), own, "one cart on every device");
        assert_eq!(merged.lines(), ["LAMP×3", "MUG×1", "P01×4"]);
    }
    assert!(shop.show(&guest, who).await.lines().is_empty(), "the guest's cart has ended");
    assert_eq!(shop.show(&own, ann).await.lines().len(), 3);
}

#[tokio::test]
async fn a_merge_into_a_full_cart_leaves_the_shoppers_own_lines() {
    let shop = Shop::with(CartConfig { max_lines: 2, ..CartConfig::default() }, true).await;
    let ann = ("x-shopper-id", "ann");
    let own = shop.ask(Method::POST, "/v1/carts", &[ann], "").await.cart_id();
    shop.put(&own, ann, "P09", r#"{"quantity": 1}"#).await;
    let (guest, cookie) = shop.guest().await;
    for sku in ["P01", "P02"] {
        shop.put(&guest, ("cookie", &cookie), sku, r#"{"quantity": 1}"#).await;
    }
    let merged = shop.ask(Method::POST, "/v1/carts", &[ann, ("cookie", &cookie)], "").await;
    assert_eq!(merged.lines(), ["P01×1", "P09×1"]);
}

#[tokio::test]
async fn tabs_that_fill_one_cart_at_once_lose_no_line() {
    let shop = Arc::new(Shop::open().await);
    let (cart, cookie) = shop.guest().await;
    let mut tabs = JoinSet::new();
    for number in 0..40 {
        let (shop, cart, cookie) = (Arc::clone(&shop), cart.clone(), cookie.clone());
        tabs.spawn(async move {
            shop.put(&cart, ("cookie", &cookie), &format!("P{number:02}"), r#"{"quantity": 1}"#).await.status
        });
    }
    assert!(tabs.join_all().await.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(shop.show(&cart, ("cookie", &cookie)).await.lines().len(), 40);
}

#[tokio::test]
async fn without_redis_there_is_no_cart_and_the_shopper_is_told_to_come_again() {
    let shop = Shop::with(CartConfig::default(), false).await;
    let told = shop.ask(Method::POST, "/v1/carts", &[], "").await;
    assert_eq!((told.status, told.problem()), (StatusCode::SERVICE_UNAVAILABLE, "temporarily-unavailable"));
    assert!(told.headers.contains_key("retry-after"));
}
