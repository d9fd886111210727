//! The discovery path: what shoppers look at before they buy. Fifty reads for each write, and never on the way of a
//! checkout: a database of its own, its cache in Redis, and a page even when one of the two is away.
//!
//! | module | what it does |
//! |---|---|
//! | [`catalog`] | products and their pages |
//! | [`search`] | products by words, and the index that finds them |
//! | [`changes`] | the catalog's changes as they come from the change stream: what index and page cache are kept by |
//! | [`recommendations`] | what was bought together |
//! | `form` | query strings |

pub mod catalog;
pub mod changes;
mod form;
pub mod recommendations;
pub mod search;

use axum::Router;

use crate::context::Context;

/// What the catalog role serves: pages, lists and searches.
pub(crate) fn router(ctx: Context) -> Router {
    let (pages, listing) = catalog::catalog_router(ctx.clone());
    pages.merge(search::search_router(ctx, listing))
}
