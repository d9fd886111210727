//! The search server over the `http` port.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::context::Context;
use crate::messages::SEARCH_ENGINE;
use crate::texts::TextId;

/// Why the search server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It was not reached, did not answer in time, or cannot at the moment; what was asked may have been done.
    #[error("the search server did not answer")]
    Away,
    /// What was asked about is not there.
    #[error("the search server has no {what}")]
    Missing {
        /// The path.
        what: String,
    },
    /// It refuses what it was asked.
    #[error("the search server refuses {path}: {status}: {reason}")]
    Refused {
        /// The path.
        path: String,
        /// The status.
        status: u16,
        /// Its words.
        reason: String,
    },
}

/// One document to be written.
#[derive(Debug, Clone)]
pub(super) struct Write {
    /// Its id.
    pub(super) id: String,
    /// Only a document of this version or an older one is replaced.
    pub(super) version: i64,
    /// What it says.
    pub(super) document: Value,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is there.
    Done,
    /// A newer version is there.
    Stale,
    /// The server cannot at the moment.
    Away,
    /// There is no such index any more.
    NoIndex,
    /// The document does not fit.
    Refused,
}

/// The search server as one process reaches it.
#[derive(Clone)]
pub(super) struct Engine(Context);

impl Engine {
    pub(super) fn new(ctx: Context) -> Self {
        Self(ctx)
    }

    /// Searches what an alias stands for.
    pub(super) async fn search(&self, alias: &str, body: &Value, limit: Duration) -> Result<Value, Trouble> {
        let path = format!("/{alias}/_search");
        match self.ask(Method::POST, &path, body, limit).await {
            // The alias may have moved on while the request was under way, and its old index be gone.
            Err(Trouble::Missing { .. }) => self.ask(Method::POST, &path, body, limit).await,
            answer => answer,
        }
    }

    /// The indices behind an alias; none when there is no such alias.
    pub(super) async fn behind(&self, alias: &str) -> Result<Vec<String>, Trouble> {
        match self.manage(Method::GET, &format!("/_alias/{alias}"), &Value::Null).await {
            Ok(answer) => Ok(answer.as_object().into_iter().flatten().map(|(index, _)| index.clone()).collect()),
            Err(Trouble::Missing { .. }) => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Makes an index as `search/products.json` says.
    pub(super) async fn create(&self, index: &str) -> Result<(), Trouble> {
        let body = self.0.texts.get(TextId::SEARCH_INDEX);
        let body: Value = serde_json::from_str(body).map_err(|error| Trouble::Refused {
            path: "search/products.json".to_owned(),
            status: 0,
            reason: error.to_string(),
        })?;
        self.manage(Method::PUT, &format!("/{index}"), &body).await.map(drop)
    }

    /// Does all of these actions on aliases, or none.
    pub(super) async fn aliases(&self, actions: &[Value]) -> Result<(), Trouble> {
        self.manage(Method::POST, "/_aliases", &json!({ "actions": actions })).await.map(drop)
    }

    /// Lets searches see what was written to an index so far.
    pub(super) async fn refresh(&self, index: &str) -> Result<(), Trouble> {
        self.manage(Method::POST, &format!("/{index}/_refresh"), &Value::Null).await.map(drop)
    }

    /// Writes to an index; what became of each write, in their order.
    pub(super) async fn write(&self, index: &str, writes: &[Write]) -> Result<Vec<Written>, Trouble> {
        let mut body = String::new();
        for Write { id, version, document } in writes {
            let action = json!({"_index": index, "_id": id, "version": version, "version_type": "external_gte"});
            body.push_str(&json!({ "index": action }).to_string());
            body.push('\n');
            body.push_str(&document.to_string());
            body.push('\n');
        }
        let limit = self.0.config.shop.search.write_limit;
        let answer = self.send(Method::POST, "/_bulk", Bytes::from(body), limit).await?;
        let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        if items.len() != writes.len() {
            return Err(Trouble::Away);
        }
        Ok(items.iter().map(|item| written(item["index"]["status"].as_u64())).collect())
    }

    async fn manage(&self, method: Method, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.ask(method, path, body, self.0.config.shop.search.write_limit).await
    }

    async fn ask(&self, method: Method, path: &str, body: &Value, limit: Duration) -> Result<Value, Trouble> {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.send(method, path, body, limit).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes, limit: Duration) -> Result<Value, Trouble> {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json").body(body);
        let request = request.expect("paths are made of our own names");
        let answer = self.0.http.call(SEARCH_ENGINE, request, limit).await.map_err(|_| Trouble::Away)?;
        let status = answer.status();
        if status == StatusCode::NOT_FOUND {
            return Err(Trouble::Missing { what: path.to_owned() });
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(Trouble::Away);
        }
        let body: Value = serde_json::from_slice(answer.body()).map_err(|_| Trouble::Away)?;
        if status.is_success() {
            // A search that did not reach its shard, or gave up on it, has not found everything.
            let whole = body["timed_out"] != true && body["_shards"]["failed"].as_u64().unwrap_or(0) == 0;
            return if whole { Ok(body) } else { Err(Trouble::Away) };
        }
        let reason = body["error"]["reason"].as_str().unwrap_or_default().to_owned();
        Err(Trouble::Refused { path: path.to_owned(), status: status.as_u16(), reason })
    }
}

fn written(status: Option<u64>) -> Written {
    match status {
        Some(200 | 201) => Written::Done,
        Some(409) => Written::Stale,
        Some(404) => Written::NoIndex,
        Some(400) => Written::Refused,
        _ => Written::Away,
    }
}
