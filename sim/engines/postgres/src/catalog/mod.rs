//! What exists: tables, their columns, indexes and constraints, and sequences. Definitions only; rows are in `storage`.

mod sequence;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use sequence::Sequence;
pub(crate) use table::{Check, Column, ForeignKey, Index, IndexColumn, OnDelete, Table};

use crate::error::{Fallible, PgError, no_relation};
use crate::storage::TableId;

/// All definitions. Cloning shares the tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    /// Dropped tables leave a hole: ids are never reused.
    tables: Vec<Option<Arc<Table>>>,
    names: BTreeMap<String, TableId>,
    sequences: BTreeMap<String, usize>,
}

impl Catalog {
    pub(crate) fn table_named(&self, name: &str) -> Fallible<&Arc<Table>> {
        self.find_table(name).ok_or_else(|| no_relation(name))
    }

    pub(crate) fn find_table(&self, name: &str) -> Option<&Arc<Table>> {
        self.names.get(name).and_then(|id| self.table(*id))
    }

    pub(crate) fn table(&self, id: TableId) -> Option<&Arc<Table>> {
        self.tables.get(id.index()).and_then(Option::as_ref)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.iter().flatten()
    }

    pub(crate) fn next_table_id(&self) -> TableId {
        TableId(u32::try_from(self.tables.len()).expect("fewer than 2^32 tables are ever created"))
    }

    /// Whether a table, index or sequence has this name: they share one name space.
    pub(crate) fn has_relation(&self, name: &str) -> bool {
        self.names.contains_key(name) || self.sequences.contains_key(name) || self.find_index(name).is_some()
    }

    /// 42P07 when the name is taken.
    pub(crate) fn require_free(&self, name: &str) -> Fallible<()> {
        if self.has_relation(name) {
            return Err(PgError::new("42P07", format!("relation \"{name}\" already exists")));
        }
        Ok(())
    }

    pub(crate) fn add_table(&mut self, table: Table) {
        self.names.insert(table.name.to_string(), table.id);
        self.tables.push(Some(Arc::new(table)));
    }

    pub(crate) fn replace_table(&mut self, table: Table) {
        let slot = table.id.index();
        self.tables[slot] = Some(Arc::new(table));
    }

    pub(crate) fn drop_table(&mut self, id: TableId) {
        if let Some(table) = self.tables[id.index()].take() {
            self.names.remove(&*table.name);
        }
    }

    pub(crate) fn find_index(&self, name: &str) -> Option<(&Arc<Table>, usize)> {
        self.tables().find_map(|table| {
            let position = table.indexes.iter().position(|index| index.live && &*index.name == name)?;
            Some((table, position))
        })
    }

    pub(crate) fn sequence(&self, name: &str) -> Fallible<usize> {
        self.sequences.get(name).copied().ok_or_else(|| no_relation(name))
    }

    pub(crate) fn add_sequence(&mut self, name: &str, position: usize) {
        self.sequences.insert(name.to_owned(), position);
    }

    pub(crate) fn drop_sequence(&mut self, name: &str) -> bool {
        self.sequences.remove(name).is_some()
    }
}
