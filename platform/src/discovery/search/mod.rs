//! Search: products by words, with typing errors forgiven; filters, facets, price ranges, sorting, suggestions, and pages
//! that follow a signed cursor.
//!
//! | module | what it does |
//! |---|---|
//! | `query`, `words` | what is asked for |
//! | `request` | the bodies sent to the search server |
//! | `cursor` | the place where a page ended, signed together with its query |
//! | `engine` | the search server over the `http` port: Elasticsearch's API |
//! | `document` | what the index holds of a product |
//! | `pages` | answers; without the search server, a plain listing that says it is one |
//! | `indexer` | the change stream into the index |
//! | `rebuild` | a new index from the database, put in the old one's place at once |
//!
//! Relevance is made of constants (a word of the name counts more than one of the description, a whole word more than a
//! misspelt one) and not of word statistics: those move with every write, and a cursor that follows a score would lose
//! its place.

mod cursor;
mod document;
mod engine;
pub mod indexer;
mod pages;
mod query;
pub mod rebuild;
mod request;
mod words;

pub use document::document;
pub(crate) use indexer::Lag;
pub(super) use pages::search_router;

/// The alias that searches read.
pub const READERS: &str = "products";
/// The alias of all indices that changes are written to: while a new index is built, the old one and the new one.
pub const WRITERS: &str = "products-writers";
