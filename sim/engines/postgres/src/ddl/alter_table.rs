//! ALTER TABLE: adding columns and constraints, defaults and NOT NULL.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{self, AlterColumnOperation, AlterTableOperation, ColumnDef, TableConstraint};

use super::create_table::{add_condition, add_key, column};
use super::{create_index, create_table};
use crate::bind::{name_of, unqualified_name};
use crate::catalog::Table;
use crate::database::Database;
use crate::error::{Fallible, PgError, no_column, unsupported};
use crate::eval::{Cx, Frame, eval};
use crate::value::{Row, Value};

/// Alters a table; its command tag.
pub(super) fn run(db: &mut Database, alter: &ast::AlterTable) -> Fallible<&'static str> {
    let name = unqualified_name(&alter.name)?;
    if alter.if_exists && db.catalog.find_table(&name).is_none() {
        return Ok("ALTER TABLE");
    }
    for operation in &alter.operations {
        let mut table = Table::clone(db.catalog.table_named(&name)?);
        match operation {
            AlterTableOperation::AddColumn { column_def, if_not_exists, column_position: None, .. } => {
                if *if_not_exists && table.column(&name_of(&column_def.name)).is_some() {
                    continue;
                }
                add_column(db, &mut table, column_def)?;
            }
            AlterTableOperation::AddConstraint { constraint, not_valid: false } => {
                add_constraint(db, &mut table, constraint)?;
            }
            AlterTableOperation::AlterColumn { column_name, op } => {
                let column = name_of(column_name);
                let position = table.column(&column).ok_or_else(|| no_column(&column))?;
                alter_column(db, &mut table, position, op)?;
            }
            // The change feed has whole rows, the old and the new, in any case.
            AlterTableOperation::ReplicaIdentity {
                identity: ast::ReplicaIdentity::Full | ast::ReplicaIdentity::Default,
            } => {}
            other => return Err(unsupported(format_args!("ALTER TABLE {other}"))),
        }
        db.catalog.replace_table(table);
    }
    Ok("ALTER TABLE")
}

/// Every version gets the column, filled with its default. Other columns' constraints do not apply to it yet.
fn add_column(db: &mut Database, table: &mut Table, definition: &ColumnDef) -> Fallible<()> {
    let new = column(db, &table.name, definition)?;
    if table.column(&new.name).is_some() {
        let message = format!("column \"{}\" of relation \"{}\" already exists", new.name, table.name);
        return Err(PgError::new("42701", message));
    }
    if definition.options.iter().any(|option| {
        matches!(
            option.option,
            ast::ColumnOption::PrimaryKey(_)
                | ast::ColumnOption::Unique(_)
                | ast::ColumnOption::ForeignKey(_)
                | ast::ColumnOption::Check(_)
        )
    }) {
        return Err(unsupported("constraints in ADD COLUMN; use ADD CONSTRAINT"));
    }
    let cx = Cx { world: None, params: &[], now_us: db.now_us, statement_us: db.now_us };
    let fixed = match &new.default {
        Some(default) => eval(default, &Frame::EMPTY, &cx)?,
        None => Value::Null,
    };
    let rows = &mut db.stores[table.id.index()].heap;
    if new.not_null && fixed.is_null() && new.owned_sequence.is_none() && rows.len() > 0 {
        let message = format!("column \"{}\" of relation \"{}\" contains null values", new.name, table.name);
        return Err(PgError::new("23502", message));
    }
    for chain in rows.chains_mut() {
        let value = match new.owned_sequence {
            Some(sequence) => Value::Int(db.sequences[sequence].next()?),
            None => fixed.clone(),
        };
        for version in std::iter::once(&mut chain.newest).chain(&mut chain.older) {
            let widened: Row = version.row.iter().cloned().chain([value.clone()]).collect();
            version.row = widened;
        }
    }
    table.columns.push(new);
    table.column_names = table.columns.iter().map(|column| Arc::clone(&column.name)).collect();
    Ok(())
}

fn add_constraint(db: &mut Database, table: &mut Table, constraint: &TableConstraint) -> Fallible<()> {
    let (indexes, checks, keys) = (table.indexes.len(), table.checks.len(), table.foreign_keys.len());
    add_key(db, table, constraint)?;
    add_condition(db, table, constraint)?;
    if table.indexes.len() > indexes {
        create_index::build(db, table)?;
    }
    if table.foreign_keys.len() > keys && db.store(table).heap.len() > 0 {
        return Err(unsupported("adding a foreign key to a table that has rows"));
    }
    create_table::note_references(db, table, keys);
    for chain in db.store(table).heap.iter().map(|(_, chain)| chain).filter(|chain| chain.newest.end.is_never()) {
        let row = &chain.newest.row;
        let frame = Frame { rows: std::slice::from_ref(row), computed: &[], outer: None };
        for check in &table.checks[checks..] {
            if eval(&check.expr, &frame, &Cx::SCHEMA)?.as_bool() == Some(false) {
                let message = format!(
                    "check constraint \"{}\" of relation \"{}\" is violated by some row",
                    check.name, table.name
                );
                return Err(PgError::of_constraint("23514", message, &table.name, &check.name));
            }
        }
    }
    Ok(())
}

fn alter_column(db: &Database, table: &mut Table, position: usize, op: &AlterColumnOperation) -> Fallible<()> {
    match op {
        AlterColumnOperation::SetNotNull => {
            let live = db.store(table).heap.iter().filter(|(_, chain)| chain.newest.end.is_never());
            if live.into_iter().any(|(_, chain)| chain.newest.row[position].is_null()) {
                let message = format!("column \"{}\" contains null values", table.columns[position].name);
                return Err(PgError::new("23502", message));
            }
            table.columns[position].not_null = true;
        }
        AlterColumnOperation::DropNotNull => table.columns[position].not_null = false,
        AlterColumnOperation::DropDefault => table.columns[position].default = None,
        AlterColumnOperation::SetDefault { value } => {
            let mut binder = crate::bind::Binder::new(&db.catalog);
            let typed = binder.expr(value)?;
            let (ty, name) = (table.columns[position].ty, table.columns[position].name.to_string());
            table.columns[position].default = Some(crate::bind::for_default(typed, ty, &name)?);
        }
        other => return Err(unsupported(format_args!("ALTER COLUMN {other}"))),
    }
    Ok(())
}
