//! What the gateway says when it does not do what was asked: problem details as RFC 9457 has them.
//!
//! `type` is stable and is what a client may branch on. A problem without particulars of the request at hand is a
//! constant of the binary, because during a sale most answers are one of them.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// Declares the problems: a variant, its status, the last segment of its `type`, its title and its usual detail.
macro_rules! problems {
    ($($variant:ident = $status:literal, $slug:literal, $title:literal, $detail:literal;)+) => {
        /// A kind of problem: one `type` URI each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ProblemKind {
            $(#[doc = $detail] $variant),+
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let status: u16 = match self { $(Self::$variant => $status),+ };
                StatusCode::from_u16(status).expect("the table holds statuses between 400 and 599")
            }

            /// The `type` URI.
            #[must_use]
            pub fn type_uri(self) -> &'static str {
                match self { $(Self::$variant => concat!("https://doorbuster.dev/problems/", $slug)),+ }
            }

            /// The whole document, when there is nothing particular to say.
            fn document(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!(
                        "{\"detail\":\"", $detail, "\",\"status\":", $status, ",\"title\":\"", $title,
                        "\",\"type\":\"https://doorbuster.dev/problems/", $slug, "\"}"
                    )),+
                }
            }
        }
    };
}

problems! {
    MalformedRequest = 400, "malformed-request", "Malformed request",
        "The request could not be read.";
    InvalidQuery = 400, "invalid-query", "Invalid query",
        "The query of this address takes a category and a cursor, each at most once.";
    InvalidSearch = 400, "invalid-search", "Invalid search",
        "A search takes q, category, seller, min_price_cents, max_price_cents, sort and cursor, each at most once; suggestions take q.";
    InvalidCursor = 400, "invalid-cursor", "Invalid cursor",
        "This cursor is not of this list: begin at its first page.";
    MissingIdempotencyKey = 400, "missing-idempotency-key", "Missing idempotency key",
        "A checkout needs exactly one Idempotency-Key header.";
    InvalidIdempotencyKey = 400, "invalid-idempotency-key", "Invalid idempotency key",
        "An Idempotency-Key has 1 to 255 visible ASCII characters.";
    MissingShopper = 401, "missing-shopper", "Who is asking?",
        "The request names no shopper: it needs a session, or behind a trusted edge an X-Shopper-Id of 1 to 64 visible ASCII characters.";
    WrongCredentials = 401, "wrong-credentials", "Wrong credentials",
        "There is no account with this address and password.";
    UnknownSession = 401, "unknown-session", "Unknown session",
        "The token opens no session: it was never one, has ended, or was revoked.";
    PaymentDeclined = 402, "payment-declined", "Payment declined",
        "The card was declined; nothing was charged.";
    NotFound = 404, "not-found", "Not found",
        "There is nothing at this address.";
    UnknownProduct = 404, "unknown-product", "Unknown product",
        "There is no product with this SKU.";
    UnknownCategory = 404, "unknown-category", "Unknown category",
        "There is no category of this name that has products.";
    UnknownCart = 404, "unknown-cart", "Unknown cart",
        "There is no such cart, or it is not the caller's.";
    SessionNotFound = 404, "session-not-found", "Session not found",
        "The caller has no such session.";
    UnknownOrder = 404, "unknown-order", "Unknown order",
        "This shopper has no such order.";
    MethodNotAllowed = 405, "method-not-allowed", "Method not allowed",
        "This address does not take this method.";
    RequestTimeout = 408, "request-timeout", "Request timeout",
        "The request body did not come in time; nothing was done.";
    AccountExists = 409, "account-exists", "Account exists",
        "There is an account with this address.";
    CartFull = 409, "cart-full", "Cart full",
        "The cart has as many lines as a cart may have; nothing was changed.";
    CartEmpty = 409, "cart-empty", "Cart empty",
        "There is nothing in the cart; nothing was done.";
    MixedCurrencies = 409, "mixed-currencies", "Mixed currencies",
        "What is priced in different currencies cannot be bought in one order; nothing was done.";
    SoldOut = 409, "sold-out", "Sold out",
        "Nothing is left of this product; nothing was charged.";
    OrderNotFulfilled = 409, "order-not-fulfilled", "Order not fulfilled",
        "The order ended without its goods; what was charged has been given back.";
    PriceChanged = 409, "price-changed", "Price changed",
        "The product no longer costs what the shopper was shown; this request did nothing.";
    RequestInFlight = 409, "request-in-flight", "Request in flight",
        "An earlier request with this Idempotency-Key is still being worked on.";
    OrderNotCancellable = 409, "order-not-cancellable", "Order not cancellable",
        "The order can be cancelled only between its confirmation and its shipment.";
    BodyTooLarge = 413, "body-too-large", "Body too large",
        "The request body is larger than this service takes in.";
    UnsupportedMediaType = 415, "unsupported-media-type", "Unsupported media type",
        "The request body must be application/json.";
    InvalidAccount = 422, "invalid-account", "Invalid account",
        "The address or the password cannot be one.";
    InvalidQuantity = 422, "invalid-quantity", "Invalid quantity",
        "The quantity is outside what one checkout may buy.";
    IdempotencyKeyReused = 422, "idempotency-key-reused", "Idempotency key reused",
        "This Idempotency-Key came before with another payload.";
    TooManySignIns = 429, "too-many-sign-ins", "Too many sign-ins",
        "Too many sign-ins with this address have failed.";
    TooManyRequests = 429, "too-many-requests", "Too many requests",
        "More shoppers are asking for this product than can be served; nothing was done.";
    TemporarilyUnavailable = 503, "temporarily-unavailable", "Temporarily unavailable",
        "A part this request needs is away; nothing was done.";
}

