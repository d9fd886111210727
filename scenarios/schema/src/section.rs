//! Reading a TOML table key by key, with the place of everything that is wrong.
//!
//! What types a value can have is left to `knob.rs`, which keys there are to the sections.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::knob::{KeyDoc, Knob};
use crate::nearest::did_you_mean;

/// A file's name and text, to tell lines from offsets.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    pub(crate) fn refuse(&self, offset: usize, what: &str) -> ScenarioError {
        let before = self.text.bytes().take(offset);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        // What is quoted from the file may hold line feeds, an error may not.
        let what = what.replace(char::is_control, " ");
        ScenarioError::Refused { file: self.file.to_owned(), line, what }
    }

    /// The text as a table, or the parser's complaint in one line.
    pub(crate) fn table(&self) -> Result<DeTable<'a>, ScenarioError> {
        let parsed = DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let at = self.text.get(span.clone()).and_then(|text| text.lines().next()).unwrap_or("");
            let at = if at.is_empty() { String::new() } else { format!(", at `{at}`") };
            let what = error.message().trim().replace('\n', "; ");
            self.refuse(span.start, &format!("not TOML: {what}{at}"))
        })?;
        Ok(parsed.into_inner())
    }
}

/// What a table is called. `Display` is as the file writes it: `[run]`, `[[faults]]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Name {
    /// Its keys from the top, joined by dots; empty at the top.
    pub(crate) dotted: String,
    /// Whether it is one of several.
    pub(crate) is_list: bool,
    /// For a table whose keys depend on its kind.
    pub(crate) kind: Option<&'static str>,
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.dotted.as_str(), self.is_list) {
            ("", _) => f.write_str("the file"),
            (dotted, false) => write!(f, "[{dotted}]"),
            (dotted, true) => write!(f, "[[{dotted}]]"),
        }?;
        self.kind.map_or(Ok(()), |kind| write!(f, " of kind {kind}"))
    }
}

/// Where a value stands: enough to say so in an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) source: &'a Source<'a>,
    /// The table the value stands in.
    pub(crate) within: &'a Name,
    pub(crate) key: &'a str,
    /// Whether the value is an item of the key's list.
    pub(crate) in_list: bool,
    pub(crate) offset: usize,
}

impl Place<'_> {
    /// An error about this value: `what` follows the key's name.
    pub(crate) fn refuse(&self, what: &str) -> ScenarioError {
        let what = if self.within.dotted.is_empty() {
            format!("`{}` {what}", self.key)
        } else {
            format!("`{}` in {} {what}", self.key, self.within)
        };
        self.source.refuse(self.offset, &what)
    }

    /// The name of a table that stands here.
    pub(crate) fn name(&self) -> Name {
        let above = &self.within.dotted;
        let dotted = if above.is_empty() { self.key.to_owned() } else { format!("{above}.{}", self.key) };
        Name { dotted, is_list: self.in_list, kind: None }
    }
}

/// One table of the file, its keys known to be known.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    source: &'a Source<'a>,
    name: &'a Name,
    table: &'a DeTable<'a>,
    offset: usize,
}

impl<'a> Section<'a> {
    /// Opens a table that stands at `offset`, refusing any key that `keys` does not list.
    pub(crate) fn open(
        source: &'a Source<'a>,
        name: &'a Name,
        table: &'a DeTable<'a>,
        offset: usize,
        keys: &[KeyDoc],
    ) -> Result<Self, ScenarioError> {
        let names: Vec<_> = keys.iter().map(|doc| doc.name).collect();
        // The first in the file, not in the alphabet, is the one to mend first.
        let unknown =
            table.keys().filter(|key| !names.contains(&key.get_ref().as_ref())).min_by_key(|key| key.span().start);
        if let Some(key) = unknown {
            let meant = did_you_mean(key.get_ref(), &names);
            let what = format!("unknown key `{}` in {name}{meant}; known keys: {}", key.get_ref(), names.join(", "));
            return Err(source.refuse(key.span().start, &what));
        }
        Ok(Self { source, name, table, offset })
    }

    /// The value of a key: read, within its range; or the default; or refused for want of one.
    pub(crate) fn read<T: Knob>(
        &self,
        key: &'static str,
        default: Option<T>,
        range: Option<RangeInclusive<T::Scalar>>,
    ) -> Result<T, ScenarioError> {
        if let Some((written, value)) = self.table.get_key_value(key) {
            let offset = written.span().start;
            let place = Place { source: self.source, within: self.name, key, in_list: false, offset };
            return T::read(&place, value.get_ref(), range.as_ref());
        }
        default.ok_or_else(|| {
            let what = format!("{} lacks `{key}`, which has no default: add it", self.name);
            self.source.refuse(self.offset, &what)
        })
    }
}

/// What a value is, in words.
pub(crate) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
