//! Changing the schema. A change takes effect at once and is undone with its transaction; while it is open no other
//! transaction runs (see `exec::wait`), so nobody ever sees half of it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

mod alter_table;
mod constraint;
mod create_index;
mod create_table;
mod sequence;

use sqlparser::ast::{ObjectType, Statement, TruncateIdentityOption};

use crate::bind::unqualified_name;
use crate::catalog::Table;
use crate::database::Database;
use crate::error::{Fallible, PgError, no_relation, unsupported};
use crate::exec::Run;
use crate::reply::Reply;
use crate::session::SessionId;
use crate::storage::TableStore;
use crate::transaction::LogEntry;

/// Runs a statement that changes the schema.
pub(crate) fn run(run: &mut Run, statement: &Statement) -> Fallible<Reply> {
    let session = run.session;
    let db = &mut *run.db;
    let before = Box::new(db.catalog.clone());
    db.log(session, LogEntry::Catalog(before));
    let command = match statement {
        Statement::CreateTable(create) => create_table::run(db, create)?,
        Statement::CreateIndex(create) => create_index::run(db, create)?,
        Statement::CreateSequence { name, if_not_exists, sequence_options, .. } => {
            sequence::create(db, &unqualified_name(name)?, *if_not_exists, sequence_options)?;
            "CREATE SEQUENCE"
        }
        Statement::AlterTable(alter) => alter_table::run(db, alter)?,
        Statement::Drop { object_type, if_exists, names, cascade, .. } => {
            for name in names {
                drop_one(db, *object_type, &unqualified_name(name)?, *if_exists, *cascade)?;
            }
            "DROP"
        }
        Statement::Truncate(truncate) => {
            let mut tables = Vec::new();
            for target in &truncate.table_names {
                tables.push(unqualified_name(&target.name)?);
            }
            let restart = truncate.identity == Some(TruncateIdentityOption::Restart);
            let cascade = truncate.cascade == Some(sqlparser::ast::CascadeOption::Cascade);
            truncate_tables(db, session, tables, restart, cascade)?;
            "TRUNCATE TABLE"
        }
        Statement::CreateSchema { if_not_exists: true, .. } => "CREATE SCHEMA",
        Statement::CreateExtension(_) => "CREATE EXTENSION",
        other => return Err(unsupported(first_words(&other.to_string()))),
    };
    db.catalog_version += 1;
    Ok(Reply::command(command))
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

fn drop_one(db: &mut Database, kind: ObjectType, name: &str, if_exists: bool, cascade: bool) -> Fallible<()> {
    match kind {
        ObjectType::Table => {
            let Some(table) = db.catalog.find_table(name).cloned() else {
                return if if_exists {
                    Ok(())
                } else {
                    Err(PgError::new("42P01", format!("table \"{name}\" does not exist")))
                };
            };
            drop_table(db, &table, cascade)
        }
        ObjectType::Index => {
            let Some((table, position)) = db.catalog.find_index(name) else {
                return if if_exists {
                    Ok(())
                } else {
                    Err(PgError::new("42704", format!("index \"{name}\" does not exist")))
                };
            };
            let mut table = Table::clone(table);
            if table.indexes[position].constraint {
                return Err(PgError::new(
                    "2BP01",
                    format!("cannot drop index {name} because a constraint requires it"),
                ));
            }
            table.indexes[position].live = false;
            db.catalog.replace_table(table);
            Ok(())
        }
        ObjectType::Sequence => {
            if db.catalog.drop_sequence(name) || if_exists {
                Ok(())
            } else {
                Err(no_relation(name))
            }
        }
        other => Err(unsupported(format_args!("DROP {other}"))),
    }
}

fn drop_table(db: &mut Database, table: &Table, cascade: bool) -> Fallible<()> {
    let mut children: Vec<_> =
        table.referenced_by.iter().map(|(child, _)| *child).filter(|id| *id != table.id).collect();
    children.sort();
    children.dedup();
    if !children.is_empty() && !cascade {
        let message = format!("cannot drop table {} because other objects depend on it", table.name);
        return Err(PgError::new("2BP01", message));
    }
    for child in children {
        if let Some(child) = db.catalog.table(child) {
            let mut child = Table::clone(child);
            child.foreign_keys.retain(|key| key.parent != table.id);
            let left = child.foreign_keys.clone();
            let id = child.id;
            db.catalog.replace_table(child);
            renumber(db, id, &left);
        }
    }
    for key in &table.foreign_keys {
        if let Some(parent) = db.catalog.table(key.parent) {
            let mut parent = Table::clone(parent);
            parent.referenced_by.retain(|(child, _)| *child != table.id);
            db.catalog.replace_table(parent);
        }
    }
    for column in &table.columns {
        if let Some(sequence) = column.owned_sequence {
            let name = db.sequences[sequence].name.clone();
            db.catalog.drop_sequence(&name);
        }
    }
    db.catalog.drop_table(table.id);
    Ok(())
}

/// Foreign keys are known to their parents by position: after some are gone, the rest is noted anew.
fn renumber(db: &mut Database, child: crate::storage::TableId, keys: &[crate::catalog::ForeignKey]) {
    let parents: Vec<_> = db.catalog.tables().map(|table| table.id).collect();
    for id in parents {
        let Some(parent) = db.catalog.table(id) else { continue };
        let mut parent = Table::clone(parent);
        parent.referenced_by.retain(|(referring, _)| *referring != child);
        let refer = keys.iter().enumerate().filter(|(_, key)| key.parent == id).map(|(position, _)| (child, position));
        parent.referenced_by.extend(refer);
        db.catalog.replace_table(parent);
    }
}

fn truncate_tables(
    db: &mut Database,
    session: SessionId,
    names: Vec<String>,
    restart: bool,
    cascade: bool,
) -> Fallible<()> {
    let mut tables = Vec::new();
    for name in names {
        tables.push(db.catalog.table_named(&name)?.clone());
    }
    let mut at = 0;
    while at < tables.len() {
        for (child, _) in tables[at].referenced_by.clone() {
            if tables.iter().any(|table| table.id == child) {
                continue;
            }
            let child = db.catalog.table(child).cloned().expect("a foreign key belongs to a table");
            if !cascade {
                let message = "cannot truncate a table referenced in a foreign key constraint";
                return Err(PgError::new("0A000", format!("{message}: \"{}\"", child.name)));
            }
            tables.push(child);
        }
        at += 1;
    }
    for table in tables {
        let empty = TableStore::new(&table);
        let rows = std::mem::replace(&mut db.stores[table.id.index()], empty);
        db.log(session, LogEntry::Truncate { table: table.id, rows: Box::new(rows) });
        for sequence in table.columns.iter().filter_map(|column| column.owned_sequence).filter(|_| restart) {
            db.sequences[sequence].restart();
        }
    }
    Ok(())
}
