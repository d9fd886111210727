//! Foreign keys, checked when the statement is through, as Postgres' constraint triggers are: a new reference takes
//! KEY SHARE on the row it refers to; a deleted or re-keyed row must have no reference left.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Run;
use super::insert::with_values;
use super::row_lock::Locked;
use super::scan::{all_rows, whole_key};
use crate::catalog::{ForeignKey, OnDelete, Table};
use crate::error::{Fallible, PgError, serialization};
use crate::locks::LockMode;
use crate::plan::WaitPolicy;
use crate::storage::{RowId, Snapshot, TableId};
use crate::transaction::Isolation;
use crate::value::{Row, Value};

/// A check put off to the end of the statement.
#[derive(Debug)]
pub(crate) enum PendingCheck {
    /// The row's reference must lead somewhere.
    Parent { child: TableId, key: usize, row: Row },
    /// No reference to the row may be left.
    Children { child: TableId, key: usize, row: Row, deleted: bool },
}

fn values(row: &Row, columns: &[usize]) -> Vec<Value> {
    columns.iter().map(|column| row[*column].clone()).collect()
}

impl Run {
    /// Puts off the checks a new version's references need.
    pub(super) fn queue_parent_checks(&mut self, table: &Table, row: &Row, old: Option<&Row>) {
        for (key, foreign) in table.foreign_keys.iter().enumerate() {
            let kept = old.is_some_and(|old| foreign.columns.iter().all(|&column| old[column] == row[column]));
            if !kept && !foreign.columns.iter().any(|&column| row[column].is_null()) {
                self.pending.push(PendingCheck::Parent { child: table.id, key, row: row.clone() });
            }
        }
    }

    /// Puts off the checks a version that goes needs.
    pub(super) fn queue_child_checks(&mut self, table: &Table, old: &Row, new: Option<&Row>) {
        for (child, key) in &table.referenced_by {
            let Some(foreign) = self.db.catalog.table(*child).map(|child| &child.foreign_keys[*key]) else { continue };
            let kept = new.is_some_and(|new| foreign.parent_columns.iter().all(|&column| old[column] == new[column]));
            if !kept && !foreign.parent_columns.iter().any(|&column| old[column].is_null()) {
                let check =
                    PendingCheck::Children { child: *child, key: *key, row: old.clone(), deleted: new.is_none() };
                self.pending.push(check);
            }
        }
    }

