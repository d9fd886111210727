//! Constraints of a table: names as Postgres chooses them, and their expressions bound to the table's columns.

use std::sync::Arc;

use sqlparser::ast::{
    self, CheckConstraint, ConstraintCharacteristics, ForeignKeyConstraint, Ident, IndexColumn as AstColumn,
    OrderBySort, ReferentialAction,
};

use crate::bind::{Binder, Relation, name_of, unqualified_name};
use crate::catalog::{Catalog, Check, ForeignKey, Index, IndexColumn, OnDelete, Table};
use crate::error::{Fallible, PgError, no_column, unsupported};
use crate::plan::Expr;

/// Refuses what only deferrable constraints do.
pub(super) fn require_immediate(characteristics: Option<&ConstraintCharacteristics>) -> Fallible<()> {
    match characteristics {
        Some(given) if given.deferrable == Some(true) || given.enforced == Some(false) => {
            Err(unsupported("DEFERRABLE and NOT ENFORCED constraints"))
        }
        _ => Ok(()),
    }
}

/// Binds a condition over one row of the table.
pub(super) fn row_condition(catalog: &Catalog, table: &Table, expr: &ast::Expr, clause: &str) -> Fallible<Expr> {
    let mut binder = Binder::new(catalog);
    let columns = table.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
    let relation = Relation { alias: table.name.to_string(), slot: 0, columns, table: None, hidden: Vec::new() };
    binder.push_relation(relation);
    let bound = binder.condition(expr, clause)?;
    let mut has_subquery = false;
    bound.walk(&mut |expr| has_subquery |= matches!(expr, Expr::Subquery { .. } | Expr::Param(_)));
    if has_subquery { Err(unsupported(format_args!("a subquery or parameter in {clause}"))) } else { Ok(bound) }
}

/// A name nobody uses yet: `base`, `base1`, `base2`, …
pub(super) fn free_name(taken: &dyn Fn(&str) -> bool, base: &str) -> Arc<str> {
    if !taken(base) {
        return base.into();
    }
    (1..).map(|n| format!("{base}{n}")).find(|name| !taken(name)).expect("some number is free").into()
}

/// Index columns given as `(a, b DESC)`.
pub(super) fn index_columns(table: &Table, columns: &[AstColumn]) -> Fallible<Vec<IndexColumn>> {
    columns
        .iter()
        .map(|column| {
            let ast::Expr::Identifier(name) = &column.column.expr else {
                return Err(unsupported(format_args!("an index over the expression {}", column.column.expr)));
            };
            let options = &column.column.options;
            let descending = options.sort == Some(OrderBySort::Desc);
            if options.nulls_first.is_some_and(|first| first != descending) || column.operator_class.is_some() {
                return Err(unsupported("NULLS FIRST/LAST and operator classes in an index"));
            }
            let name = name_of(name);
            let position = table.column(&name).ok_or_else(|| no_column(&name))?;
            Ok(IndexColumn { position, descending })
        })
        .collect()
}

/// Positions of columns given by name.
pub(super) fn column_positions(table: &Table, names: &[Ident]) -> Fallible<Vec<usize>> {
    names
        .iter()
        .map(|name| {
            let name = name_of(name);
            table.column(&name).ok_or_else(|| no_column(&name))
        })
        .collect()
}

/// The index behind PRIMARY KEY or UNIQUE.
pub(super) fn constraint_index(
    catalog: &Catalog,
    table: &Table,
    name: Option<&Ident>,
    columns: Vec<IndexColumn>,
    primary: bool,
) -> Index {
    let names: Vec<&str> = columns.iter().map(|column| &*table.columns[column.position].name).collect();
    let base = if primary { format!("{}_pkey", table.name) } else { format!("{}_{}_key", table.name, names.join("_")) };
    let taken = |name: &str| catalog.has_relation(name) || table.indexes.iter().any(|index| *index.name == *name);
    let name = name.map_or_else(|| free_name(&taken, &base), |name| name_of(name).into());
    let used_columns = columns.iter().map(|column| column.position).collect();
    Index { name, columns, unique: true, primary, constraint: true, predicate: None, used_columns, live: true }
}