/// One problem, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    kind: ProblemKind,
    retry_after_s: Option<u64>,
    /// The document's members that differ from the constant, or extend it; boxed, because few problems have any.
    particulars: Option<Box<Map<String, Value>>>,
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self { kind, retry_after_s: None, particulars: None }
    }
}

impl Problem {
    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The problem with a `Retry-After` of so many seconds.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The problem with another `detail`.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        self.set("detail", Value::String(detail.into()))
    }

    /// The problem with an extension member (RFC 9457, section 3.2), which must not have the name of a standard one.
    #[must_use]
    pub fn with(self, member: &str, value: Value) -> Self {
        let standard = ["type", "title", "status", "detail", "instance"];
        assert!(!standard.contains(&member), "{member} has a meaning of its own");
        self.set(member, value)
    }

    fn set(mut self, member: &str, value: Value) -> Self {
        self.particulars.get_or_insert_default().insert(member.to_owned(), value);
        self
    }

    fn body(&self) -> Bytes {
        let document = self.kind.document();
        let Some(particulars) = &self.particulars else {
            return Bytes::from_static(document.as_bytes());
        };
        let mut members: Map<String, Value> =
            serde_json::from_str(document).expect("the constant documents are JSON objects");
        members.extend(particulars.iter().map(|(member, value)| (member.clone(), value.clone())));
        Value::Object(members).to_string().into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            // A 401 must say how to do better (RFC 9110, section 15.5.2).
            let by = if self.kind == ProblemKind::MissingShopper { "X-Shopper-Id, Bearer" } else { "Bearer" };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(by));
        }
        match self.retry_after_s {
            None => {}
            Some(1) => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            Some(seconds) => drop(headers.insert(RETRY_AFTER, HeaderValue::from(seconds))),
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_document_says_what_its_kind_says() {
        for kind in ProblemKind::ALL {
            let document: Value = serde_json::from_str(kind.document()).unwrap();
            assert_eq!(document["status"], kind.status().as_u16());
            assert_eq!(document["type"], kind.type_uri());
            assert!(document["title"].is_string() && document["detail"].is_string(), "{kind:?}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_type() {
        let mut types: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.type_uri()).collect();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), ProblemKind::ALL.len());
    }

    #[test]
    fn particulars_replace_the_detail_and_extend_the_document() {
        let problem = Problem::from(ProblemKind::SoldOut).detail("gone").with("sku", "console".into());
        let document: Value = serde_json::from_slice(&problem.body()).unwrap();
        assert_eq!(document["detail"], "gone");
        assert_eq!(document["sku"], "console");
        assert_eq!(document["title"], "Sold out");
    }
}
