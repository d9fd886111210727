//! `POST /_bulk`: many writes, each with an answer of its own.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::index::Written;
use crate::mapping::known;
use crate::refusal::Refusal;
use crate::{Answer, Search};

/// Where one write goes.
struct Target {
    index: String,
    id: String,
    version: i64,
}

/// Runs every write of the body: pairs of lines, an action and its document. A body that cannot be read does nothing at all;
/// a write that is refused leaves the others alone.
pub(crate) fn run(search: &mut Search, body: &Bytes) -> Answer {
    let mut writes = Vec::new();
    let mut lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    if body.last() != Some(&b'\n') {
        return Err(Refusal::illegal("The bulk request must be terminated by a newline [\\n]"));
    }
    while let Some(action) = lines.next() {
        let target = read_action(&parse(action)?)?;
        let source = lines.next().ok_or_else(|| Refusal::illegal("an action without its document"))?;
        writes.push((target, parse(source)?));
    }
    let mut errors = false;
    let mut items = Vec::with_capacity(writes.len());
    for (target, source) in writes {
        let written = write(search, &target, source);
        errors |= written.is_err();
        items.push(item(&target, written));
    }
    Ok(json!({"took": 0, "errors": errors, "items": items}))
}

fn parse(line: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(line).map_err(|error| Refusal::unreadable(&error))
}

fn read_action(action: &Value) -> Result<Target, Refusal> {
    known(action, &["index"])?;
    let write = &action["index"];
    known(write, &["_index", "_id", "version", "version_type"])?;
    if write["version_type"] != "external_gte" {
        return Err(Refusal::unsupported(format_args!("the version type {}", write["version_type"])));
    }
    let version = write["version"].as_i64().filter(|version| *version >= 0);
    match (write["_index"].as_str(), write["_id"].as_str().filter(|id| !id.is_empty() && id.len() <= 512), version) {
        (Some(index), Some(id), Some(version)) => Ok(Target { index: index.to_owned(), id: id.to_owned(), version }),
        _ => Err(Refusal::unsupported(format_args!("the write {write}"))),
    }
}

/// Writes through an alias when it stands for one index. An index that is not there is not made: it would have no mapping
/// (`action.auto_create_index: false`).
fn write(search: &mut Search, target: &Target, source: Value) -> Result<Written, Refusal> {
    let names = search.resolve(&target.index)?;
    let [name] = names.as_slice() else {
        let reason = format!("no write index is defined for alias [{}]", target.index);
        return Err(Refusal::illegal(reason));
    };
    search.index_mut(name).write(&target.id, target.version, source)
}

fn item(target: &Target, written: Result<Written, Refusal>) -> Value {
    let Target { index, id, version } = target;
    let item = match written {
        Ok(Written::Created) => {
            json!({"_index": index, "_id": id, "_version": version, "result": "created", "status": 201})
        }
        Ok(Written::Updated) => {
            json!({"_index": index, "_id": id, "_version": version, "result": "updated", "status": 200})
        }
        Err(refusal) => {
            json!({"_index": index, "_id": id, "status": refusal.status().as_u16(), "error": refusal.item()})
        }
    };
    json!({ "index": item })
}