/// CHECK
pub(super) fn check(
    catalog: &Catalog,
    table: &Table,
    check: &CheckConstraint,
    column: Option<&str>,
) -> Fallible<Check> {
    if check.enforced == Some(false) {
        return Err(unsupported("NOT ENFORCED"));
    }
    let expr = row_condition(catalog, table, &check.expr, "CHECK")?;
    let mut columns = Vec::new();
    expr.walk(&mut |expr| {
        if let Expr::Column { column, .. } = expr
            && !columns.contains(column)
        {
            columns.push(*column);
        }
    });
    let about = match (column, columns.as_slice()) {
        (Some(column), _) => Some(column.to_owned()),
        (None, [only]) => Some(table.columns[*only].name.to_string()),
        (None, _) => None,
    };
    let base = about.map_or_else(|| format!("{}_check", table.name), |column| format!("{}_{column}_check", table.name));
    let taken = |name: &str| table.checks.iter().any(|check| *check.name == *name);
    let name = check.name.as_ref().map_or_else(|| free_name(&taken, &base), |name| name_of(name).into());
    Ok(Check { name, expr })
}

/// REFERENCES, for the columns given.
pub(super) fn foreign_key(
    catalog: &Catalog,
    table: &Table,
    columns: Vec<usize>,
    key: &ForeignKeyConstraint,
) -> Fallible<ForeignKey> {
    require_immediate(key.characteristics.as_ref())?;
    if key.match_kind.is_some()
        || !matches!(key.on_update, None | Some(ReferentialAction::NoAction | ReferentialAction::Restrict))
    {
        return Err(unsupported("MATCH and ON UPDATE in a foreign key"));
    }
    let on_delete = match key.on_delete {
        None | Some(ReferentialAction::NoAction | ReferentialAction::Restrict) => OnDelete::Refuse,
        Some(ReferentialAction::Cascade) => OnDelete::Cascade,
        Some(ReferentialAction::SetNull) => OnDelete::SetNull,
        Some(ReferentialAction::SetDefault) => return Err(unsupported("ON DELETE SET DEFAULT")),
    };
    let parent_name = unqualified_name(&key.foreign_table)?;
    let parent = if *parent_name == *table.name { table } else { catalog.table_named(&parent_name)? };
    let parent_columns = if key.referred_columns.is_empty() {
        let primary = parent.primary_key().ok_or_else(|| {
            PgError::new("42704", format!("there is no primary key for referenced table \"{parent_name}\""))
        })?;
        primary.columns.iter().map(|column| column.position).collect()
    } else {
        column_positions(parent, &key.referred_columns)?
    };
    let parent_index = parent.indexes.iter().position(|index| {
        index.live
            && index.unique
            && index.predicate.is_none()
            && index.columns.len() == parent_columns.len()
            && index.columns.iter().all(|column| parent_columns.contains(&column.position))
    });
    let parent_index = parent_index.filter(|_| columns.len() == parent_columns.len()).ok_or_else(|| {
        let message =
            format!("there is no unique constraint matching given keys for referenced table \"{parent_name}\"");
        PgError::new("42830", message)
    })?;
    let names: Vec<&str> = columns.iter().map(|column| &*table.columns[*column].name).collect();
    let base = format!("{}_{}_fkey", table.name, names.join("_"));
    let taken = |name: &str| table.foreign_keys.iter().any(|key| *key.name == *name);
    let name = key.name.as_ref().map_or_else(|| free_name(&taken, &base), |name| name_of(name).into());
    Ok(ForeignKey { name, columns, parent: parent.id, parent_index, parent_columns, on_delete })
}
