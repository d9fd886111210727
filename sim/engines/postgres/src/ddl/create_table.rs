//! CREATE TABLE.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{self, ColumnDef, ColumnOption, DataType, GeneratedAs, SequenceOptions, TableConstraint};

use super::constraint::{
    check, column_positions, constraint_index, foreign_key, free_name, index_columns, require_immediate,
};
use super::sequence;
use crate::bind::{Binder, name_of, unqualified_name};
use crate::catalog::{Column, Index, IndexColumn, Table};
use crate::database::Database;
use crate::error::{Fallible, PgError, unsupported};
use crate::storage::TableStore;
use crate::types::{self, Type};

/// Creates a table; its command tag.
pub(super) fn run(db: &mut Database, create: &ast::CreateTable) -> Fallible<&'static str> {
    let name = unqualified_name(&create.name)?;
    if create.temporary
        || create.query.is_some()
        || create.like.is_some()
        || create.inherits.is_some()
        || create.partition_by.is_some()
        || create.partition_of.is_some()
        || create.or_replace
    {
        return Err(unsupported("this form of CREATE TABLE"));
    }
    if create.if_not_exists && db.catalog.find_table(&name).is_some() {
        return Ok("CREATE TABLE");
    }
    db.catalog.require_free(&name)?;
    let mut table = Table {
        id: db.catalog.next_table_id(),
        name: name.as_str().into(),
        columns: Vec::new(),
        column_names: Arc::new([]),
        indexes: Vec::new(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        referenced_by: Vec::new(),
    };
    for definition in &create.columns {
        let column = column(db, &table.name, definition)?;
        if table.column(&column.name).is_some() {
            return Err(PgError::new("42701", format!("column \"{}\" specified more than once", column.name)));
        }
        table.columns.push(column);
    }
    table.column_names = table.columns.iter().map(|column| column.name.clone()).collect();
    // Keys before what may refer to them.
    for definition in &create.columns {
        column_keys(db, &mut table, definition)?;
    }
    for constraint in &create.constraints {
        add_key(db, &mut table, constraint)?;
    }
    for definition in &create.columns {
        column_constraints(db, &mut table, definition)?;
    }
    for constraint in &create.constraints {
        add_condition(db, &mut table, constraint)?;
    }
    db.stores.push(TableStore::new(&table));
    note_references(db, &mut table, 0);
    db.catalog.add_table(table);
    Ok("CREATE TABLE")
}

/// Tells the parents of a table's foreign keys, from the given one on.
pub(super) fn note_references(db: &mut Database, table: &mut Table, from: usize) {
    for (position, key) in table.foreign_keys.clone().iter().enumerate().skip(from) {
        if key.parent == table.id {
            table.referenced_by.push((table.id, position));
        } else if let Some(parent) = db.catalog.table(key.parent) {
            let mut parent = Table::clone(parent);
            parent.referenced_by.push((table.id, position));
            db.catalog.replace_table(parent);
        }
    }
}

/// Type, default and nullability of a column. `serial` types bring their sequence along.
pub(super) fn column(db: &mut Database, table: &str, definition: &ColumnDef) -> Fallible<Column> {
    let name = name_of(&definition.name);
    let (ty, serial) = column_type(&definition.data_type)?;
    let mut column = Column {
        name: name.as_str().into(),
        ty,
        not_null: serial,
        default: None,
        generated_always: false,
        owned_sequence: None,
    };
    let mut sequence_options: Option<&[SequenceOptions]> = serial.then_some(&[]);
    for option in &definition.options {
        match &option.option {
            ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => column.not_null = true,
            ColumnOption::Null
            | ColumnOption::Unique(_)
            | ColumnOption::ForeignKey(_)
            | ColumnOption::Check(_)
            | ColumnOption::Comment(_) => {}
            ColumnOption::Default(expr) => column.default = Some(default(db, expr, ty, &name)?),
            ColumnOption::Generated { generated_as, sequence_options: options, generation_expr: None, .. } => {
                column.generated_always = *generated_as == GeneratedAs::Always;
                column.not_null = true;
                sequence_options = Some(options.as_deref().unwrap_or(&[]));
            }
            other => return Err(unsupported(format_args!("the column option {other}"))),
        }
    }
    if let Some(options) = sequence_options {
        let taken = |name: &str| db.catalog.has_relation(name);
        let sequence = free_name(&taken, &format!("{table}_{name}_seq"));
        column.owned_sequence = Some(sequence::create(db, &sequence, false, options)?);
    }
    Ok(column)
}

