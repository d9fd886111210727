//! Answers to searches. While the search server is away, slow or full, a plain listing of the catalog stands in for it, and
//! says so: nobody who looks for something is shown an error because of that.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::cursor::{Cursors, Place};
use super::engine::{Engine, Trouble};
use super::query::SearchQuery;
use super::request::{self, PRICE_STEPS_CENTS};
use super::{READERS, cursor};
use crate::context::Context;
use crate::discovery::catalog::{Listed, Listing};
use crate::metrics::Counter;

/// Search of one process.
struct Search {
    ctx: Context,
    engine: Engine,
    listing: Listing,
    cursors: Cursors,
    /// Questions under way at once: a search server that is slow must not keep every reader waiting.
    places: Semaphore,
    /// Nobody asks the search server before.
    away_until: Mutex<Option<Instant>>,
}

/// `GET /internal/catalog/search` and `GET /internal/catalog/suggestions`: 200, with `"degraded": true` where a listing stands
/// in; 400 for a query that cannot be, 410 for a cursor that is not this query's, 503 when nothing at all is known.
pub(crate) fn search_router(ctx: Context, listing: Listing) -> Router {
    let search = Search {
        engine: Engine::new(ctx.clone()),
        cursors: cursor::Cursors::new(&ctx.config.shop.secret),
        places: Semaphore::new(ctx.config.shop.search.max_in_flight),
        away_until: Mutex::default(),
        listing,
        ctx,
    };
    Router::new()
        .route("/internal/catalog/search", get(find))
        .route("/internal/catalog/suggestions", get(suggest))
        .with_state(Arc::new(search))
}

async fn find(State(search): State<Arc<Search>>, RawQuery(query): RawQuery) -> Response {
    let Ok(query) = SearchQuery::read(query.as_deref().unwrap_or_default()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let place = match &query.cursor {
        None => None,
        Some(cursor) => match search.cursors.open(cursor, &query) {
            Some(place) => Some(place),
            None => return StatusCode::GONE.into_response(),
        },
    };
    if query.finds_nothing {
        let facets = json!({"categories": [], "sellers": [], "prices": []});
        let total = json!({"value": 0, "exact": true});
        return Json(page(vec![], &total, &facets, None, false)).into_response();
    }
    let after = match place {
        // Whoever is on a listing stays on it to its end.
        Some(Place::Listed(sku)) => return search.listed(&query, sku).await,
        Some(Place::Hit(values)) => Some(values),
        None => None,
    };
    match search.hits(&query, after.as_deref()).await {
        Some(page) => Json(page).into_response(),
        None => search.listed(&query, String::new()).await,
    }
}

async fn suggest(State(search): State<Arc<Search>>, RawQuery(query): RawQuery) -> Response {
    let Ok(words) = SearchQuery::read_suggestions(query.as_deref().unwrap_or_default()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(body) = request::suggestions(&words) else {
        return Json(json!({"suggestions": [], "degraded": false})).into_response();
    };
    // Without the search server there is nothing to suggest, which is no reason for an error.
    let answer = search.ask(&body).await;
    let hits = answer.as_ref().map(hits_of).unwrap_or_default();
    let suggestions: Vec<Value> = hits.into_iter().map(|hit| hit["_source"].clone()).collect();
    Json(json!({"suggestions": suggestions, "degraded": answer.is_none()})).into_response()
}

impl Search {
    /// Asks the search server; `None` when it is not to be had.
    async fn ask(&self, body: &Value) -> Option<Value> {
        let config = &self.ctx.config.shop.search;
        let away_until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.places.try_acquire().ok().filter(|_| away_until.is_none_or(|until| Instant::now() >= until));
        let Some(_place) = place else {
            self.ctx.metrics.count(Counter::SearchesDegraded);
            return None;
        };
        self.ctx.metrics.count(Counter::Searches);
        let answer = self.engine.search(READERS, body, config.limit).await;
        let until = match &answer {
            // A refusal is about the question, and says nothing of the next one.
            Ok(_) | Err(Trouble::Refused { .. }) => None,
            Err(Trouble::Away | Trouble::Missing { .. }) => Some(Instant::now() + config.retry),
        };
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        if answer.is_err() {
            self.ctx.metrics.count(Counter::SearchesDegraded);
        }
        answer.ok()
    }

    /// A page of hits; `None` when the search server is not to be had.
    async fn hits(&self, query: &SearchQuery, after: Option<&[Value]>) -> Option<Value> {
        let size = self.ctx.config.shop.search.page_size;
        // One more than a page shows whether there is a next one.
        let body = request::search(query, size.saturating_add(1), after);
        let answer = self.ask(&body).await?;
        let mut hits = hits_of(&answer);
        let shown = usize::try_from(size).unwrap_or(usize::MAX);
        let more = hits.len() > shown;
        hits.truncate(shown);
        let last = hits.last().and_then(|hit| hit["sort"].as_array().cloned()).filter(|_| more);
        let next = last.map(|values| self.cursors.seal(&Place::Hit(values), query));
        let total = &answer["hits"]["total"];
        let total = if total.is_null() {
            Value::Null
        } else {
            json!({"value": total["value"], "exact": total["relation"] == "eq"})
        };
        let facets = facets(&answer["aggregations"]);
        Some(page(hits.into_iter().map(|hit| hit["_source"].clone()).collect(), &total, &facets, next, false))
    }

    /// The plain listing.
    async fn listed(&self, query: &SearchQuery, after: String) -> Response {
        match self.listing.page(query.category.clone(), after).await {
            Listed::Page { products, last } => {
                let products: Vec<Value> = serde_json::from_str(&products).unwrap_or_default();
                let next = last.map(|sku| self.cursors.seal(&Place::Listed(sku), query));
                Json(page(products, &Value::Null, &Value::Null, next, true)).into_response()
            }
            Listed::Absent => Json(page(vec![], &Value::Null, &Value::Null, None, true)).into_response(),
            Listed::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

fn page(products: Vec<Value>, total: &Value, facets: &Value, next: Option<String>, degraded: bool) -> Value {
    json!({"products": products, "total": total, "facets": facets, "next": next, "degraded": degraded})
}

fn hits_of(answer: &Value) -> Vec<Value> {
    answer["hits"]["hits"].as_array().cloned().unwrap_or_default()
}

/// Counts by category, seller and price; null where none were asked for.
fn facets(aggregations: &Value) -> Value {
    if aggregations.is_null() {
        return Value::Null;
    }
    let buckets = |name: &str| aggregations[name]["buckets"].as_array().cloned().unwrap_or_default();
    let terms = |name: &str| {
        let buckets = buckets(name).into_iter();
        buckets.map(|bucket| json!({"value": bucket["key"], "count": bucket["doc_count"]})).collect::<Vec<_>>()
    };
    let steps = std::iter::once(0).chain(PRICE_STEPS_CENTS);
    let ends = PRICE_STEPS_CENTS.iter().map(|step| json!(step - 1)).chain([Value::Null]);
    let prices: Vec<Value> = buckets("prices")
        .iter()
        .zip(steps.zip(ends))
        .map(|(bucket, (from, to))| json!({"min_price_cents": from, "max_price_cents": to, "count": bucket["doc_count"]}))
        .collect();
    json!({"categories": terms("categories"), "sellers": terms("sellers"), "prices": prices})
}
