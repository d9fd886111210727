//! The shop around the sale: how shoppers look before they buy, what they do with carts, and what the merchant changes.
//!
//! A scenario without this section has no catalog, and nobody looks at pages.

use crate::options::options;

options! {
    /// `[[browsing.changes]]`: what the merchant does to a product, at a stated time.
    pub struct CatalogChange {
        /// When, ms from the start of the sale.
        at_ms: u64, in 0..=86_400_000;
        /// The product: a SKU of `[[products]]`.
        sku: String;
        /// Its price from then on, in cents, in the catalog and in the database of orders.
        price_cents: Option<i64> = None, in 1..=100_000_000;
        /// Whether it is shown from then on; a product whose first such change shows it is hidden until then.
        shown: Option<bool> = None;
    }
}

options! {
    /// `[browsing]`: shoppers look at pages of the catalog before they buy.
    pub struct Browsing {
        /// Pages a shopper looks at before the checkout, on average; each draws from 1 to twice this less one.
        views_per_buy: u32 = 50, in 1..=10_000;
        /// Mean wait between two pages, ms; memoryless.
        think_ms: u32 = 100, in 0..=600_000;
        /// Share of pages that are lists: of everything, of a category, or what follows a list.
        list_ratio: f64 = 0.2, in 0.0..=1.0;
        /// Share of pages that are of products that do not exist.
        missing_ratio: f64 = 0.02, in 0.0..=1.0;
        /// Categories that the products are spread over.
        categories: u32 = 4, in 1..=1_000;
        /// Share of shoppers who buy out of a cart.
        cart_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Most lines that a shopper puts into a cart; each draws from 1 to this.
        cart_lines: u32 = 3, in 1..=20;
        /// Share of cart requests that are sent twice.
        cart_repeat_ratio: f64 = 0.1, in 0.0..=1.0;
        /// Share of shoppers with a cart who, signed in on another device, have put lines into their own before.
        second_device_ratio: f64 = 0.3, in 0.0..=1.0;
        /// Share of those told that the price has changed who buy at the new one; the others leave.
        accept_price_ratio: f64 = 0.5, in 0.0..=1.0;
        /// How often the merchant gives some product another price, ms; left out, never.
        price_change_every_ms: Option<u64> = None, in 1..=86_400_000;
        /// What the merchant does at stated times.
        changes: Vec<CatalogChange> = Vec::new();
    }
}

impl Browsing {
    /// Whether a product is hidden when the sale starts: the first change of its being shown shows it.
    #[must_use]
    pub fn begins_hidden(&self, sku: &str) -> bool {
        let mut shown: Vec<_> =
            self.changes.iter().filter(|change| change.sku == sku && change.shown.is_some()).collect();
        shown.sort_by_key(|change| change.at_ms);
        shown.first().is_some_and(|first| first.shown == Some(true))
    }
}
