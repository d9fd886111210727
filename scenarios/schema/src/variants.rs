//! Variants: one scenario with some keys changed.
//!
//! An entry of `[[variants]]` has a name and any of the scenario's own keys. Tables are merged key by key; everything
//! else, lists included, is replaced. The merged table is then read as if the file had said so, so that a mistake in
//! a variant is found on its own line.

use std::ops::RangeInclusive;

use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::knob::{KeyDoc, Knob};
use crate::section::{Place, found};

/// The name of one entry of `[[variants]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Lower-case words joined by dashes.
    pub name: String,
}

/// Keys that a variant may not change: the scenario would be another.
const FIXED: [&str; 2] = ["description", "variants"];

impl Knob for Variant {
    type Scalar = ();

    fn read(place: &Place<'_>, value: &DeValue<'_>, _: Option<&RangeInclusive<()>>) -> Result<Self, ScenarioError> {
        let Some(table) = value.as_table() else {
            return Err(place.refuse(&format!("must be a list of tables, not of {}", found(value))));
        };
        let entry = place.name();
        if let Some(key) = table.keys().find(|key| FIXED.contains(&key.get_ref().as_ref())) {
            let place = Place { within: &entry, key: key.get_ref(), offset: key.span().start, ..*place };
            return Err(place.refuse("cannot be changed by a variant: remove it"));
        }
        let Some((key, name)) = table.get_key_value("name") else {
            return Err(place.source.refuse(place.offset, &format!("{entry} lacks `name`: add it")));
        };
        let name_place = Place { within: &entry, key: "name", in_list: false, offset: key.span().start, ..*place };
        let name = String::read(&name_place, name.get_ref(), None)?;
        Ok(Self { name })
    }

    fn toml(&self) -> String {
        self.name.toml()
    }

    fn value() -> String {
        "table".to_owned()
    }

    fn keys() -> Vec<KeyDoc> {
        vec![KeyDoc {
            name: "name",
            doc: " The variant's name; every other key overrides the scenario's key of that name.",
            default: None,
            value: String::value,
            range: "",
            keys: Vec::new,
            is_list: false,
        }]
    }
}

/// The scenario's table with the entry at `place` of its `[[variants]]` laid over it.
pub(crate) fn merged<'a>(table: &DeTable<'a>, place: usize) -> DeTable<'a> {
    let mut merged = table.clone();
    let entry = table.get("variants").and_then(|variants| variants.get_ref().get(place));
    if let Some(DeValue::Table(entry)) = entry.map(Spanned::get_ref) {
        let mut changes = entry.clone();
        changes.remove("name");
        lay_over(&mut merged, changes);
    }
    merged
}

fn lay_over<'a>(below: &mut DeTable<'a>, above: DeTable<'a>) {
    for (key, value) in above {
        let name: &str = key.get_ref();
        let old = below.get_mut(name).map(Spanned::get_mut);
        match (old, value.get_ref()) {
            (Some(DeValue::Table(old)), DeValue::Table(new)) => lay_over(old, new.clone()),
            (Some(_) | None, _) => {
                // Removed first: inserting over a key would keep the place of the old one.
                below.remove(name);
                below.insert(key, value);
            }
        }
    }
}
