//! Reading what a shopper sent: headers first, because they are cheap, then the body, parsed once where it lies.
//!
//! Nothing here touches a bucket or calls anybody: a request that cannot be read changes nothing.

use std::borrow::Cow;
use std::io;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::LengthLimitError;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::problem::{Problem, ProblemKind};
use crate::messages::{self, CartLine};
use crate::whole_number;

pub(super) const SHOPPER_ID: HeaderName = HeaderName::from_static("x-shopper-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The longest shopper id taken in, in bytes.
const MAX_SHOPPER_ID: usize = 64;
/// The longest idempotency key taken in, in bytes.
const MAX_IDEMPOTENCY_KEY: usize = 255;
/// The longest word of a parser passed on in a problem, in bytes: it may quote the shopper's own field names.
const MAX_DETAIL: usize = 200;

/// Who is asking: `X-Shopper-Id`, set by the edge in front, which has checked it.
pub(super) fn shopper_id(headers: &HeaderMap) -> Result<&str, Problem> {
    let id = only(headers, &SHOPPER_ID).and_then(|value| visible_ascii(value, MAX_SHOPPER_ID));
    id.ok_or_else(|| ProblemKind::MissingShopper.into())
}

/// The `Idempotency-Key`, taken as it is: whoever quotes it once (as a structured field string) quotes it always.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let key = only(headers, &IDEMPOTENCY_KEY).ok_or(ProblemKind::MissingIdempotencyKey)?;
    visible_ascii(key, MAX_IDEMPOTENCY_KEY).ok_or_else(|| ProblemKind::InvalidIdempotencyKey.into())
}

/// The value of a header that is there once. Of two that disagree neither can be believed.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

fn visible_ascii(value: &HeaderValue, longest: usize) -> Option<&str> {
    let bytes = value.as_bytes();
    let fits = !bytes.is_empty() && bytes.len() <= longest && bytes.iter().all(u8::is_ascii_graphic);
    if fits { value.to_str().ok() } else { None }
}

/// Whether `Prefer` holds `respond-async` (RFC 7240, sections 2 and 4.1).
pub(super) fn prefers_async(headers: &HeaderMap) -> bool {
    headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |preference| {
            let name = preference.split([';', '=']).next().unwrap_or_default();
            name.trim().eq_ignore_ascii_case("respond-async")
        },
    )
}

/// Whether the body is declared to be JSON; parameters of the media type are ignored.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = declared.split(|byte| *byte == b';').next().unwrap_or_default();
    if essence.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        Ok(())
    } else {
        Err(ProblemKind::UnsupportedMediaType.into())
    }
}

/// The whole body, if it is no longer than `max_bytes`; a longer one is given up on as soon as that shows.
pub(super) async fn read_body(body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > max_bytes) {
        return Err(ProblemKind::BodyTooLarge.into());
    }
    axum::body::to_bytes(body, max_bytes).await.map_err(|error| why_unread(&error).into())
}

/// What kept a body from being read. Whoever takes connections tells of one that came too slowly by an error of the kind
/// `TimedOut`.
fn why_unread(error: &axum::Error) -> ProblemKind {
    let cause = |error: &(dyn std::error::Error + 'static)| {
        let slow = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        if error.is::<LengthLimitError>() {
            Some(ProblemKind::BodyTooLarge)
        } else {
            error.downcast_ref().is_some_and(slow).then_some(ProblemKind::RequestTimeout)
        }
    };
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.filter_map(cause).next().unwrap_or(ProblemKind::MalformedRequest)
}

/// The body of `POST /v1/checkouts`, borrowed from the bytes it came in.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckoutBody<'a> {
    /// What is wanted.
    #[serde(borrow)]
    pub(super) sku: Cow<'a, str>,
    /// How many.
    #[serde(deserialize_with = "whole_number::read")]
    pub(super) quantity: i64,
    /// The card gateway's name for the means of payment.
    #[serde(borrow)]
    pub(super) payment_method: Cow<'a, str>,
    /// The price of one that the shopper was shown, if they insist on it.
    #[serde(default, deserialize_with = "whole_number::read_or_null")]
    pub(super) shown_price_cents: Option<i64>,
}

impl<'a> CheckoutBody<'a> {
    /// Reads the body and checks what can be checked without knowing the products.
    pub(super) fn read(bytes: &'a [u8], max_quantity: i64) -> Result<Self, Problem> {
        // The parser would take an array of the three values for the object.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(malformed("expected an object"));
        }
        let body: Self = messages::read(bytes).map_err(|error| malformed(&error.to_string()))?;
        check_payment_method(&body.payment_method)?;
        if !(1..=max_quantity).contains(&body.quantity) {
            return Err(Problem::from(ProblemKind::InvalidQuantity)
                .detail(format!("The quantity must lie between 1 and {max_quantity}.")));
        }
        Ok(body)
    }

    /// What tells this payload from another under the same key: 32 hexadecimal digits.
    pub(super) fn fingerprint(&self) -> String {
        let (quantity, price) = (self.quantity.to_be_bytes(), self.shown_price_cents.map(i64::to_be_bytes));
        let plain = [self.sku.as_bytes(), &quantity, self.payment_method.as_bytes()];
        match &price {
            None => digest("", &plain),
            Some(price) => digest("", &[plain[0], plain[1], plain[2], price]),
        }
    }
}

