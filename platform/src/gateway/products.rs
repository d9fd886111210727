//! `GET /v1/products/{sku}`, `GET /v1/products` and `GET /v1/categories`: pages of the catalog, passed on as they are.
//!
//! Needs no shopper, and takes no token: looking is free.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, StatusCode};

use super::availability::path_segment;
use super::problem::{Problem, ProblemKind};
use super::{Gateway, READ_TIMEOUT, answers};
use crate::messages::CATALOG;

/// What of a page's headers is for the shopper.
const PASSED_ON: [HeaderName; 5] = [AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName::from_static("x-stale")];

/// A product's page.
pub(super) async fn show(
    State(gateway): State<Arc<Gateway>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let answer = match path {
        Ok(Path(sku)) => {
            let path = format!("/internal/catalog/products/{}", path_segment(&sku));
            page(&gateway, &path, &headers, Refusals::of_catalog(ProblemKind::UnknownProduct)).await
        }
        Err(_) => Err(ProblemKind::UnknownProduct.into()),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// A page of products.
pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let path = match query {
        Some(query) => format!("/internal/catalog/products?{query}"),
        None => "/internal/catalog/products".to_owned(),
    };
    page(&gateway, &path, &headers, Refusals::of_catalog(ProblemKind::UnknownCategory))
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

/// The categories.
pub(super) async fn categories(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    let path = "/internal/catalog/categories";
    page(&gateway, path, &headers, Refusals::of_catalog(ProblemKind::NotFound))
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

/// What a page's refusals are called.
#[derive(Clone, Copy)]
pub(super) struct Refusals {
    /// The query cannot be read.
    pub(super) query: ProblemKind,
    /// There is no such page.
    pub(super) absent: ProblemKind,
}

impl Refusals {
    const fn of_catalog(absent: ProblemKind) -> Self {
        Self { query: ProblemKind::InvalidQuery, absent }
    }
}

/// A page of the catalog role.
pub(super) async fn page(
    gateway: &Gateway,
    path: &str,
    headers: &HeaderMap,
    refusals: Refusals,
) -> Result<Response, Problem> {
    let mut request = http::Request::get(path);
    for validator in headers.get_all(IF_NONE_MATCH) {
        request = request.header(IF_NONE_MATCH, validator);
    }
    let request = request.body(Bytes::new()).map_err(|_| Problem::from(refusals.query))?;
    let answer = gateway.ctx.http.call(CATALOG, request, READ_TIMEOUT).await.map_err(|_| answers::unavailable(0))?;
    match answer.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED => {}
        StatusCode::NOT_FOUND => return Err(refusals.absent.into()),
        StatusCode::BAD_REQUEST => return Err(refusals.query.into()),
        StatusCode::GONE => return Err(ProblemKind::InvalidCursor.into()),
        _ => return Err(answers::unavailable(0)),
    }
    let (head, body) = answer.into_parts();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = head.status;
    for name in PASSED_ON {
        if let Some(value) = head.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}
