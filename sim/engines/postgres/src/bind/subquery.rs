//! Binding subqueries in expressions: IN, EXISTS, ANY, ALL, scalar.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use std::sync::Arc;

use sqlparser::ast::{self, BinaryOperator, InTarget};

use super::expr::comparison_of;
use super::operator::{coerce, common_type, comparable};
use super::{Binder, Typed};
use crate::error::{Fallible, syntax, unsupported};
use crate::plan::{Expr, SubPlan, SubqueryKind};
use crate::types::Type;

impl Binder<'_> {
    /// Binds a query inside an expression.
    pub(crate) fn subplan(&mut self, query: &ast::Query) -> Fallible<Arc<SubPlan>> {
        let id = self.subqueries;
        self.subqueries += 1;
        let (plan, correlated) = self.nested_query(query)?;
        let plan = Arc::new(SubPlan { id, query: plan, correlated });
        if crate::exec::may_wait(&plan.query) {
            if correlated {
                return Err(unsupported("row locks in a correlated subquery"));
            }
            self.locking.push(plan.clone());
        }
        Ok(plan)
    }

    pub(super) fn exists(&mut self, query: &ast::Query, negated: bool) -> Fallible<Typed> {
        let plan = self.subplan(query)?;
        Ok((Expr::Subquery { kind: SubqueryKind::Exists, negated, plan }, Type::Bool))
    }

    pub(super) fn scalar_subquery(&mut self, query: &ast::Query) -> Fallible<Typed> {
        let plan = self.one_column(query)?;
        let ty = plan.query.types[0];
        Ok((Expr::Subquery { kind: SubqueryKind::Scalar, negated: false, plan }, ty))
    }

    pub(super) fn array_subquery(&mut self, query: &ast::Query) -> Fallible<Typed> {
        let plan = self.one_column(query)?;
        let element = plan.query.types[0];
        let ty = element.array_of().ok_or_else(|| unsupported(format_args!("arrays of {}", element.name())))?;
        Ok((Expr::Subquery { kind: SubqueryKind::Array, negated: false, plan }, ty))
    }

    fn one_column(&mut self, query: &ast::Query) -> Fallible<Arc<SubPlan>> {
        let plan = self.subplan(query)?;
        if plan.query.types.len() != 1 {
            return Err(syntax("subquery must return only one column"));
        }
        Ok(plan)
    }

    pub(super) fn in_target(&mut self, expr: &ast::Expr, target: &InTarget, negated: bool) -> Fallible<Typed> {
        match target {
            InTarget::List(list) => self.in_list(expr, list, negated),
            InTarget::Subquery(query) => self.in_subquery(expr, query, negated),
            other => Err(unsupported(format_args!("IN {other}"))),
        }
    }

    fn in_list(&mut self, expr: &ast::Expr, list: &[ast::Expr], negated: bool) -> Fallible<Typed> {
        if let ast::Expr::Tuple(_) = expr {
            let equal: Fallible<Vec<Expr>> = list
                .iter()
                .map(|item| {
                    let equal = ast::Expr::BinaryOp {
                        left: Box::new(expr.clone()),
                        op: BinaryOperator::Eq,
                        right: Box::new(item.clone()),
                    };
                    self.condition(&equal, "IN")
                })
                .collect();
            let any = Expr::Or(equal?);
            return Ok((if negated { Expr::Not(Box::new(any)) } else { any }, Type::Bool));
        }
        let left = self.expr(expr)?;
        let items: Fallible<Vec<Typed>> = list.iter().map(|item| self.expr(item)).collect();
        let items = items?;
        let ty = if left.1 == Type::Unknown {
            common_type(&items.iter().map(|(_, ty)| *ty).collect::<Vec<_>>())
        } else {
            left.1
        };
        let list: Fallible<Vec<Expr>> =
            items.into_iter().map(|item| if item.1 == Type::Unknown { coerce(item, ty) } else { Ok(item.0) }).collect();
        let left = if left.1 == Type::Unknown { coerce(left, ty)? } else { left.0 };
        Ok((Expr::InList { expr: Box::new(left), list: list?, negated }, Type::Bool))
    }

    fn in_subquery(&mut self, expr: &ast::Expr, query: &ast::Query, negated: bool) -> Fallible<Typed> {
        let left: Fallible<Vec<Typed>> = match expr {
            ast::Expr::Tuple(items) => items.iter().map(|item| self.expr(item)).collect(),
            other => Ok(vec![self.expr(other)?]),
        };
        let left = left?;
        let plan = self.subplan(query)?;
        if plan.query.types.len() != left.len() {
            return Err(syntax("subquery has the wrong number of columns"));
        }
        let left: Fallible<Vec<Expr>> = left
            .into_iter()
            .zip(&plan.query.types)
            .map(|(item, ty)| if item.1 == Type::Unknown { coerce(item, *ty) } else { Ok(item.0) })
            .collect();
        Ok((Expr::Subquery { kind: SubqueryKind::In(left?.into()), negated, plan }, Type::Bool))
    }

    pub(super) fn quantified(
        &mut self,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
        all: bool,
    ) -> Fallible<Typed> {
        let op = comparison_of(op).ok_or_else(|| unsupported(format_args!("{op} ANY")))?;
        let left = self.expr(left)?;
        if let Some(query) = as_subquery(right) {
            let plan = self.one_column(query)?;
            let left = Box::new(coerce(left, plan.query.types[0])?);
            return Ok((
                Expr::Subquery { kind: SubqueryKind::Quantified { left, op, all }, negated: false, plan },
                Type::Bool,
            ));
        }
        let array = self.expr(right)?;
        let array = match (array.1, left.1.array_of()) {
            (Type::Unknown, Some(wanted)) if left.1 != Type::Unknown => coerce(array, wanted)?,
            _ => array.0,
        };
        let left = match array_element(&array) {
            Some(ty) if left.1 == Type::Unknown => coerce(left, ty)?,
            Some(ty) => comparable(left, (Expr::Const(crate::value::Value::Null), ty))?.0,
            None => left.0,
        };
        Ok((Expr::Quantified { op, left: Box::new(left), array: Box::new(array), all }, Type::Bool))
    }
}

fn array_element(array: &Expr) -> Option<Type> {
    match array {
        Expr::Cast { to, .. } | Expr::Array { ty: to, .. } => Some(to.element()),
        _ => None,
    }
}

fn as_subquery(expr: &ast::Expr) -> Option<&ast::Query> {
    match expr {
        ast::Expr::Subquery(query) => Some(query),
        ast::Expr::Nested(inner) => as_subquery(inner),
        _ => None,
    }
}
