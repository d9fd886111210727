//! A new index from the database, put in the place of the old one at once, while searches and changes go on.
//!
//! 1. A new index is made and joins the indices that changes are written to.
//! 2. Every row is read, page by page, and written with the lowest version there is: whatever the change stream brings, it
//!    replaces it, and what it has brought already stays.
//! 3. The alias that searches read moves from the old index to the new one in one step. The old one goes a moment later, when no
//!    search that began before can still be reading it.
//!
//! No change is missed. One that commits after its row was read comes by the stream, to both indices. One that the indexer
//! read before it knew of the new index had committed before the rows were read, and so is among them.

use std::time::Duration;

use ports::sql::SqlError;
use serde_json::{Value, json};

use super::engine::{Engine, Trouble, Write, Written};
use super::{READERS, WRITERS, document};
use crate::context::Context;
use crate::discovery::changes::ProductRow;
use crate::texts::TextId;

/// Older than anything that the change stream brings.
const FROM_THE_TABLE: i64 = 1;
/// How long a search that has begun may go on reading an index that is no longer behind the alias.
const LONGEST_SEARCH: Duration = Duration::from_secs(2);
/// Rows read at once.
const PAGE: i64 = 1_000;
/// How often the search server may be away in the middle of it.
const TRIES: u32 = 60;

