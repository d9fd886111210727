//! "Bought together": what the recommendations role answers from its own counts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::context::Context;
use crate::messages::{BoughtWith, Recommendations};
use crate::texts::TextId;

/// How many products are recommended at most.
const AT_MOST: i64 = 6;

/// `GET /internal/recommendations/{sku}`: a [`Recommendations`], empty for a product nobody bought with another; 503 when the
/// counts are away.
pub fn recommendations_router(ctx: Context) -> Router {
    Router::new().route("/internal/recommendations/{sku}", get(show)).with_state(ctx)
}

async fn show(State(ctx): State<Context>, Path(sku): Path<String>) -> Response {
    let text = ctx.texts.get(TextId::DISCOVERY_BOUGHT_WITH);
    match ctx.sql.query(text, &[(&*sku).into(), AT_MOST.into()]).await {
        Ok(rows) => {
            let bought_with = rows
                .iter()
                .map(|row| BoughtWith { sku: row.text("other").to_owned(), orders: row.int("orders") })
                .collect();
            Json(Recommendations { sku, bought_with }).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
