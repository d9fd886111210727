//! Joining order and access paths. Inner joins are reordered greedily, cheapest way in first; a left join stays after
//! everything written before it.

use super::from::{From, FromItem};
use crate::plan::{
    Access, Comparison, Expr, JoinKind, JoinStep, SortKey, Source, answers_for, choose_access, conjuncts,
    order_from_index,
};

/// Steps in order, and the conditions that need no relation.
pub(super) struct Joins {
    pub(super) steps: Vec<JoinStep>,
    pub(super) constant: Vec<Expr>,
}

/// Orders the relations, picks their access paths and hangs every condition on the first step that can check it.
pub(super) fn plan_joins(from: From, filter: Option<Expr>) -> Joins {
    let mut conditions = from.conditions;
    if let Some(filter) = filter {
        conjuncts(filter, &mut conditions);
    }
    let (constant, mut conditions): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(Expr::is_row_free);
    let mut left = from.items;
    let mut filled: Vec<usize> = Vec::new();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let position = next_item(&left, &conditions, &filled);
        let item = left.remove(position);
        let access = access_for(&item, &conditions, &filled);
        filled.push(item.slot);
        let last = left.is_empty();
        let (now, later): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(|condition| {
            last || condition.slots().is_some_and(|slots| slots.iter().all(|slot| filled.contains(slot)))
        });
        conditions = later;
        let FromItem { slot, source, kind, on } = item;
        steps.push(JoinStep { slot, source, kind, access, on, filter: now, vouched: Vec::new() });
    }
    Joins { steps, constant }
}

/// Position of the relation to join next.
fn next_item(left: &[FromItem], conditions: &[Expr], filled: &[usize]) -> usize {
    // Nothing may move across a left join.
    let reach = left.iter().position(|item| item.kind == JoinKind::Left).unwrap_or(left.len());
    if reach == 0 {
        return 0;
    }
    let ranked = left[..reach].iter().enumerate().filter(|(_, item)| is_ready(&item.source, filled));
    ranked
        .min_by_key(|(position, item)| (rank(item, conditions, filled), *position))
        .map_or(0, |(position, _)| position)
}

/// Whether a lateral source has what it reads.
fn is_ready(source: &Source, filled: &[usize]) -> bool {
    let ready = |expr: &Expr| expr.slots().is_some_and(|slots| slots.iter().all(|slot| filled.contains(slot)));
    match source {
        Source::Table(_) | Source::Cte { .. } => true,
        Source::Query { lateral, .. } => !lateral || !filled.is_empty(),
        Source::Unnest { arrays, .. } => arrays.iter().all(ready),
        Source::Series { from, to, step, .. } => ready(from) && ready(to) && step.as_ref().is_none_or(ready),
        Source::JsonElements { json, .. } => ready(json),
    }
}

fn rank(item: &FromItem, conditions: &[Expr], filled: &[usize]) -> u32 {
    match &item.source {
        Source::Table(table) => {
            let conditions: Vec<&Expr> = conditions.iter().collect();
            choose_access(table, item.slot, &conditions, filled).map_or(100, |(rank, _)| rank)
        }
        Source::Unnest { .. } | Source::Series { .. } | Source::JsonElements { .. } | Source::Cte { .. } => 10,
        Source::Query { .. } => 11,
    }
}

fn access_for(item: &FromItem, conditions: &[Expr], filled: &[usize]) -> Access {
    let usable: Vec<&Expr> =
        if item.kind == JoinKind::Left { item.on.iter().collect() } else { conditions.iter().collect() };
    if let Source::Table(table) = &item.source
        && let Some((_, scan)) = choose_access(table, item.slot, &usable, filled)
    {
        return Access::Index(scan);
    }
    if filled.is_empty() || crate::exec::is_lateral(&item.source) {
        return Access::Scan;
    }
    let (mut columns, mut keys) = (Vec::new(), Vec::new());
    for condition in usable {
        let Expr::Compare { op: Comparison::Equal, left, right } = condition else { continue };
        for (column, key) in [(left, right), (right, left)] {
            let ready =
                key.slots().is_some_and(|slots| !slots.is_empty() && slots.iter().all(|slot| filled.contains(slot)));
            if let (Expr::Column { slot, column }, true) = (column.as_ref(), ready)
                && *slot == item.slot
                && !columns.contains(column)
            {
                columns.push(*column);
                keys.push(key.as_ref().clone());
            }
        }
    }
    if columns.is_empty() { Access::Scan } else { Access::Hash { columns, keys } }
}

/// Lets an index deliver the order of a query over one table, if one can. Whether it does.
pub(super) fn presort(joins: &mut Joins, order: &[SortKey], limited: bool) -> bool {
    let [step] = joins.steps.as_mut_slice() else { return false };
    let Source::Table(table) = &step.source else { return false };
    let conditions: Vec<&Expr> = step.filter.iter().collect();
    let chosen = if let Access::Index(scan) = &step.access { Some(scan) } else { None };
    if chosen.is_some_and(|scan| scan.single) {
        return true;
    }
    match order_from_index(table, step.slot, &conditions, chosen, order, limited) {
        Some(scan) => {
            step.access = Access::Index(scan);
            true
        }
        None => false,
    }
}

/// Takes from the filters what the chosen indexes answer for: testing `column = ANY (array)` against a long array, row by
/// row, would cost more than finding the rows. Comes last, when no access path changes any more.
pub(super) fn vouch(joins: &mut Joins) {
    for step in joins.steps.iter_mut().filter(|step| step.kind == JoinKind::Inner) {
        let (Access::Index(scan), Source::Table(table)) = (&step.access, &step.source) else { continue };
        let (slot, index) = (step.slot, &table.indexes[scan.index]);
        (step.vouched, step.filter) = std::mem::take(&mut step.filter)
            .into_iter()
            .partition(|condition| answers_for(scan, index, slot, condition));
    }
}
