//! Binding one SELECT.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{
    self, Distinct, GroupByExpr, LockClause, LockType, NonBlock, OrderByExpr, OrderBySort, SelectItem,
    SelectItemQualifiedWildcardKind,
};

use super::access::{Joins, plan_joins, presort, vouch};
use super::aggregate::WINDOW_BASE;
use super::from::From;
use super::output_name::output_name;
use super::query::OrderAndLimit;
use super::{Binder, name_of, unqualified_name};
use crate::error::{Fallible, PgError, unsupported};
use crate::locks::LockMode;
use crate::plan::{AdvisoryLock, DistinctPlan, Expr, Function, Grouping, LockPlan, SelectPlan, SortKey, WaitPolicy};
use crate::types::Type;

/// Output columns: expression, name, type.
pub(super) struct Output {
    pub(super) exprs: Vec<Expr>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) types: Vec<Type>,
}

/// Direction and place of NULLs of a sort key.
pub(super) fn sort_key(expr: Expr, key: &OrderByExpr) -> Fallible<SortKey> {
    let descending = match &key.options.sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY USING")),
    };
    if key.with_fill.is_some() {
        return Err(unsupported("WITH FILL"));
    }
    Ok(SortKey { expr, descending, nulls_first: key.options.nulls_first.unwrap_or(descending) })
}

fn refuse_foreign_clauses(select: &ast::Select) -> Fallible<()> {
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || select.into.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.named_window.is_empty()
        || select.qualify.is_some()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty();
    if foreign { Err(unsupported(format_args!("a clause of {select}"))) } else { Ok(()) }
}

