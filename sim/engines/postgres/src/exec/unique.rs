//! Uniqueness. A key is taken when a live row has it, and in doubt while a transaction in progress has inserted,
//! deleted or re-keyed such a row: then the checker waits for that transaction.

use super::Run;
use crate::catalog::{Index, Table};
use crate::database::Database;
use crate::error::{Fallible, PgError};
use crate::eval::schema_predicate;
use crate::storage::{Chain, RowId, TableId, Xid, index_key};
use crate::value::Row;

/// What stands in the way of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    None,
    /// A row that is there.
    Live(RowId),
    /// Depends on how this transaction ends.
    InDoubt(Xid, RowId),
}

/// Who has the key `row` would get in `index`, leaving `own` aside.
pub(super) fn find_conflict(
    db: &Database,
    table: &Table,
    position: usize,
    row: &Row,
    own: Option<RowId>,
    xid: Xid,
) -> Fallible<Conflict> {
    let index = &table.indexes[position];
    let nulls = index.columns.iter().any(|column| row[column.position].is_null());
    if nulls || !schema_predicate(index.predicate.as_ref(), row)? {
        return Ok(Conflict::None);
    }
    let store = db.store(table);
    for id in store.indexes[position].equal(&index_key(index, row)) {
        if Some(id) == own {
            continue;
        }
        let Some(chain) = store.heap.get(id) else { continue };
        match conflict_in(index, chain, row, id, xid)? {
            Conflict::None => {}
            found @ (Conflict::Live(_) | Conflict::InDoubt(..)) => return Ok(found),
        }
    }
    Ok(Conflict::None)
}

fn conflict_in(index: &Index, chain: &Chain, row: &Row, id: RowId, xid: Xid) -> Fallible<Conflict> {
    for version in chain.versions() {
        let same_key = index.columns.iter().all(|column| version.row[column.position] == row[column.position]);
        if !same_key || !schema_predicate(index.predicate.as_ref(), &version.row)? {
            continue;
        }
        let (began, ended) = (version.begin.xid(), version.end.xid());
        if let Some(other) = began.filter(|other| *other != xid) {
            return Ok(Conflict::InDoubt(other, id));
        }
        match (version.end.is_never(), ended) {
            (true, _) => return Ok(Conflict::Live(id)),
            (false, Some(other)) if other != xid => return Ok(Conflict::InDoubt(other, id)),
            (false, _) => {}
        }
    }
    Ok(Conflict::None)
}

/// 23505.
fn violated(table: &Table, index: &Index, row: &Row) -> Box<PgError> {
    let columns: Vec<&str> = index.columns.iter().map(|column| &*table.columns[column.position].name).collect();
    let values: Vec<String> = index.columns.iter().map(|column| row[column.position].to_string()).collect();
    let message = format!(
        "duplicate key value violates unique constraint \"{}\": key ({})=({}) already exists",
        index.name,
        columns.join(", "),
        values.join(", ")
    );
    PgError::of_constraint("23505", message, &table.name, &index.name)
}

impl Run {
    /// Waits until it is decided what a transaction did to a row first.
    pub(super) async fn wait_for_change(&mut self, xid: Xid, table: TableId, row: RowId) -> Fallible<()> {
        let level = self.db.level_of_change(xid, table, row);
        self.wait_for_transaction(xid, level).await
    }

    /// Enters a row's newest version into the indexes that need it, one after the other, each once its key is free.
    pub(super) async fn enter_indexes(
        &mut self,
        table: &Table,
        id: RowId,
        row: &Row,
        old: Option<&Row>,
    ) -> Fallible<()> {
        for (position, index) in table.indexes.iter().enumerate() {
            let unchanged = old.is_some_and(|old| index.used_columns.iter().all(|&column| old[column] == row[column]));
            if !index.live || unchanged || !schema_predicate(index.predicate.as_ref(), row)? {
                continue;
            }
            if index.unique {
                loop {
                    match find_conflict(&self.db, table, position, row, Some(id), self.snapshot.xid)? {
                        Conflict::None => break,
                        Conflict::Live(_) => return Err(violated(table, index, row)),
                        Conflict::InDoubt(xid, other) => self.wait_for_change(xid, table.id, other).await?,
                    }
                }
            }
            self.db.stores[table.id.index()].indexes[position].insert(index_key(index, row), id);
        }
        Ok(())
    }
}
