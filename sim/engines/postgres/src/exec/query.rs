//! Queries with their WITH lists: once for those that only read, once for those that may wait.

use std::collections::{BTreeMap, BTreeSet};

use super::sort::{offset_and_limit, sort_rows};
use super::{Run, lock_rows, select, statement};
use crate::error::Fallible;
use crate::eval::{Cx, Frame, eval};
use crate::plan::{Body, Cte, CteBody, Plan, QueryPlan, SetOperation, SubPlan, Tail};
use crate::value::Row;

/// Whether running it can block: it locks rows, or writes them in a WITH list.
pub(crate) fn may_wait(query: &QueryPlan) -> bool {
    let in_body = match &query.body {
        Body::Select(select) => select.lock.is_some() || select.advisory.is_some(),
        Body::Values { .. } | Body::Set { .. } => false,
    };
    let in_ctes = query.ctes.iter().any(|cte| match &cte.body {
        CteBody::Modify(_) => true,
        CteBody::Query(query) => may_wait(query),
    });
    in_body || in_ctes || !query.locking_subqueries.is_empty()
}

/// Rows of a query that only reads.
pub(super) fn run(query: &QueryPlan, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<Vec<Row>> {
    let state = cx.world()?.state;
    for cte in &query.ctes {
        if let CteBody::Query(inner) = &cte.body {
            let around = Frame { rows: &[], computed: &[], outer };
            state.set_cte(cte.id, run(inner, Some(&around), cx)?);
        }
    }
    body(query, outer, cx)
}

fn body(query: &QueryPlan, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<Vec<Row>> {
    match &query.body {
        Body::Select(plan) => select::run(plan, outer, cx),
        Body::Values { rows, tail } => {
            let frame = Frame { rows: &[], computed: &[], outer };
            let rows: Fallible<Vec<Row>> =
                rows.iter().map(|row| row.iter().map(|expr| eval(expr, &frame, cx)).collect()).collect();
            finish(rows?, tail, outer, cx)
        }
        Body::Set { operation, all, left, right, tail } => {
            let (left, right) = (run(left, outer, cx)?, run(right, outer, cx)?);
            finish(combine(*operation, *all, left, right), tail, outer, cx)
        }
    }
}

fn finish(rows: Vec<Row>, tail: &Tail, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<Vec<Row>> {
    let mut rows = rows;
    if !tail.order.is_empty() {
        rows = sort_rows(rows, &tail.order, outer, cx)?;
    }
    let (offset, limit) = offset_and_limit(tail.offset.as_ref(), tail.limit.as_ref(), outer, cx)?;
    Ok(rows.into_iter().skip(offset).take(limit).collect())
}

fn combine(operation: SetOperation, all: bool, left: Vec<Row>, right: Vec<Row>) -> Vec<Row> {
    match (operation, all) {
        (SetOperation::Union, true) => left.into_iter().chain(right).collect(),
        (SetOperation::Union, false) => distinct(left.into_iter().chain(right)),
        (SetOperation::Except | SetOperation::Intersect, _) => {
            let mut counts: BTreeMap<Row, usize> = BTreeMap::new();
            for row in right {
                *counts.entry(row).or_insert(0) += 1;
            }
            let keep_matched = operation == SetOperation::Intersect;
            let kept = left.into_iter().filter(|row| {
                let Some(count) = counts.get_mut(row).filter(|count| **count > 0) else { return !keep_matched };
                if all {
                    *count -= 1;
                }
                keep_matched
            });
            if all { kept.collect() } else { distinct(kept) }
        }
    }
}

/// First occurrence of each row, in order.
pub(super) fn distinct(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut seen = BTreeSet::new();
    rows.filter(|row| seen.insert(row.clone())).collect()
}

/// Rows of a query that may lock rows or write them in its WITH list.
pub(super) async fn run_locking(run: &mut Run, query: &QueryPlan) -> Fallible<Vec<Row>> {
    let late = run_ctes(run, &query.ctes).await?;
    run_subqueries(run, &query.locking_subqueries).await?;
    let rows = match &query.body {
        Body::Select(plan) if plan.lock.is_some() => lock_rows::select_locking(run, plan).await?,
        Body::Select(plan) if plan.advisory.is_some() => super::advisory::run(run, plan).await?,
        Body::Select(_) | Body::Values { .. } | Body::Set { .. } => body(query, None, &run.cx())?,
    };
    run_late(run, late).await?;
    Ok(rows)
}

/// Runs a WITH list, and returns the data-modifying members nobody reads: they run after the main query.
pub(super) async fn run_ctes<'p>(run: &mut Run, ctes: &'p [Cte]) -> Fallible<Vec<&'p Plan>> {
    let mut late = Vec::new();
    for cte in ctes {
        match &cte.body {
            CteBody::Query(query) => {
                let rows = Box::pin(run_locking(run, query)).await?;
                run.state.set_cte(cte.id, rows);
            }
            CteBody::Modify(plan) if cte.referenced => {
                let outcome = Box::pin(statement::run_plan(run, plan)).await?;
                run.state.set_cte(cte.id, outcome.rows);
            }
            CteBody::Modify(plan) => late.push(plan.as_ref()),
        }
    }
    Ok(late)
}

/// Runs what `run_ctes` left over. Postgres runs these last to first.
pub(super) async fn run_late(run: &mut Run, late: Vec<&Plan>) -> Fallible<()> {
    for plan in late.into_iter().rev() {
        Box::pin(statement::run_plan(run, plan)).await?;
    }
    Ok(())
}

/// Runs subqueries that lock rows ahead of the statement around them.
pub(super) async fn run_subqueries(run: &mut Run, subqueries: &[std::sync::Arc<SubPlan>]) -> Fallible<()> {
    for plan in subqueries {
        let rows = Box::pin(run_locking(run, &plan.query)).await?;
        run.state.set_subquery(plan.id, std::sync::Arc::new(rows));
    }
    Ok(())
}
