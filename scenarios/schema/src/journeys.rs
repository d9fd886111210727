//! What shoppers come for, on real servers: shares of the crowd, and the requests they are made of.
//!
//! What each journey does is left to the load generator. Simulated worlds know the checkout alone, and let everybody who
//! arrives check out.

use crate::options::{names, options};

names! {
    /// A kind of request of the public API.
    pub enum Endpoint {
        /// `POST /v1/checkouts`.
        Checkout = "checkout",
        /// `GET /v1/orders/{id}`.
        Order = "order",
        /// `POST /v1/orders/{id}/cancel`.
        Cancel = "cancel",
        /// `GET /v1/products/{sku}`.
        ProductPage = "product-page",
        /// `GET /v1/products`.
        ProductList = "product-list",
        /// `GET /v1/search`.
        Search = "search",
        /// `POST /v1/carts`.
        CartOpen = "cart-open",
        /// `PUT /v1/carts/{id}/items/{sku}`.
        CartItem = "cart-item",
        /// `POST /v1/carts/{id}/checkout`.
        CartCheckout = "cart-checkout",
        /// `GET /v1/products/{sku}/availability`.
        Availability = "availability",
    }
}

options! {
    /// `[journeys]`: what shoppers come for, as weights; on real servers only, simulated worlds let everybody check out.
    pub struct Journeys {
        /// Click "Buy" at once.
        checkout: u32 = 100, in 0..=1_000_000;
        /// Look at lists and pages, and buy nothing.
        browse: u32 = 0, in 0..=1_000_000;
        /// Search, look at what was found, and buy nothing.
        search: u32 = 0, in 0..=1_000_000;
        /// Fill a cart, and buy all that is in it as one order.
        cart: u32 = 0, in 0..=1_000_000;
        /// Ask again and again how much is left until the sale begins to sell, and click until they have bought or all is sold.
        refresher: u32 = 0, in 0..=1_000_000;
        /// Come with the page they saw last time, look whether it has changed, and buy.
        returning: u32 = 0, in 0..=1_000_000;
        /// Wait between two steps of a journey, ms, at most; each step draws its own.
        think_ms: u32 = 500, in 0..=600_000;
    }
}
