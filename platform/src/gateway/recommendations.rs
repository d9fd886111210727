//! `GET /v1/products/{sku}/recommendations`: what others bought with a product.
//!
//! A page is whole without it: when the counts are away or slow, the list is empty, and nothing else waits for it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::availability::path_segment;
use super::problem::{Problem, ProblemKind};
use super::{Gateway, answers};
use crate::messages::{RECOMMENDATIONS, Recommendations};

/// How long a page waits for it.
const PATIENCE: Duration = Duration::from_millis(200);

/// What was bought with a product.
pub(super) async fn show(State(gateway): State<Arc<Gateway>>, path: Result<Path<String>, PathRejection>) -> Response {
    let answer = match path {
        Ok(Path(sku)) => read(&gateway, sku).await,
        Err(_) => Err(ProblemKind::UnknownProduct.into()),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn read(gateway: &Gateway, sku: String) -> Result<Response, Problem> {
    match gateway.catalog.knows(&sku) {
        Some(true) => {}
        Some(false) => return Err(ProblemKind::UnknownProduct.into()),
        None => return Err(answers::unavailable(0)),
    }
    let message = http::Request::get(format!("/internal/recommendations/{}", path_segment(&sku)))
        .body(Bytes::new())
        .expect("an encoded SKU is a path segment");
    let answer = gateway.ctx.http.call(RECOMMENDATIONS, message, PATIENCE).await.ok();
    let read = answer.and_then(|answer| serde_json::from_slice::<Recommendations>(answer.body()).ok());
    let mut found = read.unwrap_or(Recommendations { sku, bought_with: Vec::new() });
    // What is sold no longer is not recommended.
    found.bought_with.retain(|other| gateway.catalog.knows(&other.sku) == Some(true));
    Ok(answers::json(StatusCode::OK, &found))
}
