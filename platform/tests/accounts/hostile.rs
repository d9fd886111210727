//! What nobody may do: guess, forge, flood, or pass for another.

use http::{Method, StatusCode};

use crate::shop::Shop;
use crate::{JSON, credentials, sign_in, sign_up, somebody};

#[tokio::test]
async fn what_cannot_be_an_account_is_a_problem_that_quotes_no_secret() {
    let shop = Shop::open().await;
    for (email, password) in [
        ("", "correct horse"),
        ("ann", "correct horse"),
        ("ann@localhost", "correct horse"),
        ("a b@example.org", "correct horse"),
        ("ann@exa\u{0}mple.org", "correct horse"),
        ("ann@@example.org", "correct horse"),
        (&format!("{}@example.org", "a".repeat(250)), "correct horse"),
        ("ann@example.org", "short"),
        ("ann@example.org", &"x".repeat(129)),
    ] {
        let refused = sign_up(&shop, email, password).await;
        assert_eq!(refused.problem(), "invalid-account", "{email:?}");
    }
    for body in [
        "",
        "[]",
        r#"["a@b.c", "correct horse"]"#,
        r#"{"email": "a@b.c", "password": "hunter2hunter2", "role": "admin"}"#,
        r#"{"email": "a@b.c", "password": 7}"#,
    ] {
        let refused = shop.ask(Method::POST, "/v1/accounts", &[JSON], body).await;
        assert_eq!(refused.problem(), "malformed-request", "{body}");
        assert!(!refused.body.to_string().contains("hunter2"), "a problem must not quote a password");
    }
    assert_eq!(shop.int("SELECT count(*) FROM accounts").await, 0);
    assert_eq!(sign_up(&shop, "ünï@bücher.example", "pässwörd ✓✓").await.status, StatusCode::CREATED);
    assert_eq!(sign_in(&shop, "ünï@bücher.example", "pässwörd ✓✓").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_token_that_was_made_up_opens_nothing_under_no_name() {
    let shop = Shop::open().await;
    let ann = somebody(&shop, "ann@example.org").await;
    let forged = format!("Bearer dbs_{}", "0".repeat(64));
    let doubled = format!("doorbuster_session={}; doorbuster_session=x", ann.trim_start_matches("Bearer "));
    let long = format!("Bearer {}", "x".repeat(4_000));
    for who in [
        ("authorization", &*forged),
        ("authorization", "Bearer "),
        ("authorization", "Basic YW5uOmhvcnNl"),
        ("authorization", &*long),
        ("cookie", "doorbuster_session="),
        ("cookie", "doorbuster_session=dbs_' OR 1=1"),
        ("cookie", &*doubled),
    ] {
        assert_eq!(shop.ask(Method::GET, "/v1/sessions", &[who], "").await.problem(), "unknown-session", "{who:?}");
        // Whatever the header says besides.
        let with_header = [who, ("x-shopper-id", "ann")];
        assert_eq!(shop.ask(Method::POST, "/v1/carts", &with_header, "").await.problem(), "unknown-session", "{who:?}");
    }
    let unnamed = shop.ask(Method::GET, "/v1/sessions", &[("x-shopper-id", "ann")], "").await;
    assert_eq!(unnamed.problem(), "unknown-session", "a header opens no session");
}

#[tokio::test]
async fn guessing_at_one_account_is_slowed_down_and_at_another_is_not() {
    let shop = Shop::open().await;
    sign_up(&shop, "ann@example.org", "correct horse").await;
    sign_up(&shop, "bob@example.org", "correct horse").await;
    for guess in 0..5 {
        let refused = sign_in(&shop, "ann@example.org", &format!("wrong guess {guess}")).await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }
    let limited = sign_in(&shop, "ann@example.org", "correct horse").await;
    assert_eq!((limited.status, limited.problem()), (StatusCode::TOO_MANY_REQUESTS, "too-many-sign-ins"));
    assert!(limited.headers.contains_key("retry-after"));
    assert_eq!(sign_in(&shop, "bob@example.org", "correct horse").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn where_nobody_in_front_has_checked_it_a_header_names_nobody() {
    let shop = Shop::at_the_edge().await;
    let ann = ("x-shopper-id", "ann");
    let headers = [ann, JSON, ("idempotency-key", "k1")];
    let buy = r#"{"sku": "LAMP", "quantity": 1, "payment_method": "pm_card_visa"}"#;
    assert_eq!(shop.ask(Method::POST, "/v1/checkouts", &headers, buy).await.problem(), "missing-shopper");
    let order = "/v1/orders/ord_00000000000000000000000000000000";
    assert_eq!(shop.ask(Method::GET, order, &[ann], "").await.problem(), "missing-shopper");
    let opened = shop.ask(Method::POST, "/v1/carts", &[ann], "").await;
    assert_eq!(opened.status, StatusCode::CREATED, "a guest's cart, whatever the header says");
    let somebody = somebody(&shop, "ann@example.org").await;
    assert_eq!(shop.ask(Method::GET, order, &[("authorization", &somebody)], "").await.problem(), "unknown-order");
    assert_eq!(
        shop.ask(Method::POST, "/v1/sessions", &[], &credentials("a@b.c", "correct horse")).await.problem(),
        "unsupported-media-type"
    );
}
