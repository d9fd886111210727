//! Carts: what somebody may buy. One Redis hash per cart, SKU to line, with half an hour to live from its last use.
//!
//! A cart never holds stock and promises no price: each line remembers the price at which it was put in, so that the
//! shopper is shown both when it has changed since. Who may use which cart is the gateway's to say.

mod line;
mod store;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};

use self::line::Line;
use self::store::{Put, Store};
use crate::context::Context;
use crate::messages::{CartBought, CartLine, CartMerge, CartPut, CartView};
use crate::transaction::inventory::link::Lost;
use crate::transaction::products::{Catalog, Lookup};

struct Carts {
    store: Store,
    products: Arc<Catalog>,
    life_s: u64,
}

/// `GET` and `DELETE /internal/carts/{id}`, `PUT` (a [`CartPut`]) and `DELETE /internal/carts/{id}/items/{sku}`, and
/// `POST /internal/carts/{id}/merge` (a [`CartMerge`]) and `POST /internal/carts/{id}/bought` (a [`CartBought`]) answer a [`CartView`]; 404 for an unknown SKU, 409 for a full
/// cart, 422 for a body that cannot be read, 503 when Redis is away.
pub fn cart_router(ctx: Context) -> Router {
    let carts = Carts {
        products: Catalog::new(ctx.clone(), ctx.config.ordinary_lane.products_refresh),
        life_s: ctx.config.shop.cart.life.as_secs(),
        store: Store::new(ctx),
    };
    Router::new()
        .route("/internal/carts/{id}", axum::routing::get(show).delete(clear))
        .route("/internal/carts/{id}/items/{sku}", put(set).delete(remove))
        .route("/internal/carts/{id}/merge", post(merge))
        .route("/internal/carts/{id}/bought", post(bought))
        .with_state(Arc::new(carts))
}

/// Redis is away, or the products are not known yet.
struct Away;

impl From<Lost> for Away {
    fn from(_: Lost) -> Self {
        Self
    }
}

impl Carts {
    /// The cart with the prices of now beside those it remembers. A SKU that is sold no longer has none.
    async fn view(&self, cart_id: String, lines: Vec<(String, Line)>) -> Result<CartView, Away> {
        let mut shown = Vec::with_capacity(lines.len());
        let mut total_cents = Some(0_i64);
        for (sku, line) in lines {
            let listing = match self.products.look_up(&sku).await {
                Lookup::Known(listing) => Some(listing),
                Lookup::Unknown => None,
                Lookup::Unavailable => return Err(Away),
            };
            let price = listing.as_ref().map(|listing| listing.product.price_cents);
            let amount = price.map_or(Some(0), |price| price.checked_mul(line.quantity));
            total_cents = total_cents.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount));
            shown.push(CartLine {
                sku,
                quantity: line.quantity,
                price_when_added_cents: line.price_cents,
                price_cents: price,
                currency: listing.map(|listing| listing.product.currency.clone()),
            });
        }
        // An amount that fits nothing cannot be charged either.
        Ok(CartView { cart_id, lines: shown, total_cents: total_cents.unwrap_or(i64::MAX), expires_in_s: self.life_s })
    }

    async fn answer(&self, cart_id: String, lines: Result<Vec<(String, Line)>, Away>) -> Response {
        let view = match lines {
            Ok(lines) => self.view(cart_id, lines).await,
            Err(away) => Err(away),
        };
        match view {
            Ok(view) => Json(view).into_response(),
            Err(Away) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

async fn show(State(carts): State<Arc<Carts>>, Path(id): Path<String>) -> Response {
    let lines = carts.store.read(&id).await;
    carts.answer(id, lines).await
}

async fn clear(State(carts): State<Arc<Carts>>, Path(id): Path<String>) -> Response {
    let lines = carts.store.clear(&id).await.map(|()| Vec::new());
    carts.answer(id, lines).await
}

async fn set(State(carts): State<Arc<Carts>>, Path((id, sku)): Path<(String, String)>, body: Bytes) -> Response {
    let Ok(CartPut { quantity: quantity @ 1.. }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let price_cents = match carts.products.look_up(&sku).await {
        Lookup::Known(listing) => listing.product.price_cents,
        Lookup::Unknown => return StatusCode::NOT_FOUND.into_response(),
        Lookup::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    match carts.store.put(&id, &sku, Some(Line { quantity, price_cents })).await {
        Ok(Put::Done(lines)) => carts.answer(id, Ok(lines)).await,
        Ok(Put::Full) => StatusCode::CONFLICT.into_response(),
        Err(Away) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn remove(State(carts): State<Arc<Carts>>, Path((id, sku)): Path<(String, String)>) -> Response {
    match carts.store.put(&id, &sku, None).await {
        Ok(Put::Done(lines)) => carts.answer(id, Ok(lines)).await,
        Ok(Put::Full) => unreachable!("taking out needs no room"),
        Err(Away) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn merge(State(carts): State<Arc<Carts>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(CartMerge { guest_cart_id }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let lines = carts.store.merge(&id, &guest_cart_id).await;
    carts.answer(id, lines).await
}

async fn bought(State(carts): State<Arc<Carts>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(CartBought { lines }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let lines = carts.store.bought(&id, &lines).await;
    carts.answer(id, lines).await
}
