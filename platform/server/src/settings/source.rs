//! Reading keys from a file and from the environment, and telling whether a value fits its key.

use std::net::ToSocketAddrs;
use std::path::Path;

use toml::Value;

use super::keys::{KEYS, Kind};
use super::{Origin, SettingsError};

/// What all our variables begin with.
const PREFIX: &str = "DOORBUSTER_";
/// The variable that names the file: no key.
pub(crate) const FILE_VARIABLE: &str = "DOORBUSTER_CONFIG";

/// The keys of a TOML file with their values as text, tables flattened.
pub(super) fn file(path: &Path) -> Result<Vec<(String, String)>, SettingsError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable { path: path.to_path_buf(), error })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        SettingsError::NotToml { path: path.to_path_buf(), what: format!("line {line}: {}", error.message()) }
    })?;
    let mut flat = Vec::new();
    flatten("", &Value::Table(table), &mut flat);
    Ok(flat)
}

fn flatten(name: &str, value: &Value, flat: &mut Vec<(String, String)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, flat);
            }
        }
        Value::String(text) => flat.push((name.to_owned(), text.clone())),
        other @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_)) => {
            flat.push((name.to_owned(), other.to_string()));
        }
    }
}

/// The keys that the environment sets: name, value, variable. Variables of others are none of ours.
pub(super) fn environment(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<(&'static str, String, String)>, SettingsError> {
    let mut set = Vec::new();
    for (variable, text) in variables {
        if !variable.starts_with(PREFIX) || variable == FILE_VARIABLE {
            continue;
        }
        let Some(key) = KEYS.iter().find(|key| key.variable() == variable) else {
            return Err(SettingsError::Unknown { name: variable.clone(), origin: Origin::Environment(variable) });
        };
        set.push((key.name, text, variable));
    }
    set.sort();
    Ok(set)
}

/// Whether a key of this kind may have this value.
pub(super) fn fits(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text | Kind::Secret => !text.contains(['\n', '\r']),
        Kind::Number { min, max } => text.parse().is_ok_and(|number: i64| (min..=max).contains(&number)),
        Kind::Word(words) => words.contains(&text),
        Kind::Address => text.rsplit_once(':').is_some_and(|(host, port)| {
            // A name is looked up when it is used; an address must be one now.
            !host.is_empty()
                && port.parse::<u16>().is_ok()
                && (host.starts_with(|c: char| c.is_alphabetic()) || text.to_socket_addrs().is_ok())
        }),
        Kind::Url(schemes) => {
            text.is_empty()
                || schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        }
    }
}
