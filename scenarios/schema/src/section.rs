//! Reading a TOML table key by key, with the place of everything that is wrong.
//!
//! What types a value can have is left to `knob.rs`, which keys there are to the sections.

use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::knob::{KeyDoc, Knob};

/// A file's name and text, to tell lines from offsets.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    pub(crate) fn refuse(&self, offset: usize, what: String) -> ScenarioError {
        let line = 1 + self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count();
        ScenarioError::Refused {
            file: self.file.to_owned(),
            line,
            what,
        }
    }

    /// The text as a table, or the parser's complaint in one line.
    pub(crate) fn table(&self) -> Result<DeTable<'a>, ScenarioError> {
        let parsed = DeTable::parse(self.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            self.refuse(
                offset,
                format!("not TOML: {}", error.message().trim().replace('\n', "; ")),
            )
        })?;
        Ok(parsed.into_inner())
    }
}

/// Where a value stands: enough to say so in an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) source: &'a Source<'a>,
    /// Dotted name of the table the value stands in; empty at the top.
    pub(crate) section: &'a str,
    pub(crate) key: &'a str,
    pub(crate) offset: usize,
}

impl Place<'_> {
    /// An error about this value: `what` follows the key's name.
    pub(crate) fn refuse(&self, what: &str) -> ScenarioError {
        let within = if self.section.is_empty() {
            String::new()
        } else {
            format!(" in [{}]", self.section)
        };
        self.source
            .refuse(self.offset, format!("`{}`{within} {what}", self.key))
    }

    /// The dotted name of a table that stands here.
    pub(crate) fn path(&self) -> String {
        if self.section.is_empty() {
            self.key.to_owned()
        } else {
            format!("{}.{}", self.section, self.key)
        }
    }
}

/// One table of the file, its keys known to be known.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) source: &'a Source<'a>,
    name: &'a str,
    table: &'a DeTable<'a>,
    offset: usize,
}

impl<'a> Section<'a> {
    /// Opens a table, refusing any key that `keys` does not list.
    pub(crate) fn open(
        source: &'a Source<'a>,
        name: &'a str,
        table: &'a DeTable<'a>,
        offset: usize,
        keys: &[KeyDoc],
    ) -> Result<Self, ScenarioError> {
        let known = |key: &str| keys.iter().any(|doc| doc.name == key);
        // The first in the file, not in the alphabet, is the one to mend first.
        let unknown = table
            .iter()
            .filter(|(key, _)| !known(key.get_ref()))
            .min_by_key(|(key, _)| key.span().start);
        if let Some((key, _)) = unknown {
            let within = if name.is_empty() {
                "at the top level".to_owned()
            } else {
                format!("in [{name}]")
            };
            let names: Vec<_> = keys.iter().map(|doc| doc.name).collect();
            let what = format!(
                "unknown key `{}` {within}; known keys: {}",
                key.get_ref(),
                names.join(", ")
            );
            return Err(source.refuse(key.span().start, what));
        }
        Ok(Self {
            source,
            name,
            table,
            offset,
        })
    }

    /// The value of a key: read, within its range; or the default; or refused for want of one.
    pub(crate) fn read<T: Knob>(
        &self,
        key: &'static str,
        default: Option<T>,
        range: Option<RangeInclusive<T::Scalar>>,
    ) -> Result<T, ScenarioError> {
        if let Some((name, value)) = self.table.get_key_value(key) {
            let place = Place {
                source: self.source,
                section: self.name,
                key,
                offset: name.span().start,
            };
            return T::read(&place, value.get_ref(), range.as_ref());
        }
        default.ok_or_else(|| {
            let within = if self.name.is_empty() {
                "the file".to_owned()
            } else {
                format!("[{}]", self.name)
            };
            self.source.refuse(
                self.offset,
                format!("{within} lacks `{key}`, which has no default: add it"),
            )
        })
    }
}

/// What a value is, in words.
pub(crate) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string \"{text}\""),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
