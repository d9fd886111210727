//! Accounts over engines: a gateway, the accounts and orders roles behind it, asked as shoppers ask.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile;
mod sessions;
#[path = "../cart/shop.rs"]
#[allow(dead_code, reason = "shared with the tests of carts")]
mod shop;

use http::Method;

use crate::shop::{Answer, Shop};

const JSON: (&str, &str) = ("content-type", "application/json");

fn credentials(email: &str, password: &str) -> String {
    serde_json::json!({ "email": email, "password": password }).to_string()
}

async fn sign_up(shop: &Shop, email: &str, password: &str) -> Answer {
    shop.ask(Method::POST, "/v1/accounts", &[JSON], &credentials(email, password)).await
}

async fn sign_in(shop: &Shop, email: &str, password: &str) -> Answer {
    shop.ask(Method::POST, "/v1/sessions", &[JSON], &credentials(email, password)).await
}

/// Somebody new: their `Authorization` header.
async fn somebody(shop: &Shop, email: &str) -> String {
    sign_up(shop, email, "correct horse").await;
    let opened = sign_in(shop, email, "correct horse").await;
    format!("Bearer {}", opened.body["token"].as_str().unwrap_or_else(|| panic!("{opened:?}")))
}
