//! One table's heap together with its indexes, kept in step: an index has an entry for every key that any version of a
//! row has, and loses it when the last such version goes.

use super::{Chain, Entries, Heap, Key, KeyPart, RowId, Stamp, Version, Xid};
use crate::catalog::{Index, Table};
use crate::error::Fallible;
use crate::eval::schema_predicate;
use crate::locks::LockMode;
use crate::value::Row;

/// Rows and index entries of one table.
#[derive(Debug, Default)]
pub(crate) struct TableStore {
    pub(crate) heap: Heap,
    /// In the order of the table's indexes.
    pub(crate) indexes: Vec<Entries>,
}

/// The key a row has in an index, whatever the index's predicate says.
pub(crate) fn index_key(index: &Index, row: &Row) -> Key {
    if let [column] = index.columns[..] {
        return Key::One(row[column.position].clone());
    }
    Key::Many(
        index
            .columns
            .iter()
            .map(|column| {
                let value = row[column.position].clone();
                if column.descending { KeyPart::Desc(value) } else { KeyPart::Asc(value) }
            })
            .collect(),
    )
}

/// Whether a row has just this key in an index.
pub(crate) fn has_key(index: &Index, row: &Row, key: &Key) -> bool {
    match key {
        Key::One(value) => index.columns.len() == 1 && row[index.columns[0].position] == *value,
        Key::Many(parts) => {
            parts.len() == index.columns.len()
                && parts.iter().zip(&index.columns).all(|(part, column)| match part {
                    KeyPart::Asc(value) | KeyPart::Desc(value) => row[column.position] == *value,
                    KeyPart::Top => false,
                })
        }
    }
}

/// Whether two versions have the same entry, or both none, in an index.
fn same_entry(index: &Index, a: &Row, b: &Row) -> bool {
    index.used_columns.iter().all(|&column| a[column] == b[column])
}

impl TableStore {
    pub(crate) fn new(table: &Table) -> Self {
        Self { heap: Heap::default(), indexes: table.indexes.iter().map(|_| Entries::default()).collect() }
    }

    /// Marks a row deleted by `xid`, which holds its lock.
    pub(crate) fn delete(&mut self, id: RowId, xid: Xid, command: u32) {
        let chain = self.heap.get_mut(id).expect("the row is locked, so its chain stays");
        chain.end(Stamp::in_progress(xid), command, LockMode::Update);
    }

    /// Takes back an insert.
    pub(crate) fn undo_insert(&mut self, table: &Table, id: RowId) {
        if let Some(chain) = self.heap.remove(id) {
            for version in chain.versions() {
                self.drop_entries(table, id, &version.row, None);
            }
        }
    }

    /// Takes back the newest version.
    pub(crate) fn undo_update(&mut self, table: &Table, id: RowId) {
        let Some(chain) = self.heap.get_mut(id) else { return };
        let Some(mut previous) = chain.older.pop() else { return };
        previous.end = Stamp::NEVER;
        let undone = std::mem::replace(&mut chain.newest, previous);
        let rest = chain.clone();
        self.drop_entries(table, id, &undone.row, Some(&rest));
    }

    /// Takes back a delete.
    pub(crate) fn undo_delete(&mut self, id: RowId) {
        if let Some(chain) = self.heap.get_mut(id) {
            chain.newest.end = Stamp::NEVER;
        }
    }

    /// Drops what nobody whose snapshot is `horizon` or later can see. `pinned` keeps a dead row's slot.
    pub(crate) fn prune(&mut self, table: &Table, id: RowId, horizon: u64, pinned: bool) {
        let Some(chain) = self.heap.get_mut(id) else { return };
        if chain.is_dead(horizon) && !pinned {
            self.undo_insert(table, id);
            return;
        }
        let dead = chain.dead_prefix(horizon);
        if dead == 0 {
            return;
        }
        let removed: Vec<Version> = chain.older.drain(..dead).collect();
        if chain.older.is_empty() && chain.older.capacity() > 8 {
            chain.older = Vec::new();
        }
        for version in removed {
            self.drop_entries_after_prune(table, id, &version.row);
        }
    }

    fn drop_entries_after_prune(&mut self, table: &Table, id: RowId, row: &Row) {
        let chain = self.heap.get(id).expect("pruning leaves the newest version");
        for (index, entries) in table.indexes.iter().zip(&mut self.indexes) {
            if index.live && !chain.versions().any(|version| same_entry(index, &version.row, row)) {
                remove_entry(index, entries, id, row, Some(chain));
            }
        }
    }

    fn drop_entries(&mut self, table: &Table, id: RowId, row: &Row, rest: Option<&Chain>) {
        for (index, entries) in table.indexes.iter().zip(&mut self.indexes) {
            if index.live {
                remove_entry(index, entries, id, row, rest);
            }
        }
    }

    /// Puts every version of every row into the index numbered `position`, which is new.
    pub(crate) fn fill_index(&mut self, table: &Table, position: usize) -> Fallible<()> {
        let index = &table.indexes[position];
        let mut entries = Entries::default();
        for (id, chain) in self.heap.iter() {
            for version in chain.versions() {
                if schema_predicate(index.predicate.as_ref(), &version.row)? {
                    entries.insert(index_key(index, &version.row), id);
                }
            }
        }
        self.indexes.resize_with(table.indexes.len(), Entries::default);
        self.indexes[position] = entries;
        Ok(())
    }
}

/// Removes the entry of a version that is gone, unless another version of the row still needs it.
fn remove_entry(index: &Index, entries: &mut Entries, id: RowId, row: &Row, rest: Option<&Chain>) {
    let key = index_key(index, row);
    let needed = rest.is_some_and(|chain| {
        chain.versions().any(|version| {
            index.columns.iter().all(|column| version.row[column.position] == row[column.position])
                && schema_predicate(index.predicate.as_ref(), &version.row).unwrap_or(true)
        })
    });
    if !needed {
        entries.remove(key, id);
    }
}
