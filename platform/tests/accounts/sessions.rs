//! Signing up, in and out, and what a session sees.

use http::{Method, StatusCode};

use crate::shop::Shop;
use crate::{JSON, sign_in, sign_up, somebody};

#[tokio::test]
async fn an_account_is_made_once_and_signed_in_to_by_its_password_alone() {
    let shop = Shop::open().await;
    let made = sign_up(&shop, "Ann@Example.org", "correct horse").await;
    assert_eq!((made.status, made.body["role"].as_str()), (StatusCode::CREATED, Some("shopper")));
    assert_eq!(sign_up(&shop, "ann@example.org", "another one").await.problem(), "account-exists");
    assert_eq!(sign_in(&shop, "ann@example.org", "another one").await.problem(), "wrong-credentials");
    assert_eq!(sign_in(&shop, "bob@example.org", "correct horse").await.problem(), "wrong-credentials");
    let opened = sign_in(&shop, "ANN@example.org", "correct horse").await;
    assert_eq!((opened.status, &opened.body["account_id"]), (StatusCode::CREATED, &made.body["account_id"]));
    assert!(opened.headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    let kept = "SELECT count(*) FROM sessions s JOIN accounts a ON a.account_id = s.account_id \
                WHERE s.token_hash LIKE 'dbs_%' OR a.password_hash LIKE '%horse%'";
    assert_eq!(shop.int(kept).await, 0, "neither a token nor a password is kept");
}

#[tokio::test]
async fn a_session_is_listed_revoked_and_gone_at_once() {
    let shop = Shop::open().await;
    let first = somebody(&shop, "ann@example.org").await;
    let second = sign_in(&shop, "ann@example.org", "correct horse").await;
    let cookie = second.cookie();
    let listed = shop.ask(Method::GET, "/v1/sessions", &[("cookie", &cookie)], "").await;
    assert_eq!(listed.body["sessions"].as_array().map(Vec::len), Some(2), "{listed:?}");
    let path = format!("/v1/sessions/{}", second.body["session_id"].as_str().unwrap());
    let ann = ("authorization", &*first);
    assert_eq!(shop.ask(Method::DELETE, &path, &[ann], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.ask(Method::GET, "/v1/sessions", &[("cookie", &cookie)], "").await.problem(), "unknown-session");
    assert_eq!(shop.ask(Method::DELETE, &path, &[ann], "").await.problem(), "session-not-found", "it has ended");
    assert_eq!(shop.ask(Method::DELETE, "/v1/sessions/current", &[ann], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.ask(Method::GET, "/v1/sessions", &[ann], "").await.problem(), "unknown-session");
}

#[tokio::test]
async fn what_belongs_to_somebody_is_seen_by_nobody_else() {
    let shop = Shop::selling().await;
    let (ann, bob) = (somebody(&shop, "ann@example.org").await, somebody(&shop, "bob@example.org").await);
    let (ann, bob) = (("authorization", &*ann), ("authorization", &*bob));
    let cart = shop.ask(Method::POST, "/v1/carts", &[ann], "").await.cart_id();
    shop.put(&cart, ann, "LAMP", r#"{"quantity": 1}"#).await;
    assert_eq!(shop.show(&cart, bob).await.problem(), "unknown-cart");
    let headers = [ann, JSON, ("idempotency-key", "k1")];
    let path = format!("/v1/carts/{cart}/checkout");
    let bought = shop.ask(Method::POST, &path, &headers, r#"{"payment_method": "pm_card_visa"}"#).await;
    assert_eq!(bought.status, StatusCode::CREATED, "{bought:?}");
    let order = format!("/v1/orders/{}", bought.body["order_id"].as_str().unwrap());
    assert_eq!(shop.ask(Method::GET, &order, &[ann], "").await.status, StatusCode::OK);
    assert_eq!(shop.ask(Method::GET, &order, &[bob], "").await.problem(), "unknown-order");
    let cancel = format!("{order}/cancel");
    assert_eq!(shop.ask(Method::POST, &cancel, &[bob], "").await.problem(), "unknown-order");
    let sessions = shop.ask(Method::GET, "/v1/sessions", &[ann], "").await;
    let session = format!("/v1/sessions/{}", sessions.body["sessions"][0]["session_id"].as_str().unwrap());
    assert_eq!(shop.ask(Method::DELETE, &session, &[bob], "").await.problem(), "session-not-found");
    assert_eq!(shop.ask(Method::GET, "/v1/sessions", &[ann], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_guests_cart_is_taken_over_at_sign_in_on_every_device() {
    let shop = Shop::open().await;
    let (guest, cookie) = shop.guest().await;
    shop.put(&guest, ("cookie", &cookie), "LAMP", r#"{"quantity": 2}"#).await;
    let ann = somebody(&shop, "ann@example.org").await;
    let taken = shop.ask(Method::POST, "/v1/carts", &[("authorization", &ann), ("cookie", &cookie)], "").await;
    assert_eq!(taken.lines(), ["LAMP×2"]);
    let elsewhere = sign_in(&shop, "ann@example.org", "correct horse").await.cookie();
    assert_eq!(shop.ask(Method::POST, "/v1/carts", &[("cookie", &elsewhere)], "").await.lines(), ["LAMP×2"]);
}
