//! The merchant: changes prices and shows products, in the catalog and in the database of orders, each as soon as it is
//! there.

use std::sync::Arc;

use arrivals::{Purpose, below, generator};
use scenario::Scenario;

use super::Setup;
use crate::world::hosts::postgres::PostgresHost;
use crate::world::observer::Observer;
use crate::world::stage::Stage;
use crate::world::time::Timeline;

/// How long the merchant waits before a change that was not taken is tried again, in microseconds.
const RETRY_US: i64 = 50_000;

/// One thing the merchant does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    at_us: i64,
    sku: String,
    price_cents: Option<i64>,
    shown: Option<bool>,
}

/// Everything the merchant will do: as the scenario says, and as the seed draws.
fn changes(scenario: &Scenario, seed: u64) -> Vec<Change> {
    let us = |ms: u64| i64::try_from(ms).expect("checked when the scenario was read") * 1_000;
    let Some(browsing) = &scenario.browsing else { return Vec::new() };
    let stated = browsing.changes.iter().map(|change| Change {
        at_us: us(change.at_ms),
        sku: change.sku.clone(),
        price_cents: change.price_cents,
        shown: change.shown,
    });
    let mut changes: Vec<Change> = stated.collect();
    if let Some(every_ms) = browsing.price_change_every_ms {
        let mut rng = generator(seed, Purpose::Browsing);
        let products = scenario.catalogue().products;
        let mut at_ms = every_ms;
        while at_ms <= scenario.run.duration_ms {
            let place = below(&mut rng, u64::try_from(products.len()).expect("few"));
            let product = &products[usize::try_from(place).expect("below the number of products")];
            // From four fifths of the price to six.
            let above = below(&mut rng, u64::try_from(product.price_cents * 2 / 5 + 1).expect("a price is above 0"));
            let price_cents = (product.price_cents * 4 / 5 + i64::try_from(above).expect("below a price")).max(1);
            let (at_us, sku) = (us(at_ms), product.sku.clone());
            changes.push(Change { at_us, sku, price_cents: Some(price_cents), shown: None });
            at_ms += every_ms;
        }
    }
    changes.sort_by_key(|change| change.at_us);
    changes
}

/// Who changes prices.
pub(super) struct Merchant {
    changes: Vec<Change>,
    catalog: Arc<PostgresHost>,
    orders: Arc<PostgresHost>,
    timeline: Timeline,
    observer: Observer,
}

impl Merchant {
    /// The merchant of a shop, with all that is to be done.
    pub(super) fn of<S: Stage>(setup: &Setup<S>) -> Self {
        Self {
            changes: changes(&setup.scenario, setup.seed),
            catalog: setup.catalog.clone(),
            orders: setup.orders.clone(),
            timeline: setup.timeline.clone(),
            observer: setup.observer.clone(),
        }
    }

    /// Does everything in turn.
    pub(super) async fn work(self) {
        for change in &self.changes {
            self.timeline.sleep_until(change.at_us).await;
            let sku = change.sku.replace('\'', "''");
            if let Some(price_cents) = change.price_cents {
                let statement = format!("UPDATE products SET price_cents = {price_cents} WHERE sku = '{sku}'");
                self.until_taken(&self.orders, &statement).await;
            }
            let price = change.price_cents.map_or(String::new(), |cents| format!("price_cents = {cents}, "));
            let status = change
                .shown
                .map_or(String::new(), |shown| format!("status = '{}', ", if shown { "active" } else { "hidden" }));
            let statement = format!(
                "UPDATE products SET {price}{status}version = version + 1, updated_at = now() WHERE sku = '{sku}'"
            );
            self.until_taken(&self.catalog, &statement).await;
            self.observer.probe("product-changed");
        }
    }

    async fn until_taken(&self, database: &PostgresHost, statement: &str) {
        while !database.take(statement) {
            self.observer.probe("change-taken-late");
            self.timeline.sleep_until(self.timeline.now_us() + RETRY_US).await;
        }
    }
}
