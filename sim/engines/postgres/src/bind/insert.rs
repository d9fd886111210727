//! Binding INSERT.

use std::sync::Arc;

use sqlparser::ast::{self, ConflictTarget, OnConflictAction, OnInsert, SetExpr, TableObject, With};

use super::modify::assignments;
use super::operator::coerce;
use super::scope::Level;
use super::{Binder, Relation, name_of, unqualified_name};
use crate::catalog::Table;
use crate::error::{Fallible, PgError, no_column, syntax, unsupported};
use crate::plan::{ConflictAction, ConflictPlan, Expr, Function, InsertPlan, InsertSource, Returning, conjuncts};
use crate::types::Type;
use crate::value::Value;

/// The value a column gets when none is given.
pub(super) fn default_of(table: &Table, column: usize) -> Expr {
    let column = &table.columns[column];
    if let Some(sequence) = column.owned_sequence {
        let position = i64::try_from(sequence).expect("sequences are counted from zero");
        return Expr::Call { function: Function::Nextval, args: vec![Expr::Const(Value::Int(position))] };
    }
    column.default.clone().unwrap_or(Expr::Const(Value::Null))
}

fn is_default(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default"))
}

/// The level of statements about one table: the table itself in slot 0.
pub(super) fn table_level(table: &Arc<Table>, alias: String) -> Level {
    let columns = table.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
    let relation = Relation { alias, slot: 0, columns, table: Some(table.clone()), hidden: Vec::new() };
    Level { relations: vec![relation], ..Level::default() }
}

