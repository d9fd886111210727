//! The products this gateway knows, and the bucket of each.
//!
//! Only a product of the list has a bucket, so that made-up SKUs cost no memory. A product that stays on the list keeps
//! its bucket over a refresh.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use ports::http_port::ServiceName;
use tokio::time::sleep;

use super::token_bucket::{Limit, TokenBucket};
use crate::context::Context;
use crate::messages::{FLASH_SALE, ORDERS, Product};

/// How long the product list may take to come.
const PRODUCTS_TIMEOUT: Duration = Duration::from_millis(1_000);
/// The pause after a list that did not come; shorter than a refresh, because without any list nothing can be sold.
const PRODUCTS_RETRY: Duration = Duration::from_millis(200);

struct Listed {
    lane: ServiceName,
    bucket: Mutex<TokenBucket>,
}

/// What admission says to one checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Go on, to this lane.
    Admitted {
        /// The service that sells the product.
        lane: ServiceName,
    },
    /// The product's bucket is empty.
    Limited {
        /// Microseconds until there is a token, if nobody else takes it.
        retry_after_us: u64,
    },
    /// No such product.
    Unknown,
    /// The list has not been read yet.
    NotLoaded,
}

/// The product list with its buckets; nothing until it was read once.
#[derive(Default)]
pub(crate) struct Catalog {
    listed: RwLock<Option<BTreeMap<String, Listed>>>,
}

impl Catalog {
    /// Whether the list was read at least once.
    pub(crate) fn is_loaded(&self) -> bool {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether there is such a product; nothing as long as the list was not read.
    pub(super) fn knows(&self, sku: &str) -> Option<bool> {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        listed.as_ref().map(|listed| listed.contains_key(sku))
    }

    /// Takes a token of the product's bucket.
    pub(super) fn admit(&self, sku: &str, now_us: u64) -> Admission {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        let Some(listed) = listed.as_ref() else {
            return Admission::NotLoaded;
        };
        let Some(product) = listed.get(sku) else {
            return Admission::Unknown;
        };
        match product.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(now_us) {
            Ok(()) => Admission::Admitted { lane: product.lane },
            Err(refused) => Admission::Limited { retry_after_us: refused.retry_after_us },
        }
    }

    /// Takes over a newly read list.
    fn replace(&self, products: Vec<Product>, limit: Limit, now_us: u64) {
        let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = listed.take().unwrap_or_default();
        let mut after = BTreeMap::new();
        for product in products {
            let bucket = match before.remove(&product.sku) {
                Some(known) => known.bucket,
                None => Mutex::new(TokenBucket::empty(limit, now_us)),
            };
            let lane = if product.flash { FLASH_SALE } else { ORDERS };
            after.insert(product.sku, Listed { lane, bucket });
        }
        *listed = Some(after);
    }
}

/// Reads the list again and again; never returns. A list that does not come leaves the last one in force.
pub(super) async fn keep_fresh(ctx: Context, gateway: std::sync::Arc<super::Gateway>) {
    let config = &ctx.config.gateway;
    let limit = Limit { rate_per_s: config.per_sku_rate_per_s, burst: config.per_sku_burst, replicas: config.replicas };
    loop {
        let pause = match read_products(&ctx).await {
            Some(products) => {
                gateway.catalog.replace(products, limit, gateway.now_us());
                config.products_refresh
            }
            None => PRODUCTS_RETRY.min(config.products_refresh),
        };
        sleep(pause).await;
    }
}

async fn read_products(ctx: &Context) -> Option<Vec<Product>> {
    let request = Request::get("/internal/products").body(Bytes::new()).expect("a constant request is well formed");
    let response = ctx.http.call(ORDERS, request, PRODUCTS_TIMEOUT).await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    serde_json::from_slice(response.body()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { rate_per_s: 1_000_000, burst: 2, replicas: 1 };

    fn product(sku: &str, flash: bool) -> Product {
        Product { sku: sku.into(), price_cents: 1, currency: "usd".into(), flash }
    }

    #[test]
    fn nothing_is_known_before_the_first_list() {
        assert_eq!(Catalog::default().admit("console", 0), Admission::NotLoaded);
    }

    #[test]
    fn a_flash_product_goes_to_its_own_lane() {
        let catalog = Catalog::default();
        catalog.replace(vec![product("console", true), product("cable", false)], LIMIT, 0);
        assert_eq!(catalog.admit("console", 10), Admission::Admitted { lane: FLASH_SALE });
        assert_eq!(catalog.admit("cable", 10), Admission::Admitted { lane: ORDERS });
        assert_eq!(catalog.admit("ghost", 10), Admission::Unknown);
    }

    #[test]
    fn a_refresh_does_not_fill_a_bucket() {
        let catalog = Catalog::default();
        catalog.replace(vec![product("console", true)], LIMIT, 0);
        assert_eq!(catalog.admit("console", 1), Admission::Admitted { lane: FLASH_SALE });
        catalog.replace(vec![product("console", true)], LIMIT, 1);
        assert_eq!(catalog.admit("console", 1), Admission::Limited { retry_after_us: 1 });
    }

    #[test]
    fn a_drained_sku_leaves_the_others_their_tokens() {
        let catalog = Catalog::default();
        catalog.replace(vec![product("console", true), product("cable", false)], LIMIT, 0);
        while catalog.admit("console", 5) != (Admission::Limited { retry_after_us: 1 }) {}
        assert_eq!(catalog.admit("cable", 5), Admission::Admitted { lane: ORDERS });
    }
}
