//! Subqueries inside expressions. One that refers to nothing around it runs once per statement, whatever is rechecked
//! later; a correlated one runs for every row.

use std::sync::Arc;

use super::query;
use crate::error::{Fallible, PgError};
use crate::eval::{Cx, Frame, array, compare_rows, eval, quantified};
use crate::plan::{Comparison, SubPlan, SubqueryKind};
use crate::types::Type;
use crate::value::{Row, Value};

/// The value of a subquery for one row.
pub(crate) fn subquery(
    kind: &SubqueryKind,
    negated: bool,
    plan: &SubPlan,
    frame: &Frame<'_>,
    cx: &Cx<'_>,
) -> Fallible<Value> {
    let rows = rows(plan, frame, cx)?;
    match kind {
        SubqueryKind::Scalar => match rows.as_slice() {
            [] => Ok(Value::Null),
            [row] => Ok(row[0].clone()),
            _ => Err(PgError::new("21000", "more than one row returned by a subquery used as an expression")),
        },
        SubqueryKind::Exists => Ok(Value::Bool(rows.is_empty() == negated)),
        SubqueryKind::Array => {
            let ty = plan.query.types.first().and_then(|ty| ty.array_of()).unwrap_or(Type::TextArray);
            array(rows.iter().map(|row| row[0].clone()).collect(), ty)
        }
        SubqueryKind::In(left) => {
            let left: Fallible<Vec<Value>> = left.iter().map(|expr| eval(expr, frame, cx)).collect();
            let left = left?;
            let mut unknown = false;
            for row in rows.iter() {
                match compare_rows(Comparison::Equal, &left, row)? {
                    Some(true) => return Ok(Value::Bool(!negated)),
                    Some(false) => {}
                    None => unknown = true,
                }
            }
            Ok(if unknown { Value::Null } else { Value::Bool(negated) })
        }
        SubqueryKind::Quantified { left, op, all } => {
            let items = rows.iter().map(|row| row[0].clone()).collect();
            Ok(quantified(*op, &eval(left, frame, cx)?, items, *all)?.into())
        }
    }
}

fn rows(plan: &SubPlan, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Arc<Vec<Row>>> {
    if plan.correlated {
        return query::run(&plan.query, Some(frame), cx).map(Arc::new);
    }
    let state = cx.world()?.state;
    if let Some(rows) = state.subquery(plan.id) {
        return Ok(rows);
    }
    let rows = Arc::new(query::run(&plan.query, Some(frame), cx)?);
    state.set_subquery(plan.id, rows.clone());
    Ok(rows)
}
