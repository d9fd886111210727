//! What can be bought: the product list in memory, loaded at the first look and read again in the background.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State as AxumState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ports::sql::SqlError;
use tokio::time::Instant;

use crate::context::Context;
use crate::messages::Product;
use crate::texts::TextId;
use crate::transaction::inventory::keys::SkuKeys;

/// A product with what a lane keeps beside it.
pub struct Listing {
    /// The product.
    pub product: Product,
    /// Its keys in Redis.
    pub keys: SkuKeys,
    sold_out_until: Mutex<Option<Instant>>,
}

impl Listing {
    fn new(product: Product) -> Self {
        Self { keys: SkuKeys::of(&product.sku), product, sold_out_until: Mutex::new(None) }
    }

    /// Whether the gate said "sold out" so shortly ago that it is believed without asking again.
    pub(crate) fn is_sold_out(&self) -> bool {
        let mut until = self.sold_out_until.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(end) = *until else { return false };
        if Instant::now() < end {
            return true;
        }
        *until = None;
        false
    }

    /// Remembers a sold-out answer for `cached`.
    pub(crate) fn set_sold_out(&self, cached: Duration) {
        *self.sold_out_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + cached);
    }
}

/// What a look-up found.
pub enum Lookup {
    /// The product.
    Known(Arc<Listing>),
    /// No such product.
    Unknown,
    /// The list has never been read, and Postgres does not answer.
    Unavailable,
}

#[derive(Default)]
struct State {
    listings: BTreeMap<Box<str>, Arc<Listing>>,
    loaded_at: Option<Instant>,
    refreshing: bool,
}

/// The product list of one process.
pub struct Catalog {
    ctx: Context,
    refresh: Duration,
    state: Mutex<State>,
    first_load: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// An empty list that is filled at the first look and read again every `refresh`.
    #[must_use]
    pub fn new(ctx: Context, refresh: Duration) -> Arc<Self> {
        let state = Mutex::new(State::default());
        Arc::new(Self { ctx, refresh, state, first_load: tokio::sync::Mutex::new(()) })
    }

    /// Looks a SKU up. Waits for Postgres only before the first list has come.
    pub async fn look_up(self: &Arc<Self>, sku: &str) -> Lookup {
        if !self.is_loaded() {
            let _turn = self.first_load.lock().await;
            if !self.is_loaded() && self.load().await.is_err() {
                return Lookup::Unavailable;
            }
        }
        let mut state = self.state();
        let stale = state.loaded_at.is_none_or(|at| at.elapsed() >= self.refresh);
        if stale && !state.refreshing {
            state.refreshing = true;
            tokio::spawn(Arc::clone(self).refresh());
        }
        state.listings.get(sku).map_or(Lookup::Unknown, |listing| Lookup::Known(Arc::clone(listing)))
    }

    /// Every product, in SKU order.
    pub async fn all(self: &Arc<Self>) -> Result<Vec<Product>, SqlError> {
        if !self.is_loaded() {
            self.load().await?;
        }
        Ok(self.state().listings.values().map(|listing| listing.product.clone()).collect())
    }

    fn is_loaded(&self) -> bool {
        self.state().loaded_at.is_some()
    }

    async fn refresh(self: Arc<Self>) {
        // A list that could not be read again stays as it was; the next look tries once more.
        let outcome = self.load().await;
        let mut state = self.state();
        state.refreshing = false;
        if outcome.is_err() {
            state.loaded_at = Some(Instant::now());
        }
    }

    async fn load(&self) -> Result<(), SqlError> {
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::CHECKOUT_PRODUCTS), &[]).await?;
        let mut state = self.state();
        let mut listings = BTreeMap::new();
        for row in rows.iter() {
            let product = Product {
                sku: row.text("sku").into(),
                price_cents: row.int("price_cents"),
                currency: row.text("currency").into(),
                flash: row.bool("flash"),
            };
            let known = state.listings.get(product.sku.as_str()).filter(|known| known.product == product);
            let listing = known.cloned().unwrap_or_else(|| Arc::new(Listing::new(product)));
            listings.insert(listing.product.sku.as_str().into(), listing);
        }
        state.listings = listings;
        state.loaded_at = Some(Instant::now());
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /internal/products`: every product, as a list of [`Product`]; 503 while Postgres is away and no list was read.
pub fn products_router(ctx: Context) -> Router {
    let refresh = ctx.config.ordinary_lane.products_refresh;
    // The list is read for each request: gateways ask seldom, and keep a list of their own.
    let catalog = Catalog::new(ctx, refresh);
    Router::new().route("/internal/products", get(list)).with_state(catalog)
}

async fn list(AxumState(catalog): AxumState<Arc<Catalog>>) -> Response {
    if catalog.load().await.is_err() && !catalog.is_loaded() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match catalog.all().await {
        Ok(products) => Json(products).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
