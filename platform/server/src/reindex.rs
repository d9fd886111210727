//! `platform reindex`: a new search index from the catalog's database, while searches go on.

use std::sync::Arc;

use platform::bugs::Bugs;
use platform::context::Context;
use platform::discovery::search::rebuild::{self, RebuildError, Rebuilt};
use platform::metrics::Metrics;
use ports::entropy::Entropy;

use crate::clock::SystemClock;
use crate::live_stores::{self, Needs, StoreError, WithoutRedis};
use crate::schema::{self, Part, SchemaError};
use crate::settings::Settings;

/// Rows between two lines of progress.
const STEP: u64 = 50_000;

/// Why there is no new index.
#[derive(Debug, thiserror::Error)]
pub enum ReindexError {
    /// A server is not as it must be, or a setting is missing.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The catalog's schema is not the one this build was written for.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// Building it failed; searches go on with the old one.
    #[error("{0}")]
    Rebuild(#[from] RebuildError),
}

/// What a process needs that only reads the catalog and writes an index.
pub async fn context(settings: &Settings, entropy: Entropy) -> Result<Context, ReindexError> {
    let needs = Needs { catalog: true, search: true, ..Needs::default() };
    live_stores::require(settings, Needs { catalog: false, ..needs }).map_err(StoreError::from)?;
    let http = live_stores::http(settings).map_err(StoreError::from)?;
    let texts = settings.texts().map_err(StoreError::from)?;
    let stores = live_stores::connect(settings, needs, WithoutRedis::Fail).await?;
    schema::check(Part::Catalog, &*stores.catalog).await?;
    Ok(Context {
        sql: stores.catalog,
        redis: stores.redis,
        events: stores.events,
        http,
        clock: Arc::new(SystemClock),
        entropy,
        texts,
        config: Arc::new(settings.platform_config()),
        bugs: Bugs::none(),
        metrics: Metrics::default(),
    })
}

/// Builds the index, and says how far it is.
///
/// # Errors
/// Whatever kept it from being finished.
pub async fn run(settings: &Settings, entropy: Entropy) -> Result<Rebuilt, ReindexError> {
    let context = context(settings, entropy).await?;
    let mut told = 0;
    let progress = |rows: u64| {
        if rows / STEP > told / STEP {
            println!("platform: {rows} products in the new index");
        }
        told = rows;
    };
    Ok(rebuild::rebuild(&context, progress).await?)
}
