//! INSERT … ON CONFLICT.

use std::sync::Arc;

use super::Run;
use super::insert::assigned;
use super::row_lock::Locked;
use super::unique::{Conflict, find_conflict};
use crate::catalog::Table;
use crate::error::{Fallible, PgError, serialization};
use crate::eval::{Frame, is_true};
use crate::locks::LockMode;
use crate::plan::{Assignment, ConflictAction, ConflictPlan, Expr};
use crate::storage::RowId;
use crate::transaction::Isolation;
use crate::value::Row;

/// What becomes of a row proposed for insertion.
pub(super) enum Resolution {
    Insert,
    /// Nothing is done and nothing returned.
    Skip,
    /// The existing row was updated to this.
    Updated(Row),
}

impl Run {
    /// Looks for a conflict on the arbiter indexes and acts on it.
    pub(super) async fn resolve_conflict(
        &mut self,
        table: &Arc<Table>,
        plan: &ConflictPlan,
        row: &Row,
        touched: &mut Vec<RowId>,
    ) -> Fallible<Resolution> {
        'again: loop {
            for position in &plan.arbiters {
                let id = match find_conflict(&self.db, table, *position, row, None, self.snapshot.xid)? {
                    Conflict::None => continue,
                    Conflict::InDoubt(xid, id) => {
                        self.wait_for_change(xid, table.id, id).await?;
                        continue 'again;
                    }
                    Conflict::Live(id) => id,
                };
                let ConflictAction::Update { assignments, filter } = &plan.action else {
                    self.require_visible(table, id)?;
                    return Ok(Resolution::Skip);
                };
                match self.update_existing(table, id, row, assignments, filter.as_ref(), touched).await? {
                    Some(resolution) => return Ok(resolution),
                    None => continue 'again,
                }
            }
            return Ok(Resolution::Insert);
        }
    }

    /// Above READ COMMITTED a conflicting row whose newest version the snapshot cannot see is 40001.
    fn require_visible(&self, table: &Table, id: RowId) -> Fallible<()> {
        let chain = self.db.store(table).heap.get(id);
        let visible = chain.is_some_and(|chain| {
            let seen = chain.visible(self.snapshot);
            seen.is_some_and(|seen| Arc::ptr_eq(&seen.row, &chain.newest.row))
                || chain.newest.begin.xid() == Some(self.snapshot.xid)
        });
        if self.isolation == Isolation::ReadCommitted || visible {
            return Ok(());
        }
        Err(serialization("concurrent update"))
    }

    /// Updates the conflicting row. `None` when it changed or went while waiting for its lock: look again.
    async fn update_existing(
        &mut self,
        table: &Arc<Table>,
        id: RowId,
        proposed: &Row,
        assignments: &[Assignment],
        filter: Option<&Expr>,
        touched: &mut Vec<RowId>,
    ) -> Fallible<Option<Resolution>> {
        let Some(chain) = self.db.store(table).heap.get(id) else { return Ok(None) };
        let newest = &chain.newest;
        if touched.contains(&id)
            || newest.begin.xid() == Some(self.snapshot.xid) && newest.begin_command == self.snapshot.command
        {
            let message = "ON CONFLICT DO UPDATE command cannot affect row a second time";
            return Err(PgError::new("21000", message));
        }
        let existing = newest.row.clone();
        let keys = assignments.iter().any(|assignment| table.is_key_column(assignment.column));
        let mode = if keys { LockMode::Update } else { LockMode::NoKeyUpdate };
        match self.lock_met(table.id, id, &existing, mode).await? {
            Locked::Unchanged => {}
            Locked::Updated(_) | Locked::Gone | Locked::Skipped => return Ok(None),
        }
        self.require_visible(table, id)?;
        let Some(new) = self.conflict_update(table, &existing, proposed, assignments, filter)? else {
            return Ok(Some(Resolution::Skip));
        };
        touched.push(id);
        self.update_row(table, id, &existing, new.clone(), mode).await?;
        Ok(Some(Resolution::Updated(new)))
    }

    /// The existing row with the SET list applied; `None` when the WHERE says no.
    fn conflict_update(
        &self,
        table: &Table,
        existing: &Row,
        proposed: &Row,
        assignments: &[Assignment],
        filter: Option<&Expr>,
    ) -> Fallible<Option<Row>> {
        let rows = [existing.clone(), proposed.clone()];
        let frame = Frame { rows: &rows, computed: &[], outer: None };
        let cx = self.cx();
        if let Some(filter) = filter
            && !is_true(filter, &frame, &cx)?
        {
            return Ok(None);
        }
        assigned(table, assignments, existing, &frame, &cx).map(Some)
    }
}
