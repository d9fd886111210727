//! A document by its fields: what a search can find it by.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mapping::{Kind, Mapping, object};
use crate::refusal::Refusal;

/// What a field holds, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// Of a keyword.
    Keyword(String),
    /// The words of a text, sorted, each once.
    Words(Vec<String>),
    /// Of a long.
    Long(i64),
    /// Of a boolean.
    Boolean(bool),
}

/// One document. A null counts as no field at all.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) source: Value,
    fields: BTreeMap<String, Field>,
}

impl Document {
    /// Reads a document by the mapping of its index.
    pub(crate) fn read(source: Value, mapping: &Mapping) -> Result<Self, Refusal> {
        let mut fields = BTreeMap::new();
        for (name, value) in object(&source)? {
            let kind = mapping.fields.get(name).copied().ok_or_else(|| Refusal::strict(name))?;
            if !value.is_null()
                && let Some(field) = read_field(name, kind, value, mapping)?
            {
                fields.insert(name.clone(), field);
            }
        }
        Ok(Self { source, fields })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// The words of a text field.
    pub(crate) fn words(&self, name: &str) -> &[String] {
        match self.fields.get(name) {
            Some(Field::Words(words)) => words,
            Some(Field::Keyword(_) | Field::Long(_) | Field::Boolean(_)) | None => &[],
        }
    }
}

fn read_field(name: &str, kind: Kind, value: &Value, mapping: &Mapping) -> Result<Option<Field>, Refusal> {
    let unfit = || Refusal::unmapped(format!("failed to parse field [{name}]: {value}"));
    Ok(Some(match kind {
        Kind::Stored => return Ok(None),
        Kind::Keyword => Field::Keyword(value.as_str().ok_or_else(unfit)?.to_owned()),
        Kind::Long => Field::Long(value.as_i64().ok_or_else(unfit)?),
        Kind::Boolean => Field::Boolean(value.as_bool().ok_or_else(unfit)?),
        Kind::Text => {
            let mut words = mapping.analyzer.words(value.as_str().ok_or_else(unfit)?);
            words.sort_unstable();
            words.dedup();
            Field::Words(words)
        }
    }))
}
