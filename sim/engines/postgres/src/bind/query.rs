//! Binding queries: WITH, SELECT, VALUES, UNION, and the statements they appear in.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{
    self, LimitClause, OrderByExpr, OrderByKind, SetExpr, SetOperator, SetQuantifier, Statement, With,
};

use super::operator::{coerce, common_type};
use super::scope::{CteScope, Level};
use super::select::sort_key;
use super::{Binder, name_of};
use crate::error::{Fallible, PgError, syntax, unsupported};
use crate::plan::{Body, Cte, CteBody, Expr, Plan, QueryPlan, SetOperation, SortKey, Tail};
use crate::types::Type;

/// The plan of a statement that reads or writes rows; `None` for one that does neither.
pub(super) fn plan_statement(binder: &mut Binder<'_>, statement: &Statement) -> Fallible<Option<Plan>> {
    Ok(Some(match statement {
        Statement::Query(query) => match query.body.as_ref() {
            SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => {
                binder.modify(inner, query.with.as_ref())?
            }
            _ => Plan::Query(binder.top_query(query)?),
        },
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => binder.modify(statement, None)?,
        _ => return Ok(None),
    }))
}

/// ORDER BY, LIMIT and OFFSET of a query.
pub(super) struct OrderAndLimit<'q> {
    pub(super) order: &'q [OrderByExpr],
    pub(super) limit: Option<&'q ast::Expr>,
    pub(super) offset: Option<&'q ast::Expr>,
}

fn order_and_limit(query: &ast::Query) -> Fallible<OrderAndLimit<'_>> {
    let order = match &query.order_by {
        None => &[][..],
        Some(order) => match &order.kind {
            OrderByKind::Expressions(keys) => keys,
            OrderByKind::All(_) => return Err(unsupported("ORDER BY ALL")),
        },
    };
    let (limit, offset) = match &query.limit_clause {
        None => (None, None),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
        }
        Some(_) => return Err(unsupported("this LIMIT clause")),
    };
    let limit = match &query.fetch {
        None => limit,
        Some(fetch) if !fetch.with_ties && !fetch.percent => fetch.quantity.as_ref().or(limit),
        Some(_) => return Err(unsupported("FETCH WITH TIES")),
    };
    if query.for_clause.is_some() || query.settings.is_some() || !query.pipe_operators.is_empty() {
        return Err(unsupported("a clause of this query"));
    }
    Ok(OrderAndLimit { order, limit, offset })
}

