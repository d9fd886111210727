//! INSERT.

use std::sync::Arc;

use super::Run;
use super::conflict::Resolution;
use super::query::{run_ctes, run_late, run_locking, run_subqueries};
use crate::catalog::Table;
use crate::error::{Fallible, PgError};
use crate::eval::{Cx, Frame, assign, eval, truth};
use crate::plan::{Assignment, ConflictAction, Expr, InsertPlan, InsertSource, Outcome, Returning};
use crate::storage::{RowId, Version};
use crate::transaction::LogEntry;
use crate::value::{Row, Value};

/// Runs an INSERT.
pub(super) async fn run(run: &mut Run, plan: &InsertPlan) -> Fallible<Outcome> {
    run.require_writable()?;
    let late = run_ctes(run, &plan.ctes).await?;
    run_subqueries(run, &plan.locking_subqueries).await?;
    let table = &*plan.table;
    let mut outcome = Outcome::default();
    let mut touched = Vec::new();
    match &plan.source {
        InsertSource::Values(rows) => {
            for exprs in rows {
                let row = table_row(table, exprs, &Frame::EMPTY, &run.cx())?;
                one(run, plan, row, &mut touched, &mut outcome).await?;
            }
        }
        InsertSource::Query { query, columns } => {
            for source in run_locking(run, query).await? {
                let frame = Frame { rows: std::slice::from_ref(&source), computed: &[], outer: None };
                let row = table_row(table, columns, &frame, &run.cx())?;
                one(run, plan, row, &mut touched, &mut outcome).await?;
            }
        }
    }
    run_late(run, late).await?;
    Ok(outcome)
}

/// Evaluates one value per column and converts it to the column's type.
pub(super) fn table_row(table: &Table, exprs: &[Expr], frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Row> {
    exprs.iter().zip(&table.columns).map(|(expr, column)| assign(eval(expr, frame, cx)?, column.ty)).collect()
}

async fn one(
    run: &mut Run,
    plan: &InsertPlan,
    row: Row,
    touched: &mut Vec<RowId>,
    outcome: &mut Outcome,
) -> Fallible<()> {
    let result = match &plan.conflict {
        None => Some(run.insert_row(&plan.table, row).await?),
        Some(conflict) => {
            check_row(&plan.table, &row)?;
            match run.resolve_conflict(&plan.table, conflict, &row, touched).await? {
                Resolution::Insert => {
                    run.insert_row(&plan.table, row.clone()).await?;
                    Some(row)
                }
                Resolution::Skip => None,
                Resolution::Updated(row) => Some(row),
            }
        }
    };
    if let Some(row) = result {
        outcome.affected += 1;
        if let Some(returning) = &plan.returning {
            outcome.rows.push(returned(returning, &[row], &run.cx())?);
        }
    }
    Ok(())
}

/// The RETURNING list for one row.
pub(super) fn returned(returning: &Returning, rows: &[Row], cx: &Cx<'_>) -> Fallible<Row> {
    let frame = Frame { rows, computed: &[], outer: None };
    returning.output.iter().map(|expr| eval(expr, &frame, cx)).collect()
}

/// NOT NULL and CHECK.
pub(super) fn check_row(table: &Table, row: &Row) -> Fallible<()> {
    for (column, value) in table.columns.iter().zip(row.iter()) {
        if column.not_null && value.is_null() {
            let message = format!(
                "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                column.name, table.name
            );
            return Err(PgError::of_constraint("23502", message, &table.name, &column.name));
        }
    }
    let frame = Frame { rows: std::slice::from_ref(row), computed: &[], outer: None };
    for check in &table.checks {
        // NULL passes.
        if truth(&eval(&check.expr, &frame, &Cx::SCHEMA)?)? == Some(false) {
            let message =
                format!("new row for relation \"{}\" violates check constraint \"{}\"", table.name, check.name);
            return Err(PgError::of_constraint("23514", message, &table.name, &check.name));
        }
    }
    Ok(())
}

impl Run {
    /// Adds a row, once its keys are free. Its foreign keys are checked at the end of the statement.
    pub(super) async fn insert_row(&mut self, table: &Arc<Table>, row: Row) -> Fallible<Row> {
        check_row(table, &row)?;
        let (xid, command) = (self.snapshot.xid, self.snapshot.command);
        self.db.write_order(self.session);
        let id = self.db.stores[table.id.index()].heap.insert(Version::new(row.clone(), xid, command));
        self.db.log(self.session, LogEntry::Insert { table: table.id, row: id, new: row.clone() });
        self.enter_indexes(table, id, &row, None).await?;
        self.queue_parent_checks(table, &row, None);
        Ok(row)
    }

    /// 25006 in a read-only transaction.
    pub(super) fn require_writable(&self) -> Fallible<()> {
        self.db.require_writable(self.snapshot.xid)
    }
}

/// Whether a conflict clause updates, rather than skips.
pub(crate) fn updates(action: &ConflictAction) -> bool {
    matches!(action, ConflictAction::Update { .. })
}

/// A row with what an UPDATE assigns, evaluated over `frame`.
pub(super) fn assigned(
    table: &Table,
    assignments: &[Assignment],
    row: &Row,
    frame: &Frame<'_>,
    cx: &Cx<'_>,
) -> Fallible<Row> {
    let changes: Fallible<Vec<(usize, Value)>> = assignments
        .iter()
        .map(|assignment| {
            let value = eval(&assignment.value, frame, cx)?;
            Ok((assignment.column, assign(value, table.columns[assignment.column].ty)?))
        })
        .collect();
    Ok(with_values(row, changes?))
}

/// A row with some columns replaced.
pub(super) fn with_values(row: &Row, changes: Vec<(usize, Value)>) -> Row {
    let mut values = row.to_vec();
    for (column, value) in changes {
        values[column] = value;
    }
    values.into()
}