/// Refuses what no card gateway would take, and no database keep.
pub(super) fn check_payment_method(payment_method: &str) -> Result<(), Problem> {
    if payment_method.is_empty() || payment_method.contains('\0') {
        return Err(malformed("payment_method must not be empty, nor contain U+0000"));
    }
    Ok(())
}

/// What tells the checkout of these lines from another under the same key: 32 hexadecimal digits.
pub(super) fn fingerprint_of_lines(payment_method: &str, lines: &[CartLine]) -> String {
    let numbers: Vec<_> =
        lines.iter().map(|line| (line.quantity.to_be_bytes(), line.price_when_added_cents.to_be_bytes())).collect();
    let mut parts = vec![payment_method.as_bytes()];
    for (line, (quantity, price)) in lines.iter().zip(&numbers) {
        parts.extend([line.sku.as_bytes(), quantity, price]);
    }
    digest("", &parts)
}

/// A body that is one JSON object.
pub(super) fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    // The parser would take an array of the values for the object.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(malformed("expected an object"));
    }
    messages::read(bytes).map_err(|error| malformed(&error.to_string()))
}

/// As [`json`], for a body whose contents must not be quoted in a problem.
pub(super) fn secret_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    json(bytes).map_err(|_| malformed("expected an object of an email and a password"))
}

fn malformed(why: &str) -> Problem {
    let cut = why.floor_char_boundary(MAX_DETAIL);
    Problem::from(ProblemKind::MalformedRequest).detail(&why[..cut])
}

/// The order that a shopper's key names: `ord_` and 32 hexadecimal digits, the same however often it is sent.
pub(super) fn order_id(shopper_id: &str, idempotency_key: &str) -> String {
    digest("ord_", &[shopper_id.as_bytes(), idempotency_key.as_bytes()])
}

/// Whether `id` can be one that [`order_id`] made.
pub(super) fn is_order_id(id: &str) -> bool {
    id.strip_prefix("ord_").is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The first half of SHA-256 over the parts, each but the first after a zero byte: no part contains one, or it has a
/// fixed length.
fn digest(prefix: &str, parts: &[&[u8]]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hash = Sha256::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    let mut text = String::with_capacity(prefix.len() + 32);
    text.push_str(prefix);
    for byte in hash.finalize().iter().take(16) {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn respond_async_is_found_among_other_preferences() {
        for values in [&["respond-async"][..], &["wait=10, Respond-Async;x=1"], &["handling=lenient", "respond-async"]]
        {
            assert!(prefers_async(&headers(PREFER, values)), "{values:?}");
        }
        for values in [&[][..], &["respond-asynchronously"], &["handling=respond-async"]] {
            assert!(!prefers_async(&headers(PREFER, values)), "{values:?}");
        }
    }

    #[test]
    fn two_idempotency_keys_are_as_bad_as_none() {
        assert!(idempotency_key(&headers(IDEMPOTENCY_KEY, &["a"])).is_ok());
        assert!(idempotency_key(&headers(IDEMPOTENCY_KEY, &["a", "b"])).is_err());
    }

    #[test]
    fn an_order_id_depends_on_where_the_shopper_ends() {
        assert_eq!(order_id("ann", "k1"), order_id("ann", "k1"));
        assert_ne!(order_id("ann", "k1"), order_id("annk", "1"));
        assert!(is_order_id(&order_id("ann", "k1")));
        assert!(!is_order_id("ord_xyz"));
        assert!(!is_order_id("ord_0123456789ABCDEF0123456789ABCDEF"));
    }

    #[test]
    fn an_order_id_is_the_first_half_of_the_sha_256() {
        // printf 'ann\0k1' | sha256sum
        assert_eq!(order_id("ann", "k1"), "ord_2efd9ff006a666c0b1431747af301283");
    }

    #[test]
    fn a_fingerprint_changes_with_every_field() {
        let priced = br#"{"sku":"a","quantity":1,"payment_method":"pm","shown_price_cents":5}"#;
        let priced = CheckoutBody::read(priced, 10).unwrap().fingerprint();
        let read = |text: &'static str| CheckoutBody::read(text.as_bytes(), 10).unwrap().fingerprint();
        let first = read(r#"{"sku":"a","quantity":1,"payment_method":"pm"}"#);
        assert_eq!(first, read(r#"{ "payment_method": "p\u006d", "quantity": 1, "sku": "a" }"#));
        assert_ne!(first, read(r#"{"sku":"b","quantity":1,"payment_method":"pm"}"#));
        assert_ne!(first, read(r#"{"sku":"a","quantity":2,"payment_method":"pm"}"#));
        assert_ne!(first, read(r#"{"sku":"a","quantity":1,"payment_method":"pn"}"#));
        assert_ne!(first, priced);
    }

    #[test]
    fn a_body_without_escapes_is_not_copied() {
        let body = CheckoutBody::read(br#"{"sku":"a","quantity":1,"payment_method":"pm"}"#, 10).unwrap();
        assert!(matches!((&body.sku, &body.payment_method), (Cow::Borrowed(_), Cow::Borrowed(_))));
    }
}
