//! Headers and bodies of pages, and 304 for who has the page already (RFC 9110, section 13.1.2).
//!
//! The validator is weak: it stands for what a page says, its stock figure included, and not for how old that figure is.

use axum::body::Body;
use axum::response::Response;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::cache::Page;
use super::pages::list_of;
use super::stock::Figure;
use crate::signing::to_hex;

/// Whoever keeps a page asks each time whether it still is the page.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// `{"product": …, "stock": …}`; the figure is null as long as none was heard.
pub(super) fn product(page: &Page, stock: Option<&Figure>, request: &HeaderMap) -> Response {
    let figure = serde_json::to_string(&stock).expect("a figure has string keys and no failing parts");
    let body = format!("{{\"product\":{},\"stock\":{figure}}}", page.body);
    let available = stock.map_or_else(String::new, |figure| figure.available.to_string());
    respond(page, &available, body, request)
}

/// `{"products": […], "next": …}`; `next` is the cursor of the page after this one, null on the last.
pub(super) fn list(page: &Page, next: Option<&str>, request: &HeaderMap) -> Response {
    let next = serde_json::to_string(&next).expect("a cursor is a string");
    let (_, products) = list_of(&page.body);
    respond(page, "", format!("{{\"products\":{products},\"next\":{next}}}"), request)
}

/// The page as it is.
pub(super) fn plain(page: &Page, request: &HeaderMap) -> Response {
    respond(page, "", String::from(&*page.body), request)
}

fn respond(page: &Page, besides: &str, body: String, request: &HeaderMap) -> Response {
    let tag = tag(&page.body, besides);
    let unchanged = matches(request, &tag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(body) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    if !unchanged {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("digits in quotes are visible ASCII"));
    headers.insert(AGE, HeaderValue::from(page.age.as_secs()));
    headers.insert(CACHE_CONTROL, REVALIDATE);
    if page.stale {
        headers.insert("x-stale", HeaderValue::from_static("database-away"));
    }
    response
}

fn tag(body: &str, besides: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(body.as_bytes());
    hash.update([0]);
    hash.update(besides.as_bytes());
    format!("W/\"{}\"", to_hex(&hash.finalize()[..12]))
}

/// Whether the request names this validator, by the weak comparison.
fn matches(request: &HeaderMap, tag: &str) -> bool {
    let opaque = tag.trim_start_matches("W/");
    let named = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    named
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == opaque)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn page() -> Page {
        Page { body: "{\"sku\":\"LAMP\"}".into(), age: Duration::from_millis(1_700), stale: false }
    }

    fn asking(validator: &str) -> HeaderMap {
        HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(validator).unwrap())])
    }

    #[test]
    fn who_names_the_validator_gets_no_body() {
        let tag = tag(&page().body, "");
        let strong = tag.trim_start_matches("W/");
        for validator in [&*tag, strong, "*", &format!("\"x\", {tag}")] {
            let response = plain(&page(), &asking(validator));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{validator}");
            assert_eq!(response.headers()[ETAG], &*tag);
            assert!(!response.headers().contains_key(CONTENT_TYPE));
        }
        for validator in ["\"x\"", "W/\"\"", "\u{7f}"] {
            let Ok(value) = HeaderValue::from_str(validator) else { continue };
            let response = plain(&page(), &HeaderMap::from_iter([(IF_NONE_MATCH, value)]));
            assert_eq!(response.status(), StatusCode::OK, "{validator}");
        }
    }

    #[test]
    fn the_validator_changes_with_the_page_and_with_its_stock() {
        assert_ne!(tag("a", "1"), tag("a", "2"));
        assert_ne!(tag("a", "1"), tag("b", "1"));
        assert_ne!(tag("a", "1"), tag("a1", ""));
    }

    #[test]
    fn a_page_says_how_old_it_is() {
        let response = plain(&page(), &HeaderMap::new());
        assert_eq!(response.headers()[AGE], "1");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
    }
}
