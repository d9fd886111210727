//! SELECT … FOR UPDATE and its kin. Locking happens after the sort and before the limit, so a row that turns out to be
//! taken or changed is replaced by the next, and the order is that of the versions the snapshot saw.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Run;
use super::join::{Joined, join};
use super::recheck::still_qualifies;
use super::row_lock::Locked;
use super::select::output;
use super::sort::{compare_keys, key_values, offset_and_limit};
use crate::error::Fallible;
use crate::plan::{LockPlan, SelectPlan};
use crate::storage::RowId;
use crate::value::Row;

/// Candidates fetched at first when there is a limit; doubled as long as rows are rejected.
const LEAST_BATCH: usize = 4;

/// The rows of a locking SELECT.
pub(super) async fn select_locking(run: &mut Run, plan: &SelectPlan) -> Fallible<Vec<Row>> {
    let lock = plan.lock.as_ref().expect("the caller saw the lock clause");
    run.require_writable()?;
    let (offset, limit) = offset_and_limit(plan.offset.as_ref(), plan.limit.as_ref(), None, &run.cx())?;
    let mut rows = Vec::new();
    if limit == 0 {
        return Ok(rows);
    }
    let wanted = offset.saturating_add(limit);
    let streams = plan.order.is_empty() || plan.presorted;
    let mut batch = if streams { wanted.max(LEAST_BATCH) } else { usize::MAX };
    let (mut tried, mut passed) = (0, 0);
    loop {
        let candidates = candidates(run, plan, batch)?;
        let exhausted = candidates.len() < batch;
        for candidate in candidates.into_iter().skip(tried) {
            tried += 1;
            let Some(joined) = lock_all(run, plan, lock, candidate).await? else { continue };
            passed += 1;
            if passed > offset {
                rows.push(output(plan, &joined.frame(None), &run.cx())?);
            }
            if passed == wanted {
                return Ok(rows);
            }
        }
        if exhausted {
            return Ok(rows);
        }
        batch = batch.saturating_mul(2);
    }
}

/// The first rows the snapshot shows, in order. The snapshot stands still, so asking for more begins with the same.
fn candidates(run: &Run, plan: &SelectPlan, most: usize) -> Fallible<Vec<Joined>> {
    let cx = run.cx();
    let mut found = Vec::new();
    join(plan, None, &cx, &mut |joined| {
        found.push(joined.clone());
        Ok(if found.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if plan.order.is_empty() || plan.presorted {
        return Ok(found);
    }
    let keyed: Fallible<Vec<_>> =
        found.into_iter().map(|joined| Ok((key_values(&plan.order, &joined.frame(None), &cx)?, joined))).collect();
    let mut keyed = keyed?;
    keyed.sort_by(|(a, _), (b, _)| compare_keys(&plan.order, a, b));
    Ok(keyed.into_iter().map(|(_, joined)| joined).collect())
}

/// Locks the rows of one joined row. `None` when it is skipped or no longer qualifies.
async fn lock_all(run: &mut Run, plan: &SelectPlan, lock: &LockPlan, joined: Joined) -> Fallible<Option<Joined>> {
    let mut joined = joined;
    let mut changed = false;
    for step in &plan.steps {
        let (Some(table), true) = (step.source.table(), lock.slots.contains(&step.slot)) else { continue };
        let id = joined.ids[step.slot];
        if id == RowId::NONE {
            continue;
        }
        let seen = Arc::clone(&joined.rows[step.slot]);
        match run.lock_row(table.id, id, &seen, lock.mode, lock.policy).await? {
            Locked::Unchanged => {}
            Locked::Updated(row) => {
                joined.rows[step.slot] = row;
                changed = true;
            }
            Locked::Gone | Locked::Skipped => return Ok(None),
        }
    }
    if changed && !still_qualifies(plan, &mut joined, &run.cx())? {
        return Ok(None);
    }
    Ok(Some(joined))
}
