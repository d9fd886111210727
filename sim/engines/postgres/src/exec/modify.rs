//! UPDATE and DELETE: the rows are found as the snapshot shows them, then claimed one by one; a row that changed
//! meanwhile is checked again in its newest version.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Run;
use super::insert::{assigned, check_row, returned};
use super::join::{Joined, join};
use super::query::{run_ctes, run_late, run_subqueries};
use super::recheck::still_qualifies;
use super::row_lock::Locked;
use crate::catalog::Table;
use crate::error::Fallible;
use crate::locks::LockMode;
use crate::plan::{Assignment, DeletePlan, Outcome, SelectPlan, UpdatePlan};
use crate::storage::{RowId, TableId, Version};
use crate::transaction::LogEntry;
use crate::value::Row;

/// The target's slot.
const TARGET: usize = 0;

/// Runs an UPDATE.
pub(super) async fn update(run: &mut Run, plan: &UpdatePlan) -> Fallible<Outcome> {
    run.require_writable()?;
    let late = run_ctes(run, &plan.ctes).await?;
    run_subqueries(run, &plan.locking_subqueries).await?;
    let mut outcome = Outcome::default();
    for candidate in targets(run, &plan.from)? {
        let mut joined = candidate;
        let Some(new) = lock_for_update(run, plan, &mut joined).await? else { continue };
        let old = Arc::clone(&joined.rows[TARGET]);
        let mode = mode_for(&plan.table, &plan.assignments, &old, &new);
        run.update_row(&plan.table, joined.ids[TARGET], &old, new.clone(), mode).await?;
        outcome.affected += 1;
        if let Some(returning) = &plan.returning {
            joined.rows[TARGET] = new;
            outcome.rows.push(returned(returning, &joined.rows, &run.cx())?);
        }
    }
    run_late(run, late).await?;
    Ok(outcome)
}

/// Locks the target and computes its new version; `None` when it is gone or no longer qualifies.
async fn lock_for_update(run: &mut Run, plan: &UpdatePlan, joined: &mut Joined) -> Fallible<Option<Row>> {
    loop {
        let old = Arc::clone(&joined.rows[TARGET]);
        let new = updated(run, &plan.table, &plan.assignments, joined)?;
        // A server tests NOT NULL and CHECK before it looks whether the row is taken, and again if it had to wait.
        check_row(&plan.table, &new)?;
        let mode = mode_for(&plan.table, &plan.assignments, &old, &new);
        match run.claim_row(plan.table.id, joined.ids[TARGET], &old, mode).await? {
            Locked::Unchanged => return Ok(Some(new)),
            Locked::Gone | Locked::Skipped => return Ok(None),
            Locked::Updated(row) => {
                joined.rows[TARGET] = row;
                if !still_qualifies(&plan.from, joined, &run.cx())? {
                    return Ok(None);
                }
            }
        }
    }
}

fn updated(run: &Run, table: &Table, assignments: &[Assignment], joined: &Joined) -> Fallible<Row> {
    assigned(table, assignments, &joined.rows[TARGET], &joined.frame(None), &run.cx())
}

/// Changing a key a foreign key could refer to takes the strongest lock.
fn mode_for(table: &Table, assignments: &[Assignment], old: &Row, new: &Row) -> LockMode {
    let moved = assignments
        .iter()
        .any(|assignment| old[assignment.column] != new[assignment.column] && table.is_key_column(assignment.column));
    if moved { LockMode::Update } else { LockMode::NoKeyUpdate }
}

/// Runs a DELETE.
pub(super) async fn delete(run: &mut Run, plan: &DeletePlan) -> Fallible<Outcome> {
    run.require_writable()?;
    let late = run_ctes(run, &plan.ctes).await?;
    run_subqueries(run, &plan.locking_subqueries).await?;
    let mut outcome = Outcome::default();
    for candidate in targets(run, &plan.from)? {
        let mut joined = candidate;
        let id = joined.ids[TARGET];
        let seen = Arc::clone(&joined.rows[TARGET]);
        match run.claim_row(plan.table.id, id, &seen, LockMode::Update).await? {
            Locked::Unchanged => {}
            Locked::Gone | Locked::Skipped => continue,
            Locked::Updated(row) => {
                joined.rows[TARGET] = row;
                if !still_qualifies(&plan.from, &mut joined, &run.cx())? {
                    continue;
                }
            }
        }
        let old = Arc::clone(&joined.rows[TARGET]);
        run.delete_row(&plan.table, id, &old);
        outcome.affected += 1;
        if let Some(returning) = &plan.returning {
            outcome.rows.push(returned(returning, &joined.rows, &run.cx())?);
        }
    }
    run_late(run, late).await?;
    Ok(outcome)
}

/// The rows to change, as the statement's snapshot shows them.
fn targets(run: &Run, from: &SelectPlan) -> Fallible<Vec<Joined>> {
    let mut found = Vec::new();
    join(from, None, &run.cx(), &mut |joined| {
        found.push(joined.clone());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

impl Run {
    /// Gives a row that was claimed a new version. Foreign keys are checked at the end of the statement.
    pub(super) async fn update_row(
        &mut self,
        table: &Arc<Table>,
        id: RowId,
        old: &Row,
        new: Row,
        mode: LockMode,
    ) -> Fallible<()> {
        check_row(table, &new)?;
        let mode = self.write_change(table.id, id, mode);
        let version = Version::new(new.clone(), self.snapshot.xid, self.snapshot.command);
        let chain = self.db.stores[table.id.index()].heap.get_mut(id).expect("the row is locked, so its chain stays");
        let own = chain.newest.begin.xid() == Some(self.snapshot.xid);
        chain.push(version, mode);
        let entry = LogEntry::Update { table: table.id, row: id, old: old.clone(), new: new.clone() };
        self.db.log(self.session, entry);
        self.leave_line();
        self.enter_indexes(table, id, &new, Some(old)).await?;
        // A reference that this transaction itself has written is checked again whenever its row changes, as a server does.
        self.queue_parent_checks(table, &new, (!own).then_some(old));
        self.queue_child_checks(table, old, Some(&new));
        Ok(())
    }

    /// Writes a change into a row's newest version. How strongly the row is locked by it: at least as it was before.
    fn write_change(&mut self, table: TableId, id: RowId, mode: LockMode) -> LockMode {
        let chain = self.db.stores[table.index()].heap.get(id).expect("the row was claimed, so its chain stays");
        let number = chain.newest.number;
        let mode = self.own_mode(table, id, number).map_or(mode, |own| own.max(mode));
        self.write_member(table, id, number, mode, true);
        mode
    }

    /// Deletes a row that was claimed.
    pub(super) fn delete_row(&mut self, table: &Arc<Table>, id: RowId, old: &Row) {
        let (xid, command) = (self.snapshot.xid, self.snapshot.command);
        self.write_change(table.id, id, LockMode::Update);
        self.db.stores[table.id.index()].delete(id, xid, command);
        self.db.log(self.session, LogEntry::Delete { table: table.id, row: id, old: old.clone() });
        self.leave_line();
        self.queue_child_checks(table, old, None);
    }
}
