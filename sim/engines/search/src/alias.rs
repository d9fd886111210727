//! Names that stand for indices: `POST /_aliases` does all of its actions or none, so that no search falls between two.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::mapping::{known, object};
use crate::refusal::Refusal;
use crate::{Answer, Search};

/// `GET /_alias/{alias}`: the indices behind it.
pub(crate) fn show(search: &Search, alias: &str) -> Answer {
    let behind = search.aliases.get(alias).ok_or_else(|| Refusal::no_alias(alias))?;
    let mut shown = Map::new();
    for index in behind {
        shown.insert(index.clone(), json!({"aliases": {alias: {}}}));
    }
    Ok(Value::Object(shown))
}

/// `POST /_aliases`.
pub(crate) fn update(search: &mut Search, body: &Bytes) -> Answer {
    let body: Value = serde_json::from_slice(body).map_err(|error| Refusal::unreadable(&error))?;
    known(&body, &["actions"])?;
    let actions = body["actions"].as_array().filter(|actions| !actions.is_empty());
    let actions = actions.ok_or_else(|| Refusal::illegal("No action specified"))?;
    let mut aliases = search.aliases.clone();
    let mut gone = BTreeSet::new();
    for action in actions {
        apply(search, action, &mut aliases, &mut gone)?;
    }
    search.aliases = aliases;
    for index in gone {
        search.indices.remove(&index);
        search.forget(&index);
    }
    search.aliases.retain(|_, behind| !behind.is_empty());
    Ok(json!({"acknowledged": true}))
}

fn apply(
    search: &Search,
    action: &Value,
    aliases: &mut BTreeMap<String, BTreeSet<String>>,
    gone: &mut BTreeSet<String>,
) -> Result<(), Refusal> {
    known(action, &["add", "remove", "remove_index"])?;
    let (kind, details) = object(action)?.iter().next().ok_or_else(|| Refusal::illegal("an empty action"))?;
    known(details, &["index", "alias"])?;
    let index = details["index"].as_str().ok_or_else(|| Refusal::illegal("an action without an index"))?;
    if !search.indices.contains_key(index) {
        return Err(Refusal::no_index(index));
    }
    if kind == "remove_index" {
        gone.insert(index.to_owned());
        return Ok(());
    }
    let alias = details["alias"].as_str().ok_or_else(|| Refusal::illegal("an action without an alias"))?;
    if search.indices.contains_key(alias) {
        return Err(Refusal::illegal(format!("an index exists with the same name as the alias [{alias}]")));
    }
    if kind == "add" {
        aliases.entry(alias.to_owned()).or_default().insert(index.to_owned());
        return Ok(());
    }
    let removed = aliases.get_mut(alias).is_some_and(|behind| behind.remove(index));
    if removed { Ok(()) } else { Err(Refusal::no_alias(alias)) }
}
