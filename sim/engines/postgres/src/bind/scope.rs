//! Names in scope: relations per query level, WITH queries, and how an identifier is resolved.

use std::sync::Arc;

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use crate::catalog::{Catalog, Table};
use crate::error::{Fallible, PgError, no_column, unsupported};
use crate::plan::{Aggregate, Expr, QueryPlan, SubPlan, Window};
use crate::types::Type;

/// An expression with its type.
pub(crate) type Typed = (Expr, Type);

/// A relation a query can name.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) alias: String,
    pub(crate) slot: usize,
    pub(crate) columns: Vec<(Arc<str>, Type)>,
    pub(crate) table: Option<Arc<Table>>,
    /// Columns merged away by USING: found only when qualified.
    pub(crate) hidden: Vec<usize>,
}

/// One query.
#[derive(Debug, Default)]
pub(crate) struct Level {
    pub(crate) relations: Vec<Relation>,
    /// Relations of this level are out of reach: a derived table is being bound that is not LATERAL.
    pub(crate) closed: bool,
    /// Something inside refers to a level further out than this one.
    pub(crate) correlated: bool,
    /// Number of grouping keys, once aggregates may be used.
    pub(crate) grouping_keys: Option<usize>,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) windows: Vec<Window>,
    pub(crate) allows_windows: bool,
    /// Inside an aggregate's arguments, where another aggregate is an error.
    pub(crate) in_aggregate: bool,
}

/// A WITH query in scope.
#[derive(Clone, Debug)]
pub(crate) struct CteScope {
    pub(crate) name: String,
    pub(crate) id: usize,
    pub(crate) columns: Vec<(Arc<str>, Type)>,
}

/// Binds one statement.
pub(crate) struct Binder<'c> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) levels: Vec<Level>,
    pub(crate) ctes: Vec<CteScope>,
    /// By id: whether anything reads it.
    pub(crate) cte_read: Vec<bool>,
    pub(crate) subqueries: usize,
    /// Locking subqueries found so far in the statement or WITH member being bound.
    pub(crate) locking: Vec<Arc<SubPlan>>,
    /// Locking subqueries of the FROM clause being bound, which run like WITH queries.
    pub(crate) locking_derived: Vec<(usize, QueryPlan)>,
}

/// Identifiers fold to lower case unless quoted.
pub(crate) fn name_of(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The last part of a name; a schema other than `public` is refused.
pub(crate) fn unqualified_name(name: &ObjectName) -> Fallible<String> {
    let parts: Option<Vec<String>> = name
        .0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(name_of(ident)),
            ObjectNamePart::Function(_) => None,
        })
        .collect();
    match parts.as_deref() {
        Some([name]) => Ok(name.clone()),
        Some([schema, name]) if schema == "public" || schema == "pg_catalog" => Ok(name.clone()),
        _ => Err(unsupported(format_args!("the name {name}"))),
    }
}

impl<'c> Binder<'c> {
    pub(crate) fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            levels: Vec::new(),
            ctes: Vec::new(),
            cte_read: Vec::new(),
            subqueries: 0,
            locking: Vec::new(),
            locking_derived: Vec::new(),
        }
    }

    /// Opens a level whose only relation is the one given.
    pub(crate) fn push_relation(&mut self, relation: Relation) {
        self.levels.push(Level { relations: vec![relation], ..Level::default() });
    }

    pub(crate) fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("a query is being bound")
    }

    /// Finds `[relation.]column`, from the innermost query outwards.
    pub(crate) fn column(&mut self, qualifier: Option<&str>, name: &str) -> Fallible<Typed> {
        let depth = self.levels.len();
        for up in 0..depth {
            let at = depth - 1 - up;
            if self.levels[at].closed {
                continue;
            }
            let Some((slot, column, ty)) = self.levels[at].find(qualifier, name)? else { continue };
            if up == 0 {
                return Ok((Expr::Column { slot, column }, ty));
            }
            for level in &mut self.levels[at + 1..] {
                level.correlated = true;
            }
            return Ok((Expr::Outer { up, slot, column }, ty));
        }
        // The alias of a function that returns one plain column stands for that column.
        let whole = self.levels.last().and_then(|level| level.relations.iter().find(|relation| relation.alias == name));
        if let (None, Some(relation)) = (qualifier, whole)
            && let ([(_, ty)], None) = (relation.columns.as_slice(), &relation.table)
        {
            return Ok((Expr::Column { slot: relation.slot, column: 0 }, *ty));
        }
        match qualifier {
            Some(relation) if !self.knows_relation(relation) => {
                Err(PgError::new("42P01", format!("missing FROM-clause entry for table \"{relation}\"")))
            }
            Some(relation) => Err(no_column(&format!("{relation}.{name}"))),
            None => Err(no_column(name)),
        }
    }

    fn knows_relation(&self, alias: &str) -> bool {
        self.levels.iter().flat_map(|level| &level.relations).any(|relation| relation.alias == alias)
    }
}

impl Level {
    fn find(&self, qualifier: Option<&str>, name: &str) -> Fallible<Option<(usize, usize, Type)>> {
        let mut found = None;
        for relation in &self.relations {
            if qualifier.is_some_and(|qualifier| qualifier != relation.alias) {
                continue;
            }
            for (column, (candidate, ty)) in relation.columns.iter().enumerate() {
                if &**candidate != name || qualifier.is_none() && relation.hidden.contains(&column) {
                    continue;
                }
                if found.is_some() {
                    return Err(PgError::new("42702", format!("column reference \"{name}\" is ambiguous")));
                }
                found = Some((relation.slot, column, *ty));
            }
        }
        Ok(found)
    }
}