impl Binder<'_> {
    /// Binds a data-modifying statement with the WITH list in front of it.
    pub(super) fn modify(&mut self, statement: &Statement, with: Option<&With>) -> Fallible<Plan> {
        match statement {
            Statement::Insert(insert) => self.insert(insert, with).map(Plan::Insert),
            Statement::Update(update) => self.update(update, with).map(Plan::Update),
            Statement::Delete(delete) => self.delete(delete, with).map(Plan::Delete),
            other => Err(unsupported(format_args!("{other} in WITH"))),
        }
    }

    fn top_query(&mut self, query: &ast::Query) -> Fallible<QueryPlan> {
        self.nested_query(query).map(|(plan, _)| plan)
    }

    /// Binds a query in a level of its own. Whether it refers to a query around it.
    pub(super) fn nested_query(&mut self, query: &ast::Query) -> Fallible<(QueryPlan, bool)> {
        let outer_locking = std::mem::take(&mut self.locking);
        let outer_derived = std::mem::take(&mut self.locking_derived);
        self.levels.push(Level::default());
        let bound = self.query(query);
        let level = self.levels.pop().expect("pushed above");
        let derived = std::mem::replace(&mut self.locking_derived, outer_derived);
        let locking = std::mem::replace(&mut self.locking, outer_locking);
        let mut plan = bound?;
        let inner =
            derived.into_iter().map(|(id, query)| Cte { id, body: CteBody::Query(Box::new(query)), referenced: true });
        plan.ctes.extend(inner);
        plan.locking_subqueries = locking;
        Ok((plan, level.correlated))
    }

    fn query(&mut self, query: &ast::Query) -> Fallible<QueryPlan> {
        let in_scope = self.ctes.len();
        let ctes = self.with(query.with.as_ref())?;
        let body = self.body(query, &order_and_limit(query)?);
        self.ctes.truncate(in_scope);
        let (body, names, types) = body?;
        Ok(QueryPlan { ctes: self.finish_ctes(ctes), body, names: names.into(), types, locking_subqueries: Vec::new() })
    }

    /// Binds a WITH list; its members are in scope until the caller takes them out.
    pub(super) fn with(&mut self, with: Option<&With>) -> Fallible<Vec<Cte>> {
        let Some(with) = with else { return Ok(Vec::new()) };
        if with.recursive {
            return Err(unsupported("WITH RECURSIVE"));
        }
        let mut ctes = Vec::new();
        for member in &with.cte_tables {
            let (body, names, types) = match member.query.body.as_ref() {
                SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => {
                    if self.levels.len() > 1 {
                        return Err(syntax(
                            "WITH clause containing a data-modifying statement must be at the top level",
                        ));
                    }
                    let (plan, names, types) = self.modifying_member(inner, member.query.with.as_ref())?;
                    (CteBody::Modify(Box::new(plan)), names, types)
                }
                _ => {
                    let (plan, _) = self.nested_query(&member.query)?;
                    let (names, types) = (plan.names.to_vec(), plan.types.clone());
                    (CteBody::Query(Box::new(plan)), names, types)
                }
            };
            let mut columns: Vec<(Arc<str>, Type)> = names.into_iter().zip(types).collect();
            for (column, alias) in columns.iter_mut().zip(&member.alias.columns) {
                column.0 = name_of(&alias.name).into();
            }
            let id = self.cte_read.len();
            self.cte_read.push(false);
            self.ctes.push(CteScope { name: name_of(&member.alias.name), id, columns });
            ctes.push(Cte { id, body, referenced: false });
        }
        Ok(ctes)
    }

    /// A data-modifying member, in levels of its own: it sees nothing of the query around it.
    fn modifying_member(
        &mut self,
        statement: &Statement,
        with: Option<&With>,
    ) -> Fallible<(Plan, Vec<Arc<str>>, Vec<Type>)> {
        let levels = std::mem::take(&mut self.levels);
        let locking = std::mem::take(&mut self.locking);
        let derived = std::mem::take(&mut self.locking_derived);
        let plan = self.modify(statement, with);
        self.levels = levels;
        self.locking = locking;
        self.locking_derived = derived;
        let plan = plan?;
        let types = match &plan {
            Plan::Query(query) => query.types.clone(),
            Plan::Insert(insert) => insert.returning.as_ref().map(|r| r.types.clone()).unwrap_or_default(),
            Plan::Update(update) => update.returning.as_ref().map(|r| r.types.clone()).unwrap_or_default(),
            Plan::Delete(delete) => delete.returning.as_ref().map(|r| r.types.clone()).unwrap_or_default(),
        };
        let names = plan.columns().to_vec();
        Ok((plan, names, types))
    }

    /// Notes which members were read.
    pub(super) fn finish_ctes(&self, ctes: Vec<Cte>) -> Vec<Cte> {
        ctes.into_iter().map(|cte| Cte { referenced: self.cte_read[cte.id], ..cte }).collect()
    }

    fn body(&mut self, query: &ast::Query, tail: &OrderAndLimit<'_>) -> Fallible<(Body, Vec<Arc<str>>, Vec<Type>)> {
        match query.body.as_ref() {
            SetExpr::Select(select) => {
                let (plan, names, types) = self.select(select, tail, &query.locks)?;
                Ok((Body::Select(Box::new(plan)), names, types))
            }
            _ if !query.locks.is_empty() => Err(unsupported("FOR UPDATE on anything but a SELECT")),
            SetExpr::Values(values) => {
                let (rows, types) = self.values(values)?;
                let names: Vec<Arc<str>> = (1..=types.len()).map(|n| format!("column{n}").into()).collect();
                let tail = self.output_tail(tail, &names, &types)?;
                Ok((Body::Values { rows, tail }, names, types))
            }
            SetExpr::Query(inner) if tail.order.is_empty() && tail.limit.is_none() && tail.offset.is_none() => {
                let plan = self.query(inner)?;
                if !plan.ctes.is_empty() {
                    return Err(unsupported("WITH inside parentheses"));
                }
                Ok((plan.body, plan.names.to_vec(), plan.types))
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                self.set_operation(left, *op, *set_quantifier, right, tail)
            }
            other => Err(unsupported(format_args!("{other}"))),
        }
    }

    /// VALUES, each column in one type.
    pub(super) fn values(&mut self, values: &ast::Values) -> Fallible<(Vec<Vec<Expr>>, Vec<Type>)> {
        let mut rows = Vec::new();
        for row in &values.rows {
            let row: Fallible<Vec<_>> = row.content.iter().map(|expr| self.expr(expr)).collect();
            rows.push(row?);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(syntax("VALUES lists must all be the same length"));
        }
        let types: Vec<Type> =
            (0..width).map(|at| common_type(&rows.iter().map(|row| row[at].1).collect::<Vec<_>>())).collect();
        let rows: Fallible<Vec<Vec<Expr>>> = rows
            .into_iter()
            .map(|row| row.into_iter().zip(&types).map(|(typed, ty)| coerce(typed, *ty)).collect())
            .collect();
        Ok((rows?, types))
    }

    fn set_operation(
        &mut self,
        left: &SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
        tail: &OrderAndLimit<'_>,
    ) -> Fallible<(Body, Vec<Arc<str>>, Vec<Type>)> {
        let operation = match op {
            SetOperator::Union => SetOperation::Union,
            SetOperator::Except => SetOperation::Except,
            SetOperator::Intersect => SetOperation::Intersect,
            SetOperator::Minus => return Err(unsupported("MINUS")),
        };
        let all = match quantifier {
            SetQuantifier::All => true,
            SetQuantifier::None | SetQuantifier::Distinct => false,
            other => return Err(unsupported(format_args!("{op} {other}"))),
        };
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        if left.types.len() != right.types.len() {
            return Err(syntax(format_args!("each {op} query must have the same number of columns")));
        }
        if crate::exec::may_wait(&left) || crate::exec::may_wait(&right) {
            return Err(unsupported("row locks under a set operation"));
        }
        let names = left.names.to_vec();
        let types: Vec<Type> = left.types.iter().zip(&right.types).map(|(a, b)| common_type(&[*a, *b])).collect();
        let tail = self.output_tail(tail, &names, &types)?;
        let body = Body::Set { operation, all, left: Box::new(left), right: Box::new(right), tail };
        Ok((body, names, types))
    }

    /// A side of a set operation: a level of its own beside the other, not inside it.
    fn operand(&mut self, expr: &SetExpr) -> Fallible<QueryPlan> {
        let level = self.levels.pop().expect("a query is being bound");
        let query = match expr {
            SetExpr::Query(inner) => inner.as_ref().clone(),
            other => ast::Query {
                with: None,
                body: Box::new(other.clone()),
                order_by: None,
                limit_clause: None,
                fetch: None,
                locks: Vec::new(),
                for_clause: None,
                settings: None,
                format_clause: None,
                pipe_operators: Vec::new(),
            },
        };
        let bound = self.nested_query(&query);
        self.levels.push(level);
        let (plan, correlated) = bound?;
        self.level().correlated |= correlated;
        Ok(plan)
    }

    /// ORDER BY over output columns only.
    fn output_tail(&mut self, tail: &OrderAndLimit<'_>, names: &[Arc<str>], types: &[Type]) -> Fallible<Tail> {
        let exprs = (0..types.len()).map(|column| Expr::Column { slot: 0, column }).collect();
        let output = super::select::Output { exprs, names: names.to_vec(), types: types.to_vec() };
        let order: Fallible<Vec<SortKey>> = tail
            .order
            .iter()
            .map(|key| match output.named(&key.expr)? {
                Some(position) => sort_key(output.exprs[position].clone(), key),
                None => Err(PgError::new("0A000", "ORDER BY here must name an output column")),
            })
            .collect();
        Ok(Tail {
            order: order?,
            limit: tail.limit.map(|limit| self.row_free(limit, "LIMIT")).transpose()?,
            offset: tail.offset.map(|offset| self.row_free(offset, "OFFSET")).transpose()?,
        })
    }
}
