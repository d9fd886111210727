//! `GET /v1/products/{sku}/availability`: how many units can be bought now.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::problem::{Problem, ProblemKind};
use super::{Gateway, READ_TIMEOUT, answers};
use crate::messages::{Availability, INVENTORY};

/// What is left of a product. Needs no shopper: the figure is the same for all.
pub(super) async fn show(State(gateway): State<Arc<Gateway>>, path: Result<Path<String>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(sku)) => read(&gateway, &sku).await,
        Err(_) => Err(ProblemKind::UnknownProduct.into()),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn read(gateway: &Gateway, sku: &str) -> Result<Response, Problem> {
    match gateway.catalog.knows(sku) {
        Some(true) => {}
        Some(false) => return Err(ProblemKind::UnknownProduct.into()),
        None => return Err(answers::unavailable(0)),
    }
    let message = http::Request::get(format!("/internal/products/{}/availability", path_segment(sku)))
        .body(Bytes::new())
        .expect("an encoded SKU is a path segment");
    let response =
        gateway.ctx.http.call(INVENTORY, message, READ_TIMEOUT).await.map_err(|_| answers::unavailable(0))?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(ProblemKind::UnknownProduct.into()),
        _ => return Err(answers::unavailable(0)),
    }
    let availability: Availability = serde_json::from_slice(response.body()).map_err(|_| answers::unavailable(0))?;
    Ok(answers::json(StatusCode::OK, &availability))
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
pub(super) fn path_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::path_segment;

    #[test]
    fn a_sku_stays_one_path_segment() {
        assert_eq!(path_segment("console-5"), "console-5");
        assert_eq!(path_segment("a/b ü"), "a%2Fb%20%C3%BC");
    }
}
