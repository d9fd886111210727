//! The platform's own databases: how much is left while the load goes on, and what became of the orders afterwards.
//!
//! Shoppers know what they were told; whether it is true only the stores know.
//!
//! | file | what it is |
//! |---|---|
//! | `orders.rs` | where the run's orders went |
//! | `watch.rs` | stock meanwhile |

mod orders;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ports::clock::Clock as _;
use ports::sql::{SqlError, SqlPool, SqlValue};
use server::audit::report::Report;
use server::audit::{self, AuditError};
use server::clock::{SystemClock, system_entropy};
use server::live_stores::{self, StoreError};
use server::settings::{Settings, SettingsError};

pub use orders::{Moves, Orders};
pub use watch::watch;

/// Why the stores could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// The settings do not say where they are.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// One is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A statement failed.
    #[error("Postgres: {0}")]
    Sql(#[from] SqlError),
    /// The audit could not be made.
    #[error("the audit: {0}")]
    Audit(#[from] AuditError),
    /// The system has no randomness to give.
    #[error("the system: {0}")]
    System(String),
}

/// The stores of the platform that is loaded.
pub struct Stores {
    settings: Settings,
    pool: Arc<dyn SqlPool>,
}

impl Stores {
    /// Finds the stores that the settings name; all of them must be there before a load begins.
    ///
    /// # Errors
    /// What is not set, or not there.
    pub async fn open(settings: Settings) -> Result<Self, StoresError> {
        audit::require(&settings)?;
        let pool = live_stores::postgres(&settings, "postgres.worker_connections")?;
        live_stores::probe_postgres(&settings, &pool).await?;
        Ok(Self { settings, pool: Arc::new(pool) })
    }

    /// Units on hand of each product that there is.
    ///
    /// # Errors
    /// When Postgres does not say.
    pub async fn on_hand(&self, skus: &[&str]) -> Result<BTreeMap<String, i64>, StoresError> {
        let skus = SqlValue::TextArray(skus.iter().map(|sku| Arc::from(*sku)).collect());
        let rows = self.pool.query(include_str!("../../sql/stock.sql"), &[skus]).await?;
        Ok(rows.iter().map(|row| (row.text("sku").to_owned(), row.int("on_hand"))).collect())
    }

    /// What became of the orders of the shoppers whose names begin so. `now_us` is what the load's clock shows.
    ///
    /// # Errors
    /// When Postgres does not say.
    pub async fn orders(&self, run_name: &str, now_us: u64, step_ms: u64) -> Result<Orders, StoresError> {
        let zero_us = SystemClock.now_us() - i64::try_from(now_us).unwrap_or(i64::MAX);
        orders::read(&*self.pool, &format!("{run_name}-"), zero_us, step_ms).await
    }

    /// Of these orders, those that never stood as bought.
    ///
    /// # Errors
    /// When Postgres does not say.
    pub async fn never_confirmed(&self, orders: &[Box<str>]) -> Result<Vec<String>, StoresError> {
        let mut missing = Vec::new();
        for some in orders.chunks(10_000) {
            let ids = SqlValue::TextArray(some.iter().map(|id| Arc::from(&**id)).collect());
            let rows = self.pool.query(include_str!("../../sql/unacknowledged.sql"), &[ids]).await?;
            missing.extend(rows.iter().map(|row| row.text("order_id").to_owned()));
        }
        Ok(missing)
    }

    /// `platform audit`, once all is quiet or `settle_limit` is over.
    ///
    /// # Errors
    /// When a store cannot be read.
    pub async fn audit(&self, settle_limit: Duration) -> Result<Report, StoresError> {
        let entropy = system_entropy().map_err(|error| StoresError::System(error.to_string()))?;
        let options = audit::Options { settle_limit, busy: false };
        Ok(audit::of_settings(&self.settings, entropy.next_u64(), options).await?)
    }
}
