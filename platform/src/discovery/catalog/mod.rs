//! The catalog: product pages and lists of products.
//!
//! | module | what it does |
//! |---|---|
//! | `pages` | which pages there are, and what Postgres says they hold |
//! | `cache` | the page cache in Redis: one loader per page, stale pages while it loads and while Postgres is away |
//! | `kept` | what this process has just seen, for a moment, and for when Redis is away |
//! | `stock` | how many units are left, as last heard from the inventory role, and how old that is |
//! | `cursor` | the place where a page ended, signed |
//! | `query` | reading a list's query |
//! | `invalidation` | pages that are no longer fresh, by the change stream |
//! | `answer` | headers and bodies, and 304 for who has the page already |
//!
//! A page that is served while nothing is broken is at most [`crate::config::CatalogConfig::bound`] old. Its age stands
//! in its `Age` header in any case.

mod answer;
mod cache;
mod cursor;
pub(crate) mod invalidation;
mod kept;
mod pages;
mod query;
mod stock;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};

use self::cache::{Cache, Found};
use self::cursor::Cursors;
use self::pages::Wanted;
use self::query::ListQuery;
use self::stock::Stock;
use crate::context::Context;
use crate::discovery::form;

/// The catalog of one process.
struct Catalog {
    cache: Arc<Cache>,
    stock: Arc<Stock>,
    cursors: Cursors,
}

/// `GET /internal/catalog/products/{sku}`, `GET /internal/catalog/products?category=&cursor=` and
/// `GET /internal/catalog/categories`: 200 or 304; 404 for what is not there, 400 for a query that cannot be, 410 for a
/// cursor that is not this query's, 503 when neither Redis nor Postgres nor this process knows the page.
pub(super) fn catalog_router(ctx: Context) -> (Router, Listing) {
    let catalog = Catalog {
        cursors: Cursors::new(&ctx.config.shop.secret),
        stock: Stock::new(ctx.clone()),
        cache: Cache::new(ctx),
    };
    let listing = Listing(Arc::clone(&catalog.cache));
    let router = Router::new()
        .route("/internal/catalog/products", get(list))
        .route("/internal/catalog/products/{sku}", get(product))
        .route("/internal/catalog/categories", get(categories))
        .with_state(Arc::new(catalog));
    (router, listing)
}

/// Plain lists of products, for who has nothing better to show.
pub(super) struct Listing(Arc<Cache>);

/// A page of a plain list.
pub(super) enum Listed {
    /// The page.
    Page {
        /// Its products as a JSON array.
        products: String,
        /// The last SKU, if more follow it.
        last: Option<String>,
    },
    /// There is no such category.
    Absent,
    /// Nobody who is there knows.
    Unavailable,
}

impl Listing {
    /// The products after `after` (from the first when it is empty) of a category, or of all.
    pub(super) async fn page(&self, category: Option<String>, after: String) -> Listed {
        match self.0.find(&Wanted::List { category, after }).await {
            Found::Page(page) => {
                let (last, products) = pages::list_of(&page.body);
                Listed::Page { products: products.to_owned(), last: last.map(str::to_owned) }
            }
            Found::Absent => Listed::Absent,
            Found::Unavailable => Listed::Unavailable,
        }
    }
}

async fn product(
    State(catalog): State<Arc<Catalog>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(sku) = path.ok().map(|Path(sku)| sku).filter(|sku| form::may_be_name(sku)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let wanted = Wanted::Product { sku };
    match catalog.cache.find(&wanted).await {
        Found::Page(page) => {
            let Wanted::Product { sku } = &wanted else { unreachable!("asked for a product") };
            let stock = catalog.stock.of(sku).await;
            answer::product(&page, stock.as_ref(), &headers)
        }
        other @ (Found::Absent | Found::Unavailable) => without_page(&other),
    }
}

async fn list(State(catalog): State<Arc<Catalog>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Ok(query) = ListQuery::read(query.as_deref().unwrap_or_default()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let after = match &query.cursor {
        None => String::new(),
        Some(cursor) => match catalog.cursors.open(cursor, query.category.as_deref()) {
            Some(after) => after,
            None => return StatusCode::GONE.into_response(),
        },
    };
    let wanted = Wanted::List { category: query.category.clone(), after };
    match catalog.cache.find(&wanted).await {
        Found::Page(page) => {
            let (last, _) = pages::list_of(&page.body);
            let next = last.map(|sku| catalog.cursors.seal(sku, query.category.as_deref()));
            answer::list(&page, next.as_deref(), &headers)
        }
        other @ (Found::Absent | Found::Unavailable) => without_page(&other),
    }
}

async fn categories(State(catalog): State<Arc<Catalog>>, headers: HeaderMap) -> Response {
    match catalog.cache.find(&Wanted::Categories).await {
        Found::Page(page) => answer::plain(&page, &headers),
        other @ (Found::Absent | Found::Unavailable) => without_page(&other),
    }
}

fn without_page(found: &Found) -> Response {
    match found {
        Found::Absent => StatusCode::NOT_FOUND.into_response(),
        Found::Page(_) | Found::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
