//! A sans-IO search server that speaks the part of Elasticsearch's API (as OpenSearch 2 serves it) which the platform uses.
//!
//! `(state, request, now) -> (state, response)`: no socket, no clock, no randomness. Whoever hosts the engine carries the
//! bytes, delays and loses them, and keeps the time.
//!
//! | module | what it does |
//! |---|---|
//! | `route` | method and path |
//! | `mapping`, `analysis` | what fields there are, and how a text becomes words |
//! | `document`, `index` | versioned writes, and what of them a search sees: nothing before the next refresh |
//! | `bulk`, `alias` | many writes in one request; names that stand for indices, moved atomically |
//! | `query`, `distance` | which documents match and how well |
//! | `search`, `aggregation` | sorting, pages after a place, counts |
//! | `refusal` | errors, in the server's words |
//!
//! What lies outside the subset (a query, a mapping or a parameter it does not know) is refused by name with status 400,
//! never guessed at. Scores exist only where they are constants: relevance by word statistics (BM25) is outside, because it
//! moves with every write, and a page that follows a score would then not follow.

mod aggregation;
mod alias;
mod analysis;
mod bulk;
mod distance;
mod document;
mod index;
mod mapping;
mod query;
mod refusal;
mod route;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use index::Index;
use refusal::Refusal;
use route::Route;

/// An answer's body, or why there is none.
type Answer = Result<Value, Refusal>;

/// One server with its indices.
#[derive(Debug, Default)]
pub struct Search {
    indices: BTreeMap<String, Index>,
    /// Per alias, the indices it stands for.
    aliases: BTreeMap<String, BTreeSet<String>>,
    requests: u64,
}

impl Search {
    /// A server without indices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers one request at `now_ms` (milliseconds since the epoch, never going back). The effect, if any, has happened
    /// when this returns.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Response<Bytes> {
        self.advance(now_ms);
        self.requests += 1;
        match Route::of(request.method(), request.uri()).and_then(|route| self.run(&route, request.body(), now_ms)) {
            Ok(body) => respond(StatusCode::OK, &body),
            Err(refusal) => respond(refusal.status(), &refusal.body()),
        }
    }

    fn run(&mut self, route: &Route, body: &Bytes, now_ms: i64) -> Answer {
        match route {
            Route::Create { index } => self.create(index, body, now_ms),
            Route::Delete { index } => self.delete(index),
            Route::Refresh { target } => {
                for name in self.resolve(target)? {
                    self.index_mut(&name).refresh(now_ms);
                }
                Ok(json!({"_shards": {"total": 1, "successful": 1, "failed": 0}}))
            }
            Route::Bulk => bulk::run(self, body),
            Route::Search { target } => {
                let names = self.resolve(target)?;
                let indices: Vec<&Index> = names.iter().filter_map(|name| self.indices.get(name)).collect();
                search::run(&indices, body)
            }
            Route::Aliases => alias::update(self, body),
            Route::Alias { alias } => alias::show(self, alias),
        }
    }

    fn create(&mut self, name: &str, body: &Bytes, now_ms: i64) -> Answer {
        if self.indices.contains_key(name) || self.aliases.contains_key(name) {
            return Err(Refusal::exists(name));
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| Refusal::unreadable(&error))?;
        let mapping = mapping::Mapping::read(&body)?;
        self.indices.insert(name.to_owned(), Index::new(name, mapping, now_ms));
        Ok(json!({"acknowledged": true, "shards_acknowledged": true, "index": name}))
    }

    fn delete(&mut self, name: &str) -> Answer {
        // An alias cannot be deleted as if it were an index.
        if self.indices.remove(name).is_none() {
            return Err(Refusal::no_index(name));
        }
        self.forget(name);
        Ok(json!({"acknowledged": true}))
    }

    /// Takes an index that is gone out of every alias.
    fn forget(&mut self, name: &str) {
        self.aliases.retain(|_, indices| {
            indices.remove(name);
            !indices.is_empty()
        });
    }

    /// The indices behind a name.
    fn resolve(&self, target: &str) -> Result<Vec<String>, Refusal> {
        if self.indices.contains_key(target) {
            return Ok(vec![target.to_owned()]);
        }
        let behind = self.aliases.get(target).ok_or_else(|| Refusal::no_index(target))?;
        Ok(behind.iter().cloned().collect())
    }

    fn index_mut(&mut self, name: &str) -> &mut Index {
        self.indices.get_mut(name).expect("a resolved name is there")
    }

    /// Lets time pass: indices whose refresh is due show what was written.
    pub fn advance(&mut self, now_ms: i64) {
        self.indices.values_mut().for_each(|index| index.advance(now_ms));
    }

    /// The server dies and comes back at `now_ms`. Every acknowledged write was in its log on the disk, so all of them are
    /// there, and seen at once: recovery ends with a refresh.
    pub fn crash_and_restart(&mut self, now_ms: i64) {
        self.indices.values_mut().for_each(|index| index.refresh(now_ms));
    }

    /// The server is replaced by an empty one.
    pub fn lose_everything(&mut self) {
        self.indices.clear();
        self.aliases.clear();
    }

    /// Requests answered so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Every document behind a name whether or not a search sees it yet, by id: for checkers and reports.
    #[must_use]
    pub fn documents(&self, target: &str) -> BTreeMap<String, Value> {
        let names = self.resolve(target).unwrap_or_default();
        let indices = names.iter().filter_map(|name| self.indices.get(name));
        indices.flat_map(|index| index.written().map(|(id, source)| (id.to_owned(), source.clone()))).collect()
    }
}

fn respond(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
