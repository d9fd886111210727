//! FROM: relations and joins.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{
    self, FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor,
    TableWithJoins,
};

use super::operator::{coerce, compare};
use super::{Binder, Relation, name_of, unqualified_name};
use crate::error::{Fallible, PgError, no_column, unsupported};
use crate::plan::{Comparison, Expr, JoinKind, Source};
use crate::types::Type;

/// Names and types of a relation's columns.
type Columns = Vec<(Arc<str>, Type)>;

/// A relation of a FROM clause before access paths are chosen.
pub(super) struct FromItem {
    pub(super) slot: usize,
    pub(super) source: Source,
    pub(super) kind: JoinKind,
    /// ON conditions of a left join.
    pub(super) on: Vec<Expr>,
}

/// A FROM clause.
#[derive(Default)]
pub(super) struct From {
    pub(super) items: Vec<FromItem>,
    /// ON conditions of inner joins.
    pub(super) conditions: Vec<Expr>,
}

impl Binder<'_> {
    pub(super) fn from(&mut self, tables: &[TableWithJoins], from: &mut From) -> Fallible<()> {
        for table in tables {
            self.factor(&table.relation, JoinKind::Inner, from)?;
            for join in &table.joins {
                if join.global {
                    return Err(unsupported("GLOBAL JOIN"));
                }
                self.join(&join.relation, &join.join_operator, from)?;
            }
        }
        Ok(())
    }

    fn join(&mut self, relation: &TableFactor, operator: &JoinOperator, from: &mut From) -> Fallible<()> {
        let (kind, constraint) = match operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (JoinKind::Inner, constraint),
            JoinOperator::CrossJoin(constraint) => (JoinKind::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (JoinKind::Left, constraint),
            other => return Err(unsupported(format_args!("this join: {other:?}"))),
        };
        if let TableFactor::NestedJoin { .. } = relation {
            return Err(unsupported("parenthesised joins"));
        }
        self.factor(relation, kind, from)?;
        let conditions = match constraint {
            JoinConstraint::On(condition) => vec![self.condition(condition, "JOIN/ON")?],
            JoinConstraint::Using(columns) => self.using(columns)?,
            JoinConstraint::None => Vec::new(),
            other => return Err(unsupported(format_args!("this join condition: {other:?}"))),
        };
        let item = from.items.last_mut().expect("the relation was added above");
        for condition in conditions {
            let target = if kind == JoinKind::Left { &mut item.on } else { &mut from.conditions };
            crate::plan::conjuncts(condition, target);
        }
        Ok(())
    }

    /// `USING (a, b)`: equal columns, of which only the left one is found by its bare name.
    fn using(&mut self, columns: &[ObjectName]) -> Fallible<Vec<Expr>> {
        columns
            .iter()
            .map(|column| {
                let name = unqualified_name(column)?;
                let right = self.level().relations.pop().expect("a join has a right side");
                let left = self.column(None, &name);
                self.level().relations.push(right);
                let right = self.level().relations.last_mut().expect("pushed a line ago");
                let position = right.columns.iter().position(|(column, _)| **column == *name);
                let position = position.ok_or_else(|| no_column(&name))?;
                right.hidden.push(position);
                let right = (Expr::Column { slot: right.slot, column: position }, right.columns[position].1);
                compare(Comparison::Equal, left?, right)
            })
            .collect()
    }

    fn factor(&mut self, factor: &TableFactor, kind: JoinKind, from: &mut From) -> Fallible<()> {
        let (source, name, mut columns, alias, table) = match factor {
            TableFactor::Table {
                name, alias, args: None, with_ordinality: false, sample: None, version: None, ..
            } => {
                let name = unqualified_name(name)?;
                let (source, columns) = self.named_relation(&name)?;
                let table = source.table().cloned();
                (source, name, columns, alias, table)
            }
            TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
                let (source, name, columns) = self.table_function(name, &args.args, *with_ordinality)?;
                (source, name, columns, alias, None)
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                let (source, name, columns) = self.table_function(name, args, *with_ordinality)?;
                (source, name, columns, alias, None)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset: false, with_ordinality, .. } => {
                let (source, columns) = self.unnest(&array_exprs.iter().collect::<Vec<_>>(), *with_ordinality)?;
                (source, "unnest".to_owned(), columns, alias, None)
            }
            TableFactor::Derived { lateral, subquery, alias, sample: None } => {
                let (source, columns) = self.derived(subquery, *lateral)?;
                (source, "unnamed_subquery".to_owned(), columns, alias, None)
            }
            other => return Err(unsupported(format_args!("FROM {other}"))),
        };
        let is_function = matches!(source, Source::Unnest { .. } | Source::Series { .. } | Source::JsonElements { .. });
        let alias_name = apply_alias(alias.as_ref(), &mut columns, is_function)?;
        let alias = alias_name.unwrap_or(name);
        let slot = self.level().relations.len();
        if self.level().relations.iter().any(|relation| relation.alias == alias) {
            return Err(PgError::new("42712", format!("table name \"{alias}\" specified more than once")));
        }
        self.level().relations.push(Relation { alias, slot, columns, table, hidden: Vec::new() });
        from.items.push(FromItem { slot, source, kind, on: Vec::new() });
        Ok(())
    }

    fn named_relation(&mut self, name: &str) -> Fallible<(Source, Columns)> {
        if let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == name).cloned() {
            self.cte_read[cte.id] = true;
            return Ok((Source::Cte { id: cte.id, width: cte.columns.len() }, cte.columns));
        }
        let table = self.catalog.table_named(name)?;
        let columns = table.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
        Ok((Source::Table(table.clone()), columns))
    }

    fn derived(&mut self, query: &ast::Query, lateral: bool) -> Fallible<(Source, Columns)> {
        let was_closed = std::mem::replace(&mut self.level().closed, !lateral);
        let bound = self.nested_query(query);
        self.level().closed = was_closed;
        let (plan, _) = bound?;
        let columns: Columns = plan.names.iter().cloned().zip(plan.types.iter().copied()).collect();
        if !crate::exec::may_wait(&plan) {
            return Ok((Source::Query { plan: Box::new(plan), lateral }, columns));
        }
        // A subquery that locks runs before the rest, like a WITH query of its own.
        if lateral || self.levels.len() > 1 {
            return Err(unsupported("row locks in a nested or lateral subquery"));
        }
        let id = self.cte_read.len();
        self.cte_read.push(true);
        let width = columns.len();
        self.locking_derived.push((id, plan));
        Ok((Source::Cte { id, width }, columns))
    }

    fn table_function(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        ordinality: bool,
    ) -> Fallible<(Source, String, Columns)> {
        let name = unqualified_name(name)?;
        let args: Fallible<Vec<&ast::Expr>> = args
            .iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                other => Err(unsupported(format_args!("the argument {other}"))),
            })
            .collect();
        let args = args?;
        let (source, ty) = match (name.as_str(), args.as_slice()) {
            ("unnest", _) => {
                let (source, columns) = self.unnest(&args, ordinality)?;
                return Ok((source, name, columns));
            }
            ("generate_series", [from, to, step @ ..]) if step.len() < 2 => {
                let (from, ty) = self.expr(from)?;
                let to = coerce(self.expr(to)?, Type::Int8)?;
                let step = step.first().map(|step| self.expr(step)).transpose()?.map(|(step, _)| step);
                let from = coerce((from, ty), Type::Int8)?;
                (Source::Series { from, to, step, ordinality }, if ty.is_integer() { ty } else { Type::Int8 })
            }
            ("jsonb_array_elements" | "jsonb_array_elements_text", [json]) => {
                let json = coerce(self.expr(json)?, Type::Jsonb)?;
                let as_text = name.ends_with("_text");
                (Source::JsonElements { json, as_text, ordinality }, if as_text { Type::Text } else { Type::Jsonb })
            }
            _ => return Err(unsupported(format_args!("table function {name}"))),
        };
        let column: Arc<str> = if name.starts_with("jsonb") { "value".into() } else { name.as_str().into() };
        let mut columns = vec![(column, ty)];
        columns.extend(ordinality.then(|| ("ordinality".into(), Type::Int8)));
        Ok((source, name, columns))
    }

    fn unnest(&mut self, args: &[&ast::Expr], ordinality: bool) -> Fallible<(Source, Columns)> {
        let mut columns: Columns = Vec::new();
        let mut arrays = Vec::new();
        for arg in args {
            let (array, ty) = self.expr(arg)?;
            columns.push(("unnest".into(), ty.element()));
            arrays.push(array);
        }
        columns.extend(ordinality.then(|| ("ordinality".into(), Type::Int8)));
        Ok((Source::Unnest { arrays, ordinality }, columns))
    }
}

/// Renames columns after an alias, and returns its name. A function of one column lends it the alias.
fn apply_alias(
    alias: Option<&TableAlias>,
    columns: &mut [(Arc<str>, Type)],
    is_function: bool,
) -> Fallible<Option<String>> {
    let Some(alias) = alias else { return Ok(None) };
    let name = name_of(&alias.name);
    if alias.columns.len() > columns.len() {
        return Err(PgError::new("42P10", format!("table \"{name}\" has fewer columns than the alias names")));
    }
    if is_function && alias.columns.is_empty() && columns.first().is_some_and(|(column, _)| &**column != "value") {
        columns[0].0 = name.as_str().into();
    }
    for (column, alias) in columns.iter_mut().zip(&alias.columns) {
        column.0 = name_of(&alias.name).into();
    }
    Ok(Some(name))
}
