//! One index: what was written, by version, and what of it a search sees since the last refresh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::document::Document;
use crate::mapping::{Kind, Mapping};
use crate::refusal::Refusal;

#[derive(Debug)]
struct Stored {
    version: i64,
    document: Arc<Document>,
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The document is new.
    Created,
    /// It was there.
    Updated,
}

/// An index of one shard.
#[derive(Debug)]
pub(crate) struct Index {
    name: String,
    mapping: Mapping,
    stored: BTreeMap<String, Stored>,
    /// Written since the last refresh.
    unseen: BTreeSet<String>,
    seen: BTreeMap<String, Arc<Document>>,
    /// Per text field, each word that documents seen by a search have, and how many have it.
    words: BTreeMap<String, BTreeMap<String, usize>>,
    refreshed_ms: i64,
}

impl Index {
    pub(crate) fn new(name: &str, mapping: Mapping, now_ms: i64) -> Self {
        Self {
            name: name.to_owned(),
            mapping,
            stored: BTreeMap::new(),
            unseen: BTreeSet::new(),
            seen: BTreeMap::new(),
            words: BTreeMap::new(),
            refreshed_ms: now_ms,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Writes a document unless one of a higher version is stored (`version_type: external_gte`).
    pub(crate) fn write(&mut self, id: &str, version: i64, source: Value) -> Result<Written, Refusal> {
        let document = Arc::new(Document::read(source, &self.mapping)?);
        let before = self.stored.get(id).map(|stored| stored.version);
        if let Some(stored) = before.filter(|stored| *stored > version) {
            return Err(Refusal::conflict(id, stored, version));
        }
        self.stored.insert(id.to_owned(), Stored { version, document });
        self.unseen.insert(id.to_owned());
        Ok(if before.is_some() { Written::Updated } else { Written::Created })
    }

    /// Refreshes when that is due.
    pub(crate) fn advance(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.refreshed_ms) >= self.mapping.refresh_interval_ms {
            self.refresh(now_ms);
        }
    }

    /// Lets searches see everything written so far.
    pub(crate) fn refresh(&mut self, now_ms: i64) {
        self.refreshed_ms = now_ms;
        for id in std::mem::take(&mut self.unseen) {
            let document = Arc::clone(&self.stored[&id].document);
            if let Some(before) = self.seen.insert(id, Arc::clone(&document)) {
                self.count_words(&before, false);
            }
            self.count_words(&document, true);
        }
    }

    fn count_words(&mut self, document: &Document, added: bool) {
        let texts = self.mapping.fields.iter().filter(|(_, kind)| **kind == Kind::Text);
        for (field, _) in texts {
            let counts = self.words.entry(field.clone()).or_default();
            for word in document.words(field) {
                let count = counts.entry(word.clone()).or_insert(0);
                *count = if added { *count + 1 } else { *count - 1 };
                if *count == 0 {
                    counts.remove(word);
                }
            }
        }
    }

    /// The documents that a search sees, by id.
    pub(crate) fn seen(&self) -> impl Iterator<Item = (&str, &Arc<Document>)> {
        self.seen.iter().map(|(id, document)| (id.as_str(), document))
    }

    /// The words of a text field that a search sees, sorted.
    pub(crate) fn words(&self, field: &str) -> impl Iterator<Item = &str> {
        self.words.get(field).into_iter().flat_map(|counts| counts.keys()).map(String::as_str)
    }

    /// Every document, seen or not.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.stored.iter().map(|(id, stored)| (id.as_str(), &stored.document.source))
    }
}
