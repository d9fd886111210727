//! The roles a process of the platform can play: which routes it serves and which workers it runs.
//!
//! A world serves the router, spawns the workers, and kills the process by dropping both, at whatever await they
//! stand. All state that outlives that is in the stores.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;

use crate::accounts::accounts_router;
use crate::context::Context;
use crate::discovery::catalog::invalidation;
use crate::discovery::recommendations::recommendations_router;
use crate::discovery::{self, search};
use crate::fulfilment::consumer::{self, Consumer};
use crate::fulfilment::{relay, warehouse};
use crate::gateway::Gateway;
use crate::health::{self, Needs};
use crate::transaction::cart::cart_router;
use crate::transaction::checkout::lane_router;
use crate::transaction::inventory::{inventory_router, upkeep_worker};
use crate::transaction::payments::webhook_router;
use crate::transaction::products::products_router;
use crate::transaction::{compensation, orders};

/// What a process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The public API.
    Gateway,
    /// Checkout of flash products, with a pool and limits of its own.
    FlashSale,
    /// Checkout of all other products; orders and the product list.
    Orders,
    /// Stock, and the upkeep of the Redis gate.
    Inventory,
    /// The card gateway's webhooks.
    Payments,
    /// Publishes the outbox.
    OutboxRelay,
    /// Settles what sagas left behind.
    Compensation,
    /// Tells shoppers.
    Notification,
    /// Keeps totals.
    Analytics,
    /// Sends parcels.
    Warehouse,
    /// Product pages, from a database and a cache of their own.
    Catalog,
    /// The catalog's changes into the search index, and out of the page cache.
    Indexer,
    /// Counts what was bought together, and answers for it.
    Recommendations,
    /// Accounts and their sessions.
    Accounts,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 14] = [
        Self::Gateway,
        Self::FlashSale,
        Self::Orders,
        Self::Inventory,
        Self::Payments,
        Self::OutboxRelay,
        Self::Compensation,
        Self::Notification,
        Self::Analytics,
        Self::Warehouse,
        Self::Catalog,
        Self::Indexer,
        Self::Recommendations,
        Self::Accounts,
    ];

    /// The name on command lines and in reports; where the role serves others, also its service name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::FlashSale => "flash-sale",
            Self::Orders => "orders",
            Self::Inventory => "inventory",
            Self::Payments => "payments",
            Self::OutboxRelay => "outbox-relay",
            Self::Compensation => "compensation",
            Self::Notification => "notification",
            Self::Analytics => "analytics",
            Self::Warehouse => "warehouse",
            Self::Catalog => "catalog",
            Self::Indexer => "indexer",
            Self::Recommendations => "recommendations",
            Self::Accounts => "accounts",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A task that runs as long as its process does: it neither returns nor panics.
pub struct Worker {
    /// What it does, for reports.
    pub name: &'static str,
    /// The task.
    pub future: Pin<Box<dyn Future<Output = ()> + Send + 'static>>,
}

impl Worker {
    fn new(name: &'static str, future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { name, future: Box::pin(future) }
    }
}

/// What a process serves and runs.
pub struct Process {
    /// Its routes.
    pub router: Router,
    /// Its tasks.
    pub workers: Vec<Worker>,
}

/// Puts a role together.
#[must_use]
pub fn build(role: Role, ctx: Context) -> Process {
    let (routes, needs, workers) = match role {
        Role::Gateway => {
            let gateway = Gateway::new(ctx.clone());
            let refresh = Worker::new("products", gateway.keep_catalog_fresh());
            (gateway.router(), Needs::Products(gateway), vec![refresh])
        }
        Role::FlashSale => (lane_router(ctx.clone(), &ctx.config.flash_lane), Needs::Database, vec![]),
        Role::Orders => {
            let routes = lane_router(ctx.clone(), &ctx.config.ordinary_lane)
                .merge(orders::router(ctx.clone()))
                .merge(products_router(ctx.clone()))
                .merge(cart_router(ctx.clone()));
            (routes, Needs::Database, vec![])
        }
        Role::Inventory => {
            let upkeep = Worker::new("upkeep", upkeep_worker(ctx.clone()));
            (inventory_router(ctx.clone()), Needs::Database, vec![upkeep])
        }
        // Its pages outlive its database for a while: it is ready without one.
        Role::Catalog => (discovery::router(ctx.clone()), Needs::Nothing, vec![]),
        Role::Indexer => {
            let lag = Arc::new(search::Lag::default());
            let index = Worker::new("index", search::indexer::run(ctx.clone(), Arc::clone(&lag)));
            let pages = Worker::new("pages", invalidation::run(ctx.clone()));
            (Router::new(), Needs::Index(lag), vec![index, pages])
        }
        Role::Accounts => (accounts_router(ctx.clone()), Needs::Database, vec![]),
        Role::Payments => (webhook_router(ctx.clone()), Needs::Database, vec![]),
        Role::Compensation => {
            let worker = Worker::new("compensation", compensation::worker(ctx.clone()));
            (Router::new(), Needs::Database, vec![worker])
        }
        Role::OutboxRelay => (Router::new(), Needs::Database, vec![Worker::new("relay", relay::run(ctx.clone()))]),
        Role::Notification => consuming(&ctx, Consumer::Notification),
        Role::Analytics => consuming(&ctx, Consumer::Analytics),
        Role::Recommendations => {
            let (_, needs, workers) = consuming(&ctx, Consumer::Recommendations);
            (recommendations_router(ctx.clone()), needs, workers)
        }
        Role::Warehouse => {
            let (routes, needs, mut workers) = consuming(&ctx, Consumer::Warehouse);
            workers.push(Worker::new("parcels", warehouse::move_along(ctx.clone())));
            (routes, needs, workers)
        }
    };
    Process { router: routes.merge(health::router(ctx, needs)), workers }
}

fn consuming(ctx: &Context, consumer: Consumer) -> (Router, Needs, Vec<Worker>) {
    let worker = Worker::new("consumer", consumer::run(ctx.clone(), consumer));
    (Router::new(), Needs::Database, vec![worker])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::by_name(role.name()), Some(role));
        }
        assert_eq!(Role::by_name("cashier"), None);
    }
}
