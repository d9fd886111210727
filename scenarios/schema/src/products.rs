//! What is for sale, and who wants which of it.
//!
//! Stock rows and price lists are left to the worlds.

use serde::Serialize;

use crate::options::options;

options! {
    /// `[[products]]`: one SKU, or many alike.
    pub struct Products {
        /// The SKU; give this or `sku_prefix`.
        sku: Option<String> = None;
        /// Prefix of many SKUs, numbered from 0001; give this and `skus`, or `sku`.
        sku_prefix: Option<String> = None;
        /// How many SKUs share the prefix.
        skus: Option<u32> = None, in 1..=100_000;
        /// Units on hand when the sale starts, of each SKU.
        stock: u64, in 1..=1_000_000_000;
        /// Price of a unit, in cents.
        price_cents: i64 = 9_900, in 1..=100_000_000;
        /// Sold through the flash lane.
        flash: bool = false;
        /// How many of the shoppers want this entry, relative to the other entries.
        weight: u32 = 100, in 1..=1_000_000;
        /// How unevenly the SKUs of a prefix are wanted: the n-th has weight n^-exponent; 0 for evenly.
        zipf_exponent: f64 = 0.0, in 0.0..=4.0;
    }
}

/// One SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// The SKU.
    pub sku: String,
    /// Units on hand when the sale starts.
    pub stock: u64,
    /// Price of a unit, in cents.
    pub price_cents: i64,
    /// Sold through the flash lane.
    pub flash: bool,
}

/// Every SKU of a scenario, with its share of the demand.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The SKUs, in the order of the file.
    pub products: Vec<Product>,
    /// For each SKU, the weights up to and with it.
    cumulative: Vec<u128>,
}

impl Products {
    /// The key that is missing, left over or malformed, and what to do.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match (&self.sku, &self.sku_prefix, self.skus) {
            (Some(sku), None, None) if !is_sku(sku) => Err(("sku", NOT_A_SKU)),
            (None, Some(prefix), Some(_)) if !is_sku(prefix) => Err(("sku_prefix", NOT_A_SKU)),
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(()),
            (None, Some(_), None) => Err(("sku_prefix", "needs `skus`, the number of SKUs: add it")),
            (_, None, Some(_)) => Err(("skus", "means nothing without `sku_prefix`: remove it or add the prefix")),
            (None, None, None) => Err(("sku", "is missing: add it, or `sku_prefix` and `skus`")),
            (Some(_), Some(_), _) => Err(("sku_prefix", "and `sku` exclude each other: remove one")),
        }
    }

    /// The SKUs of this entry.
    pub(crate) fn names(&self) -> Vec<String> {
        match (&self.sku, &self.sku_prefix) {
            (Some(sku), _) => vec![sku.clone()],
            (None, Some(prefix)) => (1..=self.skus.unwrap_or(0)).map(|n| format!("{prefix}{n:04}")).collect(),
            (None, None) => Vec::new(),
        }
    }

    fn exponent_milli(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range 0.0..=4.0 was checked, so this lies in 0..=4000"
        )]
        let milli = (self.zipf_exponent * 1_000.0).round() as u32;
        milli
    }
}

const NOT_A_SKU: &str = "must be letters, digits and dashes, 40 at most";

/// What can stand in a URL's path and on a label.
fn is_sku(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Catalogue {
    pub(crate) fn new(entries: &[Products]) -> Self {
        let mut catalogue = Self { products: Vec::new(), cumulative: Vec::new() };
        let mut total = 0;
        for entry in entries {
            let names = entry.names();
            let weights = arrivals::zipf_weights(names.len(), entry.exponent_milli());
            let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            for (sku, weight) in names.into_iter().zip(weights) {
                total += ((u128::from(weight) * u128::from(entry.weight)) << 32) / sum;
                catalogue.cumulative.push(total);
                catalogue.products.push(Product {
                    sku,
                    stock: entry.stock,
                    price_cents: entry.price_cents,
                    flash: entry.flash,
                });
            }
        }
        catalogue
    }

    /// The product that a uniform word stands for ([`arrivals::Shopper::product_draw`]): its place in `products`.
    #[must_use]
    pub fn pick(&self, draw: u32) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0);
        let point = (total * u128::from(draw)) >> 32;
        self.cumulative.partition_point(|upto| *upto <= point)
    }
}