/// Why no new index came to be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RebuildError {
    /// The catalog's database was away or refused.
    #[error("Postgres: {0}")]
    Sql(#[from] SqlError),
    /// The search server was away or refused.
    #[error("{0}")]
    Search(#[from] Trouble),
    /// A row does not fit the index.
    #[error("the search server refuses the product {sku:?}")]
    Unfit {
        /// The product.
        sku: String,
    },
    /// Somebody else's index was finished first; this one is gone.
    #[error("another index was built meanwhile and is in use")]
    Overtaken,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The new index.
    pub index: String,
    /// Rows read.
    pub rows: u64,
}

/// Builds an index if there is none that searches read.
///
/// # Errors
/// As [`rebuild`]; an index that another process finished meanwhile is no error.
pub(super) async fn ensure(ctx: &Context) -> Result<(), RebuildError> {
    let engine = Engine::new(ctx.clone());
    if !engine.behind(READERS).await?.is_empty() {
        return Ok(());
    }
    match rebuild(ctx, |_| {}).await {
        Ok(_) | Err(RebuildError::Overtaken) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Builds a new index and puts it in the place of the one there is. `progress` hears how many rows are in it so far.
///
/// # Errors
/// When a store was away for too long or refused; searches then go on with the old index, and what was half built goes with
/// the next one that is finished.
pub async fn rebuild(ctx: &Context, mut progress: impl FnMut(u64)) -> Result<Rebuilt, RebuildError> {
    let engine = Engine::new(ctx.clone());
    let index = format!("{READERS}-{}-{:08x}", ctx.clock.now_us(), ctx.entropy.below(1 << 32));
    engine.create(&index).await?;
    engine.aliases(&[json!({"add": {"index": index, "alias": WRITERS}})]).await?;
    let mut rows = 0;
    let mut after = String::new();
    loop {
        let params = [(&*after).into(), PAGE.into()];
        let page = ctx.sql.query(ctx.texts.get(TextId::CATALOG_INDEX_PAGE), &params).await?;
        let products: Vec<ProductRow> = page.iter().map(ProductRow::of).collect();
        let Some(last) = products.last() else { break };
        after.clone_from(&last.sku);
        rows += products.len() as u64;
        copy(ctx, &engine, &index, &products).await?;
        progress(rows);
    }
    engine.refresh(&index).await?;
    switch(&engine, &index).await?;
    Ok(Rebuilt { index, rows })
}

/// Writes rows to the new index; a search server that is away for a moment is waited for.
async fn copy(ctx: &Context, engine: &Engine, index: &str, rows: &[ProductRow]) -> Result<(), RebuildError> {
    let write = |row: &ProductRow| Write {
        id: row.sku.clone(),
        version: FROM_THE_TABLE,
        document: document(&row.sku, Some(row)),
    };
    let mut writes: Vec<Write> = rows.iter().map(write).collect();
    for _try in 0..TRIES {
        let written = match engine.write(index, &writes).await {
            Ok(written) => written,
            Err(Trouble::Away) => vec![Written::Away; writes.len()],
            Err(trouble) => return Err(trouble.into()),
        };
        if written.contains(&Written::NoIndex) {
            return Err(RebuildError::Overtaken);
        }
        if let Some((unfit, _)) = writes.iter().zip(&written).find(|(_, written)| **written == Written::Refused) {
            return Err(RebuildError::Unfit { sku: unfit.id.clone() });
        }
        let mut again = written.iter().map(|written| *written == Written::Away);
        writes.retain(|_| again.next().unwrap_or(false));
        if writes.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(ctx.config.shop.search.retry).await;
    }
    Err(Trouble::Away.into())
}

/// Searches read the new index from now on, in one step; every other index of the platform goes when no search that began before
/// can still be reading it.
async fn switch(engine: &Engine, index: &str) -> Result<(), RebuildError> {
    let writers = engine.behind(WRITERS).await?;
    if !writers.iter().any(|writer| writer == index) {
        return Err(RebuildError::Overtaken);
    }
    take_alias(engine, index).await?;
    tokio::time::sleep(LONGEST_SEARCH).await;
    if engine.behind(READERS).await? != [index] {
        // A newer one has taken this one's place, and sees to the rest.
        return Ok(());
    }
    for other in writers.iter().filter(|other| *other != index) {
        match engine.aliases(&[json!({"remove_index": {"index": other}})]).await {
            Ok(()) | Err(Trouble::Missing { .. }) => {}
            Err(trouble) => return Err(trouble.into()),
        }
    }
    Ok(())
}

/// Makes the index the only one that searches read. Of several that are finished at the same time, and each saw no other, the
/// newest stays: names grow with time.
async fn take_alias(engine: &Engine, index: &str) -> Result<(), RebuildError> {
    let mut asked = false;
    for _try in 0..TRIES {
        let readers = engine.behind(READERS).await?;
        if readers == [index] {
            return Ok(());
        }
        if asked && readers.iter().any(|reader| reader.as_str() > index) {
            return Err(RebuildError::Overtaken);
        }
        let mut actions = vec![json!({"add": {"index": index, "alias": READERS}})];
        let before = readers.iter().filter(|reader| *reader != index);
        actions.extend(before.map(|reader| json!({"remove": {"index": reader, "alias": READERS}})));
        match engine.aliases(&actions).await {
            // What stands there now is what counts: an answer may have been lost, and somebody else may have asked too.
            Ok(()) | Err(Trouble::Away | Trouble::Missing { .. }) => asked = true,
            Err(trouble @ Trouble::Refused { .. }) => return Err(trouble.into()),
        }
    }
    Err(Trouble::Away.into())
}

/// Everything the index that searches read holds of products that exist, as it stands after a refresh: for comparing it
/// with the table.
///
/// # Errors
/// When the search server is away or has no index.
pub async fn indexed(ctx: &Context) -> Result<Vec<Value>, Trouble> {
    const AT_ONCE: u64 = 1_000;
    let engine = Engine::new(ctx.clone());
    engine.refresh(READERS).await?;
    let mut documents = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut body = json!({
            "query": {"bool": {"filter": [{"terms": {"status": ["active", "hidden"]}}]}},
            "size": AT_ONCE, "sort": [{"sku": "asc"}], "track_total_hits": false,
        });
        if !after.is_null() {
            body["search_after"] = after;
        }
        let answer = engine.search(READERS, &body, ctx.config.shop.search.write_limit).await?;
        let hits = answer["hits"]["hits"].as_array().cloned().unwrap_or_default();
        let Some(last) = hits.last() else { return Ok(documents) };
        after = last["sort"].clone();
        documents.extend(hits.into_iter().map(|mut hit| hit["_source"].take()));
    }
}

/// The documents that the index must hold, as the table stands: for comparing it with the index.
///
/// # Errors
/// When the database is away.
pub async fn expected(ctx: &Context) -> Result<Vec<Value>, SqlError> {
    let mut documents = Vec::new();
    let mut after = String::new();
    loop {
        let params = [(&*after).into(), PAGE.into()];
        let page = ctx.sql.query(ctx.texts.get(TextId::CATALOG_INDEX_PAGE), &params).await?;
        let products: Vec<ProductRow> = page.iter().map(ProductRow::of).collect();
        let Some(last) = products.last() else { return Ok(documents) };
        after.clone_from(&last.sku);
        documents.extend(products.iter().map(|row| document(&row.sku, Some(row))));
    }
}