impl Binder<'_> {
    pub(super) fn insert(&mut self, insert: &ast::Insert, with: Option<&With>) -> Fallible<InsertPlan> {
        let TableObject::TableName(name) = &insert.table else { return Err(unsupported("INSERT into a function")) };
        if insert.overwrite
            || insert.or.is_some()
            || insert.ignore
            || insert.replace_into
            || insert.overriding.is_some()
        {
            return Err(unsupported("this form of INSERT"));
        }
        let table = self.catalog.table_named(&unqualified_name(name)?)?.clone();
        let alias = insert.table_alias.as_ref().map_or_else(|| table.name.to_string(), |alias| name_of(&alias.alias));
        let in_scope = self.ctes.len();
        // sqlparser hangs a WITH list in front of INSERT … SELECT on either side.
        let mut ctes = self.with(with)?;
        let source = self.insert_source(insert, &table, &mut ctes)?;
        let conflict = match &insert.on {
            None => None,
            Some(OnInsert::OnConflict(conflict)) => Some(self.conflict(&table, &alias, conflict)?),
            Some(_) => return Err(unsupported("this ON clause of INSERT")),
        };
        self.levels.push(table_level(&table, alias));
        let returning = self.returning(insert.returning.as_deref());
        self.levels.pop();
        self.ctes.truncate(in_scope);
        Ok(InsertPlan {
            table,
            ctes: self.finish_ctes(ctes),
            source,
            conflict,
            returning: returning?,
            locking_subqueries: std::mem::take(&mut self.locking),
        })
    }

    pub(super) fn returning(&mut self, items: Option<&[ast::SelectItem]>) -> Fallible<Option<Returning>> {
        let Some(items) = items else { return Ok(None) };
        let output = self.output(items)?;
        Ok(Some(Returning { output: output.exprs, names: output.names.into(), types: output.types }))
    }

    fn insert_source(
        &mut self,
        insert: &ast::Insert,
        table: &Table,
        ctes: &mut Vec<crate::plan::Cte>,
    ) -> Fallible<InsertSource> {
        let columns: Fallible<Vec<usize>> = insert
            .columns
            .iter()
            .map(|name| {
                let name = unqualified_name(name)?;
                table.column(&name).ok_or_else(|| {
                    let message = format!("column \"{name}\" of relation \"{}\" does not exist", table.name);
                    PgError::new("42703", message)
                })
            })
            .collect();
        let named = columns?;
        let columns: Vec<usize> = if insert.columns.is_empty() { (0..table.columns.len()).collect() } else { named };
        let defaults: Vec<Expr> = (0..table.columns.len()).map(|column| default_of(table, column)).collect();
        let Some(query) = &insert.source else { return Ok(InsertSource::Values(vec![defaults])) };
        if let (SetExpr::Values(values), true) = (query.body.as_ref(), is_bare(query)) {
            ctes.extend(self.with(query.with.as_ref())?);
            self.levels.push(Level::default());
            let rows: Fallible<Vec<Vec<Expr>>> =
                values.rows.iter().map(|row| self.values_row(table, &columns, &defaults, &row.content)).collect();
            self.levels.pop();
            return Ok(InsertSource::Values(rows?));
        }
        let (plan, _) = self.nested_query(query)?;
        if plan.types.len() > columns.len() || (!insert.columns.is_empty() && plan.types.len() < columns.len()) {
            return Err(syntax("INSERT has a different number of expressions than target columns"));
        }
        let mut exprs = defaults;
        for (at, column) in columns.iter().take(plan.types.len()).enumerate() {
            refuse_generated(table, *column)?;
            let value = Expr::Column { slot: 0, column: at };
            exprs[*column] = for_column((value, plan.types[at]), table, *column)?;
        }
        Ok(InsertSource::Query { query: Box::new(plan), columns: exprs })
    }

    fn values_row(
        &mut self,
        table: &Table,
        columns: &[usize],
        defaults: &[Expr],
        row: &[ast::Expr],
    ) -> Fallible<Vec<Expr>> {
        if row.len() > columns.len() {
            return Err(syntax("INSERT has more expressions than target columns"));
        }
        let mut exprs = defaults.to_vec();
        for (column, expr) in columns.iter().zip(row) {
            if is_default(expr) {
                continue;
            }
            refuse_generated(table, *column)?;
            let typed = self.expr(expr)?;
            exprs[*column] = for_column(typed, table, *column)?;
        }
        Ok(exprs)
    }

    fn conflict(&mut self, table: &Arc<Table>, alias: &str, conflict: &ast::OnConflict) -> Fallible<ConflictPlan> {
        let mut level = table_level(table, alias.to_owned());
        let excluded = Relation { alias: "excluded".to_owned(), slot: 1, ..level.relations[0].clone() };
        // An unqualified name means the table's own column.
        level.relations.push(Relation { hidden: (0..table.columns.len()).collect(), ..excluded });
        self.levels.push(level);
        let arbiters = self.arbiters(table, conflict.conflict_target.as_ref());
        let action = match &conflict.action {
            OnConflictAction::DoNothing => Ok(ConflictAction::Nothing),
            OnConflictAction::DoUpdate(update) => {
                assignments(self, table, &update.assignments).and_then(|assignments| {
                    let filter = update.selection.as_ref().map(|filter| self.condition(filter, "WHERE")).transpose()?;
                    Ok(ConflictAction::Update { assignments, filter })
                })
            }
        };
        self.levels.pop();
        let (arbiters, action) = (arbiters?, action?);
        if conflict.conflict_target.is_none() && crate::exec::conflict_updates(&action) {
            return Err(syntax("ON CONFLICT DO UPDATE requires inference specification or constraint name"));
        }
        Ok(ConflictPlan { arbiters, action })
    }

    /// The unique indexes a conflict target means.
    fn arbiters(&mut self, table: &Table, target: Option<&ConflictTarget>) -> Fallible<Vec<usize>> {
        let unique = table.indexes.iter().enumerate().filter(|(_, index)| index.live && index.unique);
        let found: Vec<usize> = match target {
            None => return Ok(unique.map(|(position, _)| position).collect()),
            Some(ConflictTarget::OnConstraint(name)) => {
                let name = unqualified_name(name)?;
                let found: Vec<usize> = unique
                    .filter(|(_, index)| index.constraint && *index.name == *name)
                    .map(|(position, _)| position)
                    .collect();
                if found.is_empty() {
                    let message = format!("constraint \"{name}\" for table \"{}\" does not exist", table.name);
                    return Err(PgError::new("42704", message));
                }
                found
            }
            Some(ConflictTarget::Columns { columns, predicate }) => {
                let mut wanted = Vec::new();
                for column in columns {
                    let name = name_of(column);
                    wanted.push(table.column(&name).ok_or_else(|| no_column(&name))?);
                }
                let predicate = predicate.as_ref().map(|p| self.condition(p, "WHERE")).transpose()?;
                let mut given = Vec::new();
                if let Some(predicate) = predicate {
                    conjuncts(predicate, &mut given);
                }
                unique
                    .filter(|(_, index)| {
                        index.columns.len() == wanted.len()
                            && index.columns.iter().all(|column| wanted.contains(&column.position))
                            && crate::plan::implies(&given.iter().collect::<Vec<_>>(), index.predicate.as_ref(), 0)
                    })
                    .map(|(position, _)| position)
                    .collect()
            }
        };
        if found.is_empty() {
            let message = "there is no unique or exclusion constraint matching the ON CONFLICT specification";
            return Err(PgError::new("42P10", message));
        }
        Ok(found)
    }
}

/// Nothing but the body matters.
fn is_bare(query: &ast::Query) -> bool {
    query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none() && query.locks.is_empty()
}

fn refuse_generated(table: &Table, column: usize) -> Fallible<()> {
    let column = &table.columns[column];
    if column.generated_always {
        let message = format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name);
        return Err(PgError::new("428C9", message));
    }
    Ok(())
}

/// A value on its way into a column: converted where assignment allows it (42804 where not).
pub(super) fn for_column(typed: (Expr, Type), table: &Table, column: usize) -> Fallible<Expr> {
    let column = &table.columns[column];
    for_default(typed, column.ty, &column.name)
}

/// The same for a column that is only being defined.
pub(crate) fn for_default(typed: (Expr, Type), ty: Type, column: &str) -> Fallible<Expr> {
    let from = typed.1;
    let allowed = from == Type::Unknown || from == ty || ty == Type::Text || from.is_number() && ty.is_number();
    if !allowed {
        let message = format!("column \"{column}\" is of type {} but expression is of type {}", ty.name(), from.name());
        return Err(PgError::new("42804", message));
    }
    coerce(typed, ty)
}