    /// Does the checks put off, and those they give rise to.
    pub(super) async fn check_foreign_keys(&mut self) -> Fallible<()> {
        while !self.pending.is_empty() {
            for check in std::mem::take(&mut self.pending) {
                match check {
                    PendingCheck::Parent { child, key, row } => self.require_parent(child, key, &row).await?,
                    PendingCheck::Children { child, key, row, deleted } => {
                        self.settle_children(child, key, &row, deleted).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What a new reference is checked against: this statement's own changes, and under READ COMMITTED everything
    /// committed by now.
    fn check_snapshot(&self) -> Snapshot {
        if self.isolation == Isolation::ReadCommitted {
            return self.newest_snapshot();
        }
        Snapshot { csn: self.snapshot.csn, ..self.newest_snapshot() }
    }

    /// What a row that goes is checked against, at every level: what others have committed by now refers to it too.
    fn newest_snapshot(&self) -> Snapshot {
        Snapshot { csn: self.db.last_csn, xid: self.snapshot.xid, command: self.snapshot.command + 1 }
    }

    async fn require_parent(&mut self, child: TableId, key: usize, row: &Row) -> Fallible<()> {
        let table = self.table(child);
        let foreign = &table.foreign_keys[key];
        let parent = self.table(foreign.parent);
        let wanted = values(row, &foreign.columns);
        let found = self.find_parent(&parent, foreign, &wanted, self.check_snapshot());
        let Some((id, seen)) = found else { return Err(dangling(&table, foreign, &parent, &wanted)) };
        match self.lock_row(parent.id, id, &seen, LockMode::KeyShare, WaitPolicy::Wait).await? {
            Locked::Unchanged => Ok(()),
            Locked::Updated(row) if values(&row, &foreign.parent_columns) == wanted => Ok(()),
            Locked::Updated(_) | Locked::Gone | Locked::Skipped => Err(dangling(&table, foreign, &parent, &wanted)),
        }
    }

    fn table(&self, id: TableId) -> Arc<Table> {
        self.db.catalog.table(id).cloned().expect("a referenced table cannot be dropped")
    }

    fn find_parent(
        &self,
        parent: &Table,
        foreign: &ForeignKey,
        wanted: &[Value],
        snapshot: Snapshot,
    ) -> Option<(RowId, Row)> {
        let index = &parent.indexes[foreign.parent_index];
        // In the order of the index's columns, which may differ from the key's.
        let ordered: Vec<Value> = index
            .columns
            .iter()
            .filter_map(|column| {
                let at = foreign.parent_columns.iter().position(|parent| *parent == column.position)?;
                Some(wanted[at].clone())
            })
            .collect();
        let store = self.db.store(parent);
        store.indexes[foreign.parent_index].equal(&whole_key(index, &ordered)).find_map(|id| {
            let version = store.heap.get(id)?.visible(snapshot)?;
            let same = values(&version.row, &foreign.parent_columns) == wanted;
            same.then(|| (id, version.row.clone()))
        })
    }

    async fn settle_children(&mut self, child: TableId, key: usize, old: &Row, deleted: bool) -> Fallible<()> {
        let table = self.table(child);
        let foreign = &table.foreign_keys[key];
        let parent = self.table(foreign.parent);
        let wanted = values(old, &foreign.parent_columns);
        if self.find_parent(&parent, foreign, &wanted, self.newest_snapshot()).is_some() {
            return Ok(());
        }
        let refuses = !deleted || foreign.on_delete == OnDelete::Refuse;
        for (id, seen) in self.children(&table, foreign, &wanted)? {
            if refuses {
                // Whoever is deleting the reference, or leading it elsewhere, is waited for.
                match self.lock_row(table.id, id, &seen, LockMode::KeyShare, WaitPolicy::Wait).await? {
                    Locked::Updated(row) if values(&row, &foreign.columns) != wanted => continue,
                    Locked::Gone | Locked::Skipped => continue,
                    Locked::Unchanged | Locked::Updated(_) => {
                        return Err(referenced(&parent, foreign, &table, &wanted));
                    }
                }
            }
            let nulls: Vec<(usize, Value)> = foreign.columns.iter().map(|column| (*column, Value::Null)).collect();
            let deletes = foreign.on_delete == OnDelete::Cascade;
            let moves_keys = deletes || foreign.columns.iter().any(|column| table.is_key_column(*column));
            let mode = if moves_keys { LockMode::Update } else { LockMode::NoKeyUpdate };
            let current = match self.claim_row(table.id, id, &seen, mode).await? {
                Locked::Unchanged if self.isolation != Isolation::ReadCommitted && !self.sees(&table, id, &seen) => {
                    return Err(serialization("concurrent update"));
                }
                Locked::Unchanged => seen,
                Locked::Updated(row) if values(&row, &foreign.columns) == wanted => row,
                Locked::Updated(_) | Locked::Gone | Locked::Skipped => continue,
            };
            if deletes {
                self.delete_row(&table, id, &current);
            } else {
                let new = with_values(&current, nulls);
                self.update_row(&table, id, &current, new, mode).await?;
            }
        }
        Ok(())
    }

    /// Whether the transaction's own snapshot, too, shows a row as it was found.
    fn sees(&self, table: &Table, id: RowId, row: &Row) -> bool {
        let snapshot = Snapshot { command: self.snapshot.command + 1, ..self.snapshot };
        let seen = self.db.store(table).heap.get(id).and_then(|chain| chain.visible(snapshot));
        seen.is_some_and(|seen| Arc::ptr_eq(&seen.row, row))
    }

    /// Rows that refer to a key: through an index that leads with the referring columns, else by a scan.
    fn children(&self, table: &Table, foreign: &ForeignKey, wanted: &[Value]) -> Fallible<Vec<(RowId, Row)>> {
        let mut cx = self.cx();
        if let Some(world) = &mut cx.world {
            world.snapshot = self.newest_snapshot();
        }
        let mut found = Vec::new();
        let index = table.indexes.iter().position(|index| {
            index.live
                && index.predicate.is_none()
                && index.columns.len() == foreign.columns.len()
                && index.columns.iter().zip(&foreign.columns).all(|(key, column)| key.position == *column)
        });
        let mut keep = |row: &Row, id: RowId| {
            if values(row, &foreign.columns) == wanted {
                found.push((id, row.clone()));
            }
            Ok(ControlFlow::Continue(()))
        };
        match index {
            Some(position) => {
                let store = self.db.store(table);
                let snapshot = self.newest_snapshot();
                for id in store.indexes[position].equal(&whole_key(&table.indexes[position], wanted)) {
                    if let Some(version) = store.heap.get(id).and_then(|chain| chain.visible(snapshot)) {
                        keep(&version.row, id).map(drop)?;
                    }
                }
            }
            None => {
                all_rows(table, &cx, &mut keep).map(drop)?;
            }
        }
        Ok(found)
    }
}

fn shown(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn dangling(child: &Table, foreign: &ForeignKey, parent: &Table, wanted: &[Value]) -> Box<PgError> {
    let message = format!(
        "insert or update on table \"{}\" violates foreign key constraint \"{}\": ({}) is not present in table \"{}\"",
        child.name,
        foreign.name,
        shown(wanted),
        parent.name
    );
    PgError::of_constraint("23503", message, &child.name, &foreign.name)
}

fn referenced(parent: &Table, foreign: &ForeignKey, child: &Table, wanted: &[Value]) -> Box<PgError> {
    let message = format!(
        "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\": ({}) is still \
         referenced",
        parent.name,
        foreign.name,
        child.name,
        shown(wanted)
    );
    PgError::of_constraint("23503", message, &child.name, &foreign.name)
}
