//! Binding UPDATE and DELETE.

use std::sync::Arc;

use sqlparser::ast::{self, AssignmentTarget, FromTable, TableFactor, TableWithJoins, UpdateTableFromKind, With};

use super::access::{plan_joins, vouch};
use super::from::From;
use super::insert::{default_of, for_column};
use super::scope::Level;
use super::{Binder, unqualified_name};
use crate::catalog::Table;
use crate::error::{Fallible, PgError, unsupported};
use crate::plan::{Assignment, Cte, CteBody, DeletePlan, DistinctPlan, Returning, SelectPlan, UpdatePlan};

/// SET list.
pub(super) fn assignments(
    binder: &mut Binder<'_>,
    table: &Table,
    list: &[ast::Assignment],
) -> Fallible<Vec<Assignment>> {
    let mut assignments: Vec<Assignment> = Vec::new();
    for item in list {
        let pairs: Vec<(&ast::ObjectName, &ast::Expr)> = match (&item.target, &item.value) {
            (AssignmentTarget::ColumnName(name), value) => vec![(name, value)],
            (AssignmentTarget::Tuple(names), ast::Expr::Tuple(values)) if names.len() == values.len() => {
                names.iter().zip(values).collect()
            }
            (AssignmentTarget::Tuple(_), _) => return Err(unsupported("this SET (…) = …")),
        };
        for (name, value) in pairs {
            let name = unqualified_name(name)?;
            let column = table.column(&name).ok_or_else(|| {
                let message = format!("column \"{name}\" of relation \"{}\" does not exist", table.name);
                PgError::new("42703", message)
            })?;
            if assignments.iter().any(|assignment| assignment.column == column) {
                return Err(PgError::new("42601", format!("multiple assignments to same column \"{name}\"")));
            }
            let is_default = matches!(value, ast::Expr::Identifier(ident)
                if ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default"));
            let value = if is_default {
                default_of(table, column)
            } else {
                let typed = binder.expr(value)?;
                for_column(typed, table, column)?
            };
            assignments.push(Assignment { column, value });
        }
    }
    Ok(assignments)
}

impl Binder<'_> {
    pub(super) fn update(&mut self, update: &ast::Update, with: Option<&With>) -> Fallible<UpdatePlan> {
        if !update.table.joins.is_empty()
            || update.limit.is_some()
            || !update.order_by.is_empty()
            || update.or.is_some()
        {
            return Err(unsupported("this form of UPDATE"));
        }
        let extra = match &update.from {
            None => &[][..],
            Some(UpdateTableFromKind::AfterSet(tables)) => tables,
            Some(UpdateTableFromKind::BeforeSet(_)) => return Err(unsupported("FROM before SET")),
        };
        let in_scope = self.ctes.len();
        let mut ctes = self.with(with)?;
        self.levels.push(Level::default());
        let bound = self.target(&update.table.relation, extra, update.selection.as_ref()).and_then(|(table, from)| {
            let assignments = assignments(self, &table, &update.assignments)?;
            let returning = self.returning(update.returning.as_deref())?;
            Ok((table, from, assignments, returning))
        });
        self.levels.pop();
        self.ctes.truncate(in_scope);
        let (table, from, assignments, returning) = bound?;
        self.take_derived(&mut ctes);
        Ok(UpdatePlan {
            table,
            ctes: self.finish_ctes(ctes),
            from,
            assignments,
            returning,
            locking_subqueries: std::mem::take(&mut self.locking),
        })
    }

    pub(super) fn delete(&mut self, delete: &ast::Delete, with: Option<&With>) -> Fallible<DeletePlan> {
        let FromTable::WithFromKeyword(tables) = &delete.from else { return Err(unsupported("DELETE without FROM")) };
        let [TableWithJoins { relation, joins }] = tables.as_slice() else {
            return Err(unsupported("DELETE from several tables"));
        };
        if !joins.is_empty() || !delete.tables.is_empty() || delete.limit.is_some() || !delete.order_by.is_empty() {
            return Err(unsupported("this form of DELETE"));
        }
        let in_scope = self.ctes.len();
        let mut ctes = self.with(with)?;
        self.levels.push(Level::default());
        let extra = delete.using.as_deref().unwrap_or(&[]);
        let bound = self.target(relation, extra, delete.selection.as_ref()).and_then(|(table, from)| {
            let returning: Option<Returning> = self.returning(delete.returning.as_deref())?;
            Ok((table, from, returning))
        });
        self.levels.pop();
        self.ctes.truncate(in_scope);
        let (table, from, returning) = bound?;
        self.take_derived(&mut ctes);
        Ok(DeletePlan {
            table,
            ctes: self.finish_ctes(ctes),
            from,
            returning,
            locking_subqueries: std::mem::take(&mut self.locking),
        })
    }

    /// The rows a statement changes: its table in slot 0, the others joined to it.
    fn target(
        &mut self,
        relation: &TableFactor,
        extra: &[TableWithJoins],
        selection: Option<&ast::Expr>,
    ) -> Fallible<(Arc<Table>, SelectPlan)> {
        let mut from = From::default();
        let target = TableWithJoins { relation: relation.clone(), joins: Vec::new() };
        self.from(std::slice::from_ref(&target), &mut from)?;
        let table = from.items[0].source.table().cloned();
        let table = table.ok_or_else(|| unsupported("UPDATE or DELETE of anything but a table"))?;
        self.from(extra, &mut from)?;
        let filter = selection.map(|filter| self.condition(filter, "WHERE")).transpose()?;
        let mut joins = plan_joins(from, filter);
        vouch(&mut joins);
        let plan = SelectPlan {
            slots: joins.steps.len(),
            steps: joins.steps,
            constant: joins.constant,
            grouping: None,
            windows: Vec::new(),
            output: Vec::new(),
            distinct: DistinctPlan::No,
            order: Vec::new(),
            presorted: false,
            limit: None,
            offset: None,
            lock: None,
            advisory: None,
        };
        Ok((table, plan))
    }

    /// Locking subqueries of FROM run like WITH queries.
    fn take_derived(&mut self, ctes: &mut Vec<Cte>) {
        for (id, query) in std::mem::take(&mut self.locking_derived) {
            ctes.push(Cte { id, body: CteBody::Query(Box::new(query)), referenced: true });
        }
    }
}
