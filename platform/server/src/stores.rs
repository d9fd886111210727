//! The ports of a process, whatever lies behind them.

use std::sync::Arc;

use platform::roles::Role;
use ports::events::EventLog;
use ports::redis_port::RedisConnector;
use ports::sql::SqlPool;

/// The three stores. Each lane has a pool that nothing else takes connections from.
#[derive(Clone)]
pub struct Stores {
    /// The flash lane's pool.
    pub flash_lane: Arc<dyn SqlPool>,
    /// The ordinary lane's pool.
    pub ordinary_lane: Arc<dyn SqlPool>,
    /// The pool of everyone else.
    pub workers: Arc<dyn SqlPool>,
    /// The catalog's own database.
    pub catalog: Arc<dyn SqlPool>,
    /// The gate.
    pub redis: Arc<dyn RedisConnector>,
    /// The log.
    pub events: Arc<dyn EventLog>,
}

impl Stores {
    /// The pool of a role.
    #[must_use]
    pub fn pool_of(&self, role: Role) -> Arc<dyn SqlPool> {
        match role {
            Role::FlashSale => self.flash_lane.clone(),
            Role::Orders => self.ordinary_lane.clone(),
            Role::Catalog | Role::Indexer => self.catalog.clone(),
            Role::Gateway
            | Role::Inventory
            | Role::Payments
            | Role::OutboxRelay
            | Role::Compensation
            | Role::Notification
            | Role::Analytics
            | Role::Warehouse
            | Role::Recommendations
            | Role::Accounts => self.workers.clone(),
        }
    }
}
