//! One SELECT that locks nothing: join, group, window, sort, cut.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::join::join;
use super::sort::{compare_keys, key_values, offset_and_limit};
use super::{aggregate, window};
use crate::error::Fallible;
use crate::eval::{Cx, Frame, eval};
use crate::plan::{DistinctPlan, SelectPlan};
use crate::value::{Row, Value};

/// A joined row, or a group, with the values computed for it.
pub(super) struct Unit {
    pub(super) rows: Vec<Row>,
    pub(super) computed: Vec<Value>,
}

impl Unit {
    pub(super) fn frame<'a>(&'a self, outer: Option<&'a Frame<'a>>) -> Frame<'a> {
        Frame { rows: &self.rows, computed: &self.computed, outer }
    }
}

/// The result rows.
pub(super) fn run(plan: &SelectPlan, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<Vec<Row>> {
    let (offset, limit) = offset_and_limit(plan.offset.as_ref(), plan.limit.as_ref(), outer, cx)?;
    if limit == 0 {
        return Ok(Vec::new());
    }
    let plain = plan.grouping.is_none() && plan.windows.is_empty();
    if plain && (plan.order.is_empty() || plan.presorted) {
        return stream(plan, offset, limit, outer, cx);
    }
    let keyed = if plain {
        let mut keyed = Vec::new();
        join(plan, outer, cx, &mut |joined| {
            keyed.push(keyed_output(plan, &joined.frame(outer), cx)?);
            Ok(ControlFlow::Continue(()))
        })?;
        keyed
    } else {
        let units = units(plan, outer, cx)?;
        units.iter().map(|unit| keyed_output(plan, &unit.frame(outer), cx)).collect::<Fallible<Vec<_>>>()?
    };
    Ok(sorted(plan, keyed).into_iter().skip(offset).take(limit).collect())
}

/// Sort values, DISTINCT ON values and output of one row.
struct Keyed {
    sort: Vec<Value>,
    on: Vec<Value>,
    output: Row,
}

fn keyed_output(plan: &SelectPlan, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Keyed> {
    Ok(Keyed {
        sort: key_values(&plan.order, frame, cx)?,
        on: on_values(plan, frame, cx)?,
        output: output(plan, frame, cx)?,
    })
}

fn on_values(plan: &SelectPlan, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Vec<Value>> {
    match &plan.distinct {
        DistinctPlan::On(exprs) => exprs.iter().map(|expr| eval(expr, frame, cx)).collect(),
        DistinctPlan::No | DistinctPlan::Output => Ok(Vec::new()),
    }
}

/// The select list for one row.
pub(super) fn output(plan: &SelectPlan, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<Row> {
    plan.output.iter().map(|expr| eval(expr, frame, cx)).collect()
}

fn sorted(plan: &SelectPlan, keyed: Vec<Keyed>) -> Vec<Row> {
    let mut keyed = keyed;
    if !plan.order.is_empty() {
        keyed.sort_by(|a, b| compare_keys(&plan.order, &a.sort, &b.sort));
    }
    let mut seen_rows = BTreeSet::new();
    let mut seen_on = BTreeSet::new();
    keyed
        .into_iter()
        .filter(|row| match &plan.distinct {
            DistinctPlan::No => true,
            DistinctPlan::Output => seen_rows.insert(row.output.clone()),
            DistinctPlan::On(_) => seen_on.insert(row.on.clone()),
        })
        .map(|row| row.output)
        .collect()
}

/// Rows come in the order wanted: they are handed out as they are found, and the search ends with the limit.
fn stream(
    plan: &SelectPlan,
    offset: usize,
    limit: usize,
    outer: Option<&Frame<'_>>,
    cx: &Cx<'_>,
) -> Fallible<Vec<Row>> {
    let mut rows = Vec::new();
    let mut skipped = 0;
    let mut seen_rows = BTreeSet::new();
    let mut seen_on = BTreeSet::new();
    join(plan, outer, cx, &mut |joined| {
        let frame = joined.frame(outer);
        let fresh = match &plan.distinct {
            DistinctPlan::No => true,
            DistinctPlan::Output => seen_rows.insert(output(plan, &frame, cx)?),
            DistinctPlan::On(_) => seen_on.insert(on_values(plan, &frame, cx)?),
        };
        if !fresh {
            return Ok(ControlFlow::Continue(()));
        }
        if skipped < offset {
            skipped += 1;
            return Ok(ControlFlow::Continue(()));
        }
        rows.push(output(plan, &frame, cx)?);
        Ok(if rows.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(rows)
}

/// Groups or plain rows, with window results.
fn units(plan: &SelectPlan, outer: Option<&Frame<'_>>, cx: &Cx<'_>) -> Fallible<Vec<Unit>> {
    let mut units = match &plan.grouping {
        Some(grouping) => aggregate::groups(plan, grouping, outer, cx)?,
        None => {
            let mut units = Vec::new();
            join(plan, outer, cx, &mut |joined| {
                units.push(Unit { rows: joined.rows.clone(), computed: Vec::new() });
                Ok(ControlFlow::Continue(()))
            })?;
            units
        }
    };
    for call in &plan.windows {
        window::append(&mut units, call, outer, cx)?;
    }
    Ok(units)
}
