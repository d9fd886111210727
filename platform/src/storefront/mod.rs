//! The storefront: one page, its style and its script, compiled in and served by the gateway. It knows nothing that the
//! public API does not say, and loads nothing from anywhere else.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::routing::get;

/// Only what this shop itself serves may run, be shown or be asked.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Served = ([(HeaderName, HeaderValue); 5], &'static str);

fn served(kind: &'static str, text: &'static str) -> Served {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // A new build is seen at once; the files are small.
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text)
}

/// `GET /` and what it loads.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async || served("text/html; charset=utf-8", include_str!("index.html"))))
        .route("/storefront/style.css", get(async || served("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/storefront/app.js", get(async || served("text/javascript; charset=utf-8", include_str!("app.js"))))
}
