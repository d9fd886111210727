//! The search engine held to OpenSearch: random programs of versioned writes, refreshes, aliases and searches, on an index as the
//! platform makes it.
//!
//! `generate` draws a program; `server` speaks HTTP to the real one. Compared are the status of every answer; of a write, what
//! became of it, its version and the kind of its error; of a search, every hit with score, sort values and source, the count, and all
//! aggregations; of an alias, the indices behind it.
//!
//! Not compared here: when an index refreshes by itself (programs refresh by hand), and the words of errors.

mod generate;
mod server;

use bytes::Bytes;
use search_engine::Search;
use serde_json::{Value, json};

use crate::{Difference, Pair, Steps, Tally, Trouble};
use server::Connection;

/// One request. `@` in path and body stands for the program's own prefix of names.
#[derive(Clone, Debug)]
pub struct Step {
    method: &'static str,
    path: String,
    body: String,
}

/// Requests, one after the other, on two indices.
#[derive(Clone, Debug)]
pub struct Program {
    steps: Vec<Step>,
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{} {} {}", step.method, step.path, step.body))
    }
}

/// A new engine per program, and indices of its own on the server.
#[derive(Debug)]
pub struct SearchPair {
    server: Connection,
    name: String,
    programs: u64,
}

impl SearchPair {
    /// Connects; names of indices begin with `name`, which must be new to the server.
    ///
    /// # Errors
    /// There is no server.
    pub fn open(address: &str, name: &str) -> Result<Self, Trouble> {
        Ok(Self { server: Connection::open(address)?, name: name.to_owned(), programs: 0 })
    }

    fn on_both(&mut self, engine: &mut Search, step: &Step, prefix: &str) -> Result<(Value, Value), Trouble> {
        let (path, body) = (step.path.replace('@', prefix), step.body.replace('@', prefix));
        let request = http::Request::builder().method(step.method).uri(&path).body(Bytes::from(body.clone()));
        let answer = engine.handle(&request.expect("drawn paths are paths"), 0);
        let mine = summary(answer.status().as_u16(), &serde_json::from_slice(answer.body()).unwrap_or(Value::Null));
        let (status, answer) = self.server.ask(step.method, &path, &body)?;
        Ok((mine, summary(status, &answer)))
    }
}

/// What of an answer is compared.
fn summary(status: u16, answer: &Value) -> Value {
    let hits: Option<Vec<Value>> = answer["hits"]["hits"].as_array().map(|hits| {
        let part = |hit: &Value| json!([hit["_id"], hit["_score"], hit["sort"], hit["_source"]]);
        hits.iter().map(part).collect()
    });
    let items: Option<Vec<Value>> = answer["items"].as_array().map(|items| {
        let part = |item: &Value| {
            let item = &item["index"];
            json!([item["_id"], item["status"], item["result"], item["_version"], item["error"]["type"]])
        };
        items.iter().map(part).collect()
    });
    let of_alias = status == 200 && hits.is_none() && items.is_none() && answer["acknowledged"].is_null();
    let indices: Option<Vec<&String>> = answer
        .as_object()
        .filter(|_| of_alias)
        .map(|indices| indices.keys().filter(|name| *name != "_shards").collect());
    json!({
        "status": status, "hits": hits, "total": answer["hits"]["total"], "aggregations": answer["aggregations"],
        "items": items, "indices": indices,
    })
}

impl Pair for SearchPair {
    type Program = Program;

    fn draw(seed: u64) -> Program {
        generate::program(seed)
    }

    fn steps(program: &mut Program) -> &mut dyn Steps {
        &mut program.steps
    }

    fn compare(&mut self, program: &Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        self.programs += 1;
        let prefix = format!("{}-{}", self.name, self.programs);
        let mut engine = Search::new();
        let mut difference = None;
        let index = generate::index();
        let made = ["a", "b"].map(|name| Step { method: "PUT", path: format!("/@-{name}"), body: index.clone() });
        for step in made.iter().chain(&program.steps) {
            let (mine, theirs) = self.on_both(&mut engine, step, &prefix)?;
            reached(tally, &theirs);
            if mine != theirs {
                let step = format!("{} {} {}", step.method, step.path, step.body);
                difference = Some(Difference { step, engine: mine.to_string(), server: theirs.to_string() });
                break;
            }
        }
        for name in ["a", "b"] {
            self.server.ask("DELETE", &format!("/{prefix}-{name}"), "")?;
        }
        Ok(difference)
    }
}

fn reached(tally: &mut Tally, answer: &Value) {
    tally.add(format!("status {}", answer["status"]));
    for item in answer["items"].as_array().into_iter().flatten() {
        tally.add(format!("write {} {}", item[1], item[4].as_str().unwrap_or_default()));
    }
    let hits = answer["hits"].as_array().map_or(0, Vec::len);
    if hits > 0 {
        tally.add("searches with hits");
    }
}