fn column_type(data_type: &DataType) -> Fallible<(Type, bool)> {
    if let DataType::Custom(name, modifiers) = data_type
        && modifiers.is_empty()
    {
        match unqualified_name(name)?.as_str() {
            "bigserial" | "serial8" => return Ok((Type::Int8, true)),
            "serial" | "serial4" => return Ok((Type::Int4, true)),
            _ => {}
        }
    }
    Ok((types::from_ast(data_type)?, false))
}

/// A default sees no columns.
fn default(db: &Database, expr: &ast::Expr, ty: Type, column: &str) -> Fallible<crate::plan::Expr> {
    let mut binder = Binder::new(&db.catalog);
    let typed = binder.expr(expr)?;
    crate::bind::for_default(typed, ty, column)
}

fn column_keys(db: &Database, table: &mut Table, definition: &ColumnDef) -> Fallible<()> {
    let position = table.column(&name_of(&definition.name)).expect("added a moment ago");
    let key = vec![IndexColumn { position, descending: false }];
    for option in &definition.options {
        let (name, characteristics, primary) = match &option.option {
            ColumnOption::PrimaryKey(key) => (&key.name, &key.characteristics, true),
            ColumnOption::Unique(key) => (&key.name, &key.characteristics, false),
            _ => continue,
        };
        require_immediate(characteristics.as_ref())?;
        let name = option.name.as_ref().or(name.as_ref());
        push_index(table, constraint_index(&db.catalog, table, name, key.clone(), primary))?;
    }
    Ok(())
}

fn push_index(table: &mut Table, index: Index) -> Fallible<()> {
    if index.primary && table.primary_key().is_some() {
        return Err(PgError::new(
            "42P16",
            format!("multiple primary keys for table \"{}\" are not allowed", table.name),
        ));
    }
    if index.primary {
        for column in &index.columns {
            table.columns[column.position].not_null = true;
        }
    }
    table.indexes.push(index);
    Ok(())
}

/// PRIMARY KEY and UNIQUE of a table.
pub(super) fn add_key(db: &Database, table: &mut Table, constraint: &TableConstraint) -> Fallible<()> {
    let (name, columns, characteristics, primary) = match constraint {
        TableConstraint::PrimaryKey(key) => (&key.name, &key.columns, &key.characteristics, true),
        TableConstraint::Unique(key) => (&key.name, &key.columns, &key.characteristics, false),
        TableConstraint::ForeignKey(_) | TableConstraint::Check(_) => return Ok(()),
        other => return Err(unsupported(format_args!("the constraint {other}"))),
    };
    require_immediate(characteristics.as_ref())?;
    let columns = index_columns(table, columns)?;
    push_index(table, constraint_index(&db.catalog, table, name.as_ref(), columns, primary))
}

fn column_constraints(db: &Database, table: &mut Table, definition: &ColumnDef) -> Fallible<()> {
    let column = name_of(&definition.name);
    let position = table.column(&column).expect("added a moment ago");
    for option in &definition.options {
        match &option.option {
            ColumnOption::Check(given) => {
                let mut given = given.clone();
                given.name = option.name.clone().or(given.name);
                let check = check(&db.catalog, table, &given, Some(&column))?;
                table.checks.push(check);
            }
            ColumnOption::ForeignKey(given) => {
                let mut given = given.clone();
                given.name = option.name.clone().or(given.name);
                let key = foreign_key(&db.catalog, table, vec![position], &given)?;
                table.foreign_keys.push(key);
            }
            _ => {}
        }
    }
    Ok(())
}

/// CHECK and FOREIGN KEY of a table.
pub(super) fn add_condition(db: &Database, table: &mut Table, constraint: &TableConstraint) -> Fallible<()> {
    match constraint {
        TableConstraint::Check(given) => {
            let check = check(&db.catalog, table, given, None)?;
            table.checks.push(check);
        }
        TableConstraint::ForeignKey(given) => {
            let columns = column_positions(table, &given.columns)?;
            let key = foreign_key(&db.catalog, table, columns, given)?;
            table.foreign_keys.push(key);
        }
        _ => {}
    }
    Ok(())
}
