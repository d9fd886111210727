//! CREATE INDEX.

use std::collections::BTreeSet;

use sqlparser::ast::{self, IndexType};

use super::constraint::{free_name, index_columns, row_condition};
use crate::bind::{name_of, unqualified_name};
use crate::catalog::{Index, Table};
use crate::database::Database;
use crate::error::{Fallible, PgError, unsupported};
use crate::eval::schema_predicate;
use crate::plan::Expr;
use crate::storage::{Key, index_key};

/// Creates an index; its command tag.
pub(super) fn run(db: &mut Database, create: &ast::CreateIndex) -> Fallible<&'static str> {
    if create.nulls_distinct == Some(false) || !matches!(create.using, None | Some(IndexType::BTree)) {
        return Err(unsupported("index methods other than btree, and NULLS NOT DISTINCT"));
    }
    let mut table = Table::clone(db.catalog.table_named(&unqualified_name(&create.table_name)?)?);
    let columns = index_columns(&table, &create.columns)?;
    let name = match &create.name {
        Some(name) => unqualified_name(name)?,
        None => {
            let parts: Vec<String> = columns.iter().map(|c| table.columns[c.position].name.to_string()).collect();
            let taken = |name: &str| db.catalog.has_relation(name);
            free_name(&taken, &format!("{}_{}_idx", table.name, parts.join("_"))).to_string()
        }
    };
    if create.if_not_exists && db.catalog.has_relation(&name) {
        return Ok("CREATE INDEX");
    }
    db.catalog.require_free(&name)?;
    // INCLUDE columns play no part here: rows are always at hand.
    for column in &create.include {
        let column = name_of(column);
        table.column(&column).ok_or_else(|| crate::error::no_column(&column))?;
    }
    let predicate = create.predicate.as_ref().map(|p| row_condition(&db.catalog, &table, p, "WHERE")).transpose()?;
    let mut used_columns: Vec<usize> = columns.iter().map(|column| column.position).collect();
    if let Some(predicate) = &predicate {
        predicate.walk(&mut |expr| {
            if let Expr::Column { column, .. } = expr
                && !used_columns.contains(column)
            {
                used_columns.push(*column);
            }
        });
    }
    table.indexes.push(Index {
        name: name.into(),
        columns,
        unique: create.unique,
        primary: false,
        constraint: false,
        predicate,
        used_columns,
        live: true,
    });
    build(db, &table)?;
    db.catalog.replace_table(table);
    Ok("CREATE INDEX")
}

/// Fills the table's last index; 23505 when its rows are not unique.
pub(super) fn build(db: &mut Database, table: &Table) -> Fallible<()> {
    let position = table.indexes.len() - 1;
    let index = &table.indexes[position];
    if index.unique {
        let mut seen: BTreeSet<Key> = BTreeSet::new();
        for (_, chain) in db.store(table).heap.iter() {
            let version = &chain.newest;
            let counts = version.end.is_never()
                && !index.columns.iter().any(|column| version.row[column.position].is_null())
                && schema_predicate(index.predicate.as_ref(), &version.row)?;
            if counts && !seen.insert(index_key(index, &version.row)) {
                let message = format!("could not create unique index \"{}\"", index.name);
                return Err(PgError::of_constraint("23505", message, &table.name, &index.name));
            }
        }
    }
    db.stores[table.id.index()].fill_index(table, position)
}
