//! `POST /v1/checkouts`: what cannot be taken in gets a problem document and changes nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use insta::assert_snapshot;
use platform::config::GatewayConfig;

use crate::edge::{CONSOLE, checkout, checkout_with, edge, open_edge};

/// The answer to `request`, after making sure that it left no trace.
async fn refused(request: Request<Body>) -> String {
    let edge = open_edge().await;
    let answer = edge.send(request).await;
    assert!(edge.did_nothing(), "a refused request changed something: {answer}");
    answer
}

#[tokio::test(start_paused = true)]
async fn no_shopper() {
    assert_snapshot!(refused(checkout_with(&[("x-shopper-id", "")], CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_shopper_id_that_is_none_is_as_good_as_no_shopper() {
    let none = refused(checkout_with(&[("x-shopper-id", "")], CONSOLE)).await;
    for id in ["ann smith", &"a".repeat(65)] {
        assert_eq!(refused(checkout_with(&[("x-shopper-id", id)], CONSOLE)).await, none);
    }
}

#[tokio::test(start_paused = true)]
async fn two_shopper_ids_are_as_good_as_no_shopper() {
    let mut request = checkout(CONSOLE);
    request.headers_mut().append("x-shopper-id", "bob".parse().unwrap());
    let none = refused(checkout_with(&[("x-shopper-id", "")], CONSOLE)).await;
    assert_eq!(refused(request).await, none);
}

#[tokio::test(start_paused = true)]
async fn no_idempotency_key() {
    assert_snapshot!(refused(checkout_with(&[("idempotency-key", "")], CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_that_is_too_long() {
    assert_snapshot!(refused(checkout_with(&[("idempotency-key", &"k".repeat(256))], CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_beyond_ascii() {
    let too_long = refused(checkout_with(&[("idempotency-key", &"k".repeat(256))], CONSOLE)).await;
    assert_eq!(refused(checkout_with(&[("idempotency-key", "schlüssel")], CONSOLE)).await, too_long);
}

#[tokio::test(start_paused = true)]
async fn two_idempotency_keys() {
    let mut request = checkout(CONSOLE);
    request.headers_mut().append("idempotency-key", "k-2".parse().unwrap());
    let none = refused(checkout_with(&[("idempotency-key", "")], CONSOLE)).await;
    assert_eq!(refused(request).await, none);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_declared_as_json() {
    assert_snapshot!(refused(checkout_with(&[("content-type", "text/plain")], CONSOLE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_declared_as_nothing() {
    let plain = refused(checkout_with(&[("content-type", "text/plain")], CONSOLE)).await;
    assert_eq!(refused(checkout_with(&[("content-type", "")], CONSOLE)).await, plain);
}

#[tokio::test(start_paused = true)]
async fn a_huge_body() {
    assert_snapshot!(refused(checkout(&" ".repeat(16 * 1024 + 1))).await);
}

/// A body that comes in pieces of a kibibyte and does not say how many.
struct Pieces(usize);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let left = self.0.checked_sub(1);
        Poll::Ready(left.map(|left| {
            self.0 = left;
            Ok(Frame::data(Bytes::from_static(&[b' '; 1024])))
        }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_huge_body_that_does_not_say_its_length() {
    let mut request = checkout("");
    *request.body_mut() = Body::new(Pieces(usize::MAX));
    assert_eq!(refused(request).await, refused(checkout(&" ".repeat(16 * 1024 + 1))).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_may_come_in_pieces() {
    let mut request = checkout("");
    *request.body_mut() = Body::new(Pieces(16));
    assert_eq!(refused(request).await, refused(checkout(&" ".repeat(16 * 1024))).await);
}

#[tokio::test(start_paused = true)]
async fn no_body() {
    assert_snapshot!(refused(checkout("")).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json() {
    assert_snapshot!(refused(checkout(r#"{"sku": console}"#)).await);
}

#[tokio::test(start_paused = true)]
async fn a_quantity_of_the_wrong_type() {
    assert_snapshot!(refused(checkout(r#"{"sku":"console","quantity":"1","payment_method":"pm"}"#)).await);
}

#[tokio::test(start_paused = true)]
async fn wrong_types_of_all_kinds_are_malformed() {
    for body in [
        r#"{"sku":7,"quantity":1,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":1.5,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":1000000000000000000000,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":null,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":1,"payment_method":["pm"]}"#,
        r#"{"sku":"console","quantity":1,"payment_method":""}"#,
        r#"{"sku":"console","quantity":1,"payment_method":"\u0000"}"#,
        r#"{"sku":"console","sku":"cable","quantity":1,"payment_method":"pm"}"#,
        r#"[1]"#,
        r#" ["console",1,"pm"]"#,
        r#"null"#,
        "{\"sku\":\"\u{fffd}",
    ] {
        let answer = refused(checkout(body)).await;
        assert!(answer.starts_with("400 ") && answer.contains("/problems/malformed-request"), "{body}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_utf_8_is_malformed() {
    let mut request = checkout("");
    *request.body_mut() = Body::from(&b"{\"sku\":\"\xff\",\"quantity\":1,\"payment_method\":\"pm\"}"[..]);
    let answer = refused(request).await;
    assert!(answer.starts_with("400 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_missing() {
    assert_snapshot!(refused(checkout(r#"{"sku":"console","quantity":1}"#)).await);
}

#[tokio::test(start_paused = true)]
async fn a_field_nobody_knows() {
    let body = r#"{"sku":"console","quantity":1,"payment_method":"pm","price_cents":1}"#;
    assert_snapshot!(refused(checkout(body)).await);
}

#[tokio::test(start_paused = true)]
async fn a_field_name_as_long_as_the_body_is_not_repeated_in_full() {
    let body = format!(r#"{{"{}":1}}"#, "ü".repeat(8_000));
    let answer = refused(checkout(&body)).await;
    assert!(answer.starts_with("400 ") && answer.len() < 600, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_quantity_of_zero() {
    assert_snapshot!(refused(checkout(r#"{"sku":"console","quantity":0,"payment_method":"pm"}"#)).await);
}

#[tokio::test(start_paused = true)]
async fn a_quantity_below_zero_or_beyond_the_limit() {
    let zero = refused(checkout(r#"{"sku":"console","quantity":0,"payment_method":"pm"}"#)).await;
    for quantity in ["-1", "11", "1000000000", "9223372036854775807", "-9223372036854775808"] {
        let body = format!(r#"{{"sku":"console","quantity":{quantity},"payment_method":"pm"}}"#);
        assert_eq!(refused(checkout(&body)).await, zero, "{quantity}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_sku() {
    assert_snapshot!(refused(checkout(&CONSOLE.replace("console", "ghost"))).await);
}

#[tokio::test(start_paused = true)]
async fn bad_input_leaves_the_last_token_to_the_next_shopper() {
    let edge = edge(GatewayConfig { per_sku_rate_per_s: 1, per_sku_burst: 1, ..GatewayConfig::default() }).await;
    edge.lane_answers(platform::messages::CheckoutAnswer::SoldOut);
    for body in [
        "",
        r#"{"sku":"console","quantity":0,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":1000000000,"payment_method":"pm"}"#,
        r#"{"sku":"console","quantity":1}"#,
    ] {
        edge.send(checkout(body)).await;
    }
    edge.send(checkout_with(&[("idempotency-key", "")], CONSOLE)).await;
    assert!(edge.did_nothing());
    assert!(edge.send(checkout(CONSOLE)).await.starts_with("409 "), "the token is still there");
    assert!(edge.send(checkout(CONSOLE)).await.starts_with("429 "), "and was the last");
}