impl Binder<'_> {
    /// Binds a SELECT with the ORDER BY, LIMIT and lock clauses of the query around it, in a level of its own that the
    /// caller has pushed.
    pub(super) fn select(
        &mut self,
        select: &ast::Select,
        tail: &OrderAndLimit<'_>,
        locks: &[LockClause],
    ) -> Fallible<(SelectPlan, Vec<Arc<str>>, Vec<Type>)> {
        refuse_foreign_clauses(select)?;
        let mut from = From::default();
        self.from(&select.from, &mut from)?;
        let filter = select.selection.as_ref().map(|filter| self.condition(filter, "WHERE")).transpose()?;
        let keys = self.group_keys(select)?;
        self.level().grouping_keys = Some(keys.len());
        self.level().allows_windows = true;
        let mut output = self.output(&select.projection)?;
        let having = select.having.as_ref().map(|having| self.condition(having, "HAVING")).transpose()?;
        let mut order = self.order_by(tail.order, &output)?;
        let distinct = self.distinct_plan(select.distinct.as_ref())?;
        self.level().grouping_keys = None;
        self.level().allows_windows = false;
        let limit = tail.limit.map(|limit| self.row_free(limit, "LIMIT")).transpose()?;
        let offset = tail.offset.map(|offset| self.row_free(offset, "OFFSET")).transpose()?;
        let aggregates = std::mem::take(&mut self.level().aggregates);
        let windows = std::mem::take(&mut self.level().windows);
        let grouped = !keys.is_empty() || !aggregates.is_empty() || having.is_some();
        let base = keys.len() + aggregates.len();
        for expr in output.exprs.iter_mut().chain(order.iter_mut().map(|key| &mut key.expr)) {
            place_windows(expr, base);
        }
        if grouped {
            self.check_grouped(&keys, output.exprs.iter().chain(&having).chain(order.iter().map(|key| &key.expr)))?;
        }
        let grouping = grouped.then_some(Grouping { keys, aggregates, having });
        let lock = self.lock_plan(locks)?;
        let plain = grouping.is_none() && windows.is_empty();
        if lock.is_some() && (!plain || !matches!(distinct, DistinctPlan::No)) {
            return Err(unsupported("FOR UPDATE with GROUP BY, DISTINCT, aggregates or window functions"));
        }
        let advisory = if select.from.is_empty() { advisory(&output.exprs) } else { None };
        let mut joins = plan_joins(from, filter);
        let presorted = plain && !order.is_empty() && presort(&mut joins, &order, limit.is_some());
        vouch(&mut joins);
        let Joins { steps, constant } = joins;
        let slots = steps.len();
        let plan = SelectPlan {
            slots,
            steps,
            constant,
            grouping,
            windows,
            output: output.exprs,
            distinct,
            order,
            presorted,
            limit,
            offset,
            lock,
            advisory,
        };
        Ok((plan, output.names, output.types))
    }

    /// LIMIT and OFFSET see no rows.
    pub(super) fn row_free(&mut self, expr: &ast::Expr, clause: &str) -> Fallible<Expr> {
        let (expr, _) = self.expr(expr)?;
        if expr.is_row_free() {
            return Ok(expr);
        }
        Err(PgError::new("42P10", format!("argument of {clause} must not contain variables")))
    }

    fn group_keys(&mut self, select: &ast::Select) -> Fallible<Vec<Expr>> {
        let GroupByExpr::Expressions(exprs, modifiers) = &select.group_by else {
            return Err(unsupported("GROUP BY ALL"));
        };
        if !modifiers.is_empty() {
            return Err(unsupported("GROUP BY modifiers"));
        }
        exprs
            .iter()
            .map(|expr| {
                if let Some(item) = self.projection_named(expr, &select.projection) {
                    return self.expr(item).map(|(expr, _)| expr);
                }
                self.expr(expr).map(|(expr, _)| expr)
            })
            .collect()
    }

    /// GROUP BY of an output column's number, or of its alias when no input column has the name.
    fn projection_named<'q>(&mut self, expr: &ast::Expr, projection: &'q [SelectItem]) -> Option<&'q ast::Expr> {
        match expr {
            ast::Expr::Value(value) => {
                let position = value.value.to_string().parse::<usize>().ok()?.checked_sub(1)?;
                match projection.get(position)? {
                    SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
                    _ => None,
                }
            }
            ast::Expr::Identifier(name) => {
                let name = name_of(name);
                if self.column(None, &name).is_ok() {
                    return None;
                }
                projection.iter().find_map(|item| match item {
                    SelectItem::ExprWithAlias { expr, alias } if name_of(alias) == name => Some(expr),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// The select list, wildcards expanded.
    pub(super) fn output(&mut self, items: &[SelectItem]) -> Fallible<Output> {
        let mut output = Output { exprs: Vec::new(), names: Vec::new(), types: Vec::new() };
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let typed = self.expr(expr)?;
                    output.push(typed, output_name(expr));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let typed = self.expr(expr)?;
                    output.push(typed, name_of(alias).into());
                }
                SelectItem::Wildcard(_) => self.wildcard(None, &mut output)?,
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let name = unqualified_name(name)?;
                    self.wildcard(Some(&name), &mut output)?;
                }
                other => return Err(unsupported(format_args!("the select item {other}"))),
            }
        }
        Ok(output)
    }

    fn wildcard(&mut self, qualifier: Option<&str>, output: &mut Output) -> Fallible<()> {
        let mut found = false;
        for relation in &self.level().relations {
            if qualifier.is_some_and(|qualifier| qualifier != relation.alias) {
                continue;
            }
            found = true;
            for (column, (name, ty)) in relation.columns.iter().enumerate() {
                if qualifier.is_some() || !relation.hidden.contains(&column) {
                    output.push((Expr::Column { slot: relation.slot, column }, *ty), name.clone());
                }
            }
        }
        if found {
            return Ok(());
        }
        Err(PgError::new("42601", "SELECT * with no tables specified is not valid"))
    }

    /// ORDER BY: an output column by number or name, else an expression over the input.
    fn order_by(&mut self, keys: &[OrderByExpr], output: &Output) -> Fallible<Vec<SortKey>> {
        keys.iter()
            .map(|key| {
                let expr = match output.named(&key.expr)? {
                    Some(position) => output.exprs[position].clone(),
                    None => self.expr(&key.expr)?.0,
                };
                sort_key(expr, key)
            })
            .collect()
    }

    fn distinct_plan(&mut self, distinct: Option<&Distinct>) -> Fallible<DistinctPlan> {
        Ok(match distinct {
            None | Some(Distinct::All) => DistinctPlan::No,
            Some(Distinct::Distinct) => DistinctPlan::Output,
            Some(Distinct::On(exprs)) => {
                let exprs: Fallible<Vec<Expr>> = exprs.iter().map(|expr| Ok(self.expr(expr)?.0)).collect();
                DistinctPlan::On(exprs?)
            }
        })
    }

    fn lock_plan(&mut self, locks: &[LockClause]) -> Fallible<Option<LockPlan>> {
        let [lock] = locks else {
            return if locks.is_empty() { Ok(None) } else { Err(unsupported("more than one locking clause")) };
        };
        let mode = match lock.lock_type {
            LockType::Update => LockMode::Update,
            LockType::Share => LockMode::Share,
        };
        let policy = match lock.nonblock {
            None => WaitPolicy::Wait,
            Some(NonBlock::Nowait) => WaitPolicy::NoWait,
            Some(NonBlock::SkipLocked) => WaitPolicy::SkipLocked,
        };
        let of = lock.of.as_ref().map(unqualified_name).transpose()?;
        let relations = &self.level().relations;
        let chosen = relations.iter().filter(|relation| of.as_ref().is_none_or(|of| *of == relation.alias));
        let slots: Vec<usize> = chosen.filter(|relation| relation.table.is_some()).map(|r| r.slot).collect();
        if let (Some(of), true) = (&of, slots.is_empty()) {
            return Err(PgError::new(
                "42P01",
                format!("relation \"{of}\" in FOR UPDATE clause not found in FROM clause"),
            ));
        }
        Ok(Some(LockPlan { mode, slots, policy }))
    }

    /// 42803 for a column that is neither a grouping key nor decided by one.
    fn check_grouped<'e>(&mut self, keys: &[Expr], exprs: impl Iterator<Item = &'e Expr>) -> Fallible<()> {
        let shown: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        for expr in exprs {
            if let Some((slot, column)) = self.ungrouped(expr, keys, &shown) {
                let relation = self.level().relations.iter().find(|relation| relation.slot == slot);
                let name = relation.map(|r| format!("{}.{}", r.alias, r.columns[column].0)).unwrap_or_default();
                let message =
                    format!("column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function");
                return Err(PgError::new("42803", message));
            }
        }
        Ok(())
    }

    fn ungrouped(&mut self, expr: &Expr, keys: &[Expr], shown: &[String]) -> Option<(usize, usize)> {
        if shown.contains(&format!("{expr:?}")) {
            return None;
        }
        if let Expr::Column { slot, column } = expr {
            let table = self.level().relations.iter().find(|r| r.slot == *slot)?.table.clone();
            let decided = table.as_ref().and_then(|table| table.primary_key()).is_some_and(|primary| {
                primary.columns.iter().all(|key| {
                    keys.iter().any(
                        |expr| matches!(expr, Expr::Column { slot: s, column: c } if s == slot && *c == key.position),
                    )
                })
            });
            return (!decided).then_some((*slot, *column));
        }
        expr.children().into_iter().find_map(|child| self.ungrouped(child, keys, shown))
    }
}

