//! The public API.
//!
//! | request | answers |
//! |---|---|
//! | `POST /v1/accounts` | 201 |
//! | `POST`, `GET /v1/sessions`; `DELETE /v1/sessions/{id}` | 201: signed in; 200: the caller's own; 204: signed out |
//! | `POST /v1/checkouts` | 201, 202, or a [`problem`] |
//! | `GET /v1/orders/{id}` | 200 |
//! | `POST /v1/orders/{id}/cancel` | 202 while the refund is under way, 200 once it is done |
//! | `GET /v1/orders/{id}/events` | 200, as a stream of server-sent events |
//! | `POST /v1/carts` | 200, 201: the caller's cart |
//! | `GET`, `DELETE /v1/carts/{id}`; `PUT`, `DELETE /v1/carts/{id}/items/{sku}` | 200: the cart |
//! | `POST /v1/carts/{id}/checkout` | as a checkout: all lines of the cart in one order |
//! | `GET /v1/products/{sku}/recommendations` | 200: what others bought with it, which may be nothing |
//! | `GET /v1/products/{sku}/availability` | 200 |
//! | `GET /v1/products/{sku}`, `GET /v1/products?category=&cursor=`, `GET /v1/categories` | 200, 304 |
//! | `GET /v1/search?q=&category=&seller=&min_price_cents=&max_price_cents=&sort=&cursor=` | 200 |
//! | `GET /v1/search/suggestions?q=` | 200 |
//!
//! `GET /openapi.json` describes all of them; the list is `routes`.
//!
//! The gateway keeps nothing but token buckets: who may come in, how fast, and where the request goes. Whether a key
//! came before is the lane's to say, because only the lane's stores outlive a gateway.

mod accounts;
mod answers;
mod availability;
mod cart_checkouts;
mod cart_cookie;
mod carts;
mod catalog;
mod checkouts;
mod openapi;
mod order_events;
mod orders;
pub mod problem;
mod products;
mod recommendations;
mod request;
mod routes;
mod search;
mod session;
pub mod token_bucket;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::time::Instant;

use crate::context::Context;
use crate::storefront;
use cart_cookie::CartCookies;
use catalog::Catalog;
use problem::{Problem, ProblemKind};

/// How long a read may take before the shopper is told to come again.
const READ_TIMEOUT: Duration = Duration::from_millis(1_000);

/// One gateway.
pub(crate) struct Gateway {
    ctx: Context,
    catalog: Catalog,
    cart_cookies: CartCookies,
    /// The description of its routes.
    openapi: serde_json::Value,
    /// Buckets run on time that no clock skew touches.
    started: Instant,
}

impl Gateway {
    /// A gateway that has yet to learn of any product.
    pub(crate) fn new(ctx: Context) -> Arc<Self> {
        let cart_cookies = CartCookies::new(&ctx.config.shop.secret);
        let openapi = openapi::document(&routes::all(), ctx.config.gateway.trusts_shopper_header);
        Arc::new(Self { ctx, catalog: Catalog::default(), cart_cookies, openapi, started: Instant::now() })
    }

    /// Whether it can serve: it knows the products.
    pub(crate) fn is_ready(&self) -> bool {
        self.catalog.is_loaded()
    }

    /// Its public routes.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        openapi::router(routes::all())
            .merge(storefront::routes())
            .fallback(async || Problem::from(ProblemKind::NotFound))
            .method_not_allowed_fallback(async || Problem::from(ProblemKind::MethodNotAllowed))
            .with_state(Arc::clone(self))
    }

    /// Keeps the product list fresh; never returns.
    pub(crate) fn keep_catalog_fresh(self: &Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        catalog::keep_fresh(self.ctx.clone(), Arc::clone(self))
    }

    fn cart_cookies(&self) -> &CartCookies {
        &self.cart_cookies
    }

    /// Microseconds since this gateway was started.
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
