//! `GET /v1/search` and `GET /v1/search/suggestions`: searches, passed on to the catalog role.
//!
//! Needs no shopper, and takes no token: looking is free.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use super::Gateway;
use super::problem::ProblemKind;
use super::products::{Refusals, page};

const REFUSALS: Refusals = Refusals { query: ProblemKind::InvalidSearch, absent: ProblemKind::NotFound };

/// Products by words.
pub(super) async fn find(State(gateway): State<Arc<Gateway>>, RawQuery(query): RawQuery) -> Response {
    ask(&gateway, "/internal/catalog/search", query).await
}

/// What somebody who types may mean.
pub(super) async fn suggest(State(gateway): State<Arc<Gateway>>, RawQuery(query): RawQuery) -> Response {
    ask(&gateway, "/internal/catalog/suggestions", query).await
}

async fn ask(gateway: &Gateway, path: &str, query: Option<String>) -> Response {
    let path = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    page(gateway, &path, &HeaderMap::new(), REFUSALS).await.unwrap_or_else(IntoResponse::into_response)
}