impl Output {
    fn push(&mut self, (expr, ty): (Expr, Type), name: Arc<str>) {
        self.exprs.push(expr);
        self.names.push(name);
        self.types.push(ty);
    }

    /// The output column an ORDER BY item names by number or by name.
    pub(super) fn named(&self, expr: &ast::Expr) -> Fallible<Option<usize>> {
        match expr {
            ast::Expr::Value(value) => {
                let Ok(position) = value.value.to_string().parse::<usize>() else { return Ok(None) };
                if (1..=self.exprs.len()).contains(&position) {
                    return Ok(Some(position - 1));
                }
                Err(PgError::new("42P10", format!("ORDER BY position {position} is not in select list")))
            }
            ast::Expr::Identifier(name) => Ok(self.names.iter().position(|output| **output == *name_of(name))),
            _ => Ok(None),
        }
    }
}

/// Window results follow the grouping keys and aggregates.
fn place_windows(expr: &mut Expr, base: usize) {
    if let Expr::Computed(position) = expr
        && *position >= WINDOW_BASE
    {
        *position = *position - WINDOW_BASE + base;
    }
    for child in expr.children_mut() {
        place_windows(child, base);
    }
}

/// The advisory lock a select list consists of, if it does.
fn advisory(output: &[Expr]) -> Option<AdvisoryLock> {
    let [Expr::Call { function: Function::AdvisoryLock { try_only, shared }, args }] = output else { return None };
    let mode = if *shared { LockMode::Share } else { LockMode::Update };
    Some(AdvisoryLock { key: args.first()?.clone(), try_only: *try_only, mode })
}
