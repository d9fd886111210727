//! Rechecking a joined row after a wait (Postgres' EvalPlanQual): the locked relations have their newest versions, the
//! others stay as the snapshot showed them, and every condition must still hold.

use super::join::Joined;
use crate::error::Fallible;
use crate::eval::{Cx, all_true};
use crate::plan::{JoinKind, SelectPlan};
use crate::storage::RowId;
use crate::value::Value;

/// Whether the row still qualifies. An outer join that no longer matches turns to NULLs.
pub(super) fn still_qualifies(plan: &SelectPlan, joined: &mut Joined, cx: &Cx<'_>) -> Fallible<bool> {
    if !all_true(&plan.constant, &joined.frame(None), cx)? {
        return Ok(false);
    }
    for step in &plan.steps {
        let filled = joined.ids[step.slot] != RowId::NONE || step.source.table().is_none();
        if step.kind == JoinKind::Left && filled && !all_true(&step.on, &joined.frame(None), cx)? {
            joined.rows[step.slot] = std::iter::repeat_n(Value::Null, step.source.width()).collect();
            joined.ids[step.slot] = RowId::NONE;
        }
        if !all_true(&step.filter, &joined.frame(None), cx)? || !all_true(&step.vouched, &joined.frame(None), cx)? {
            return Ok(false);
        }
    }
    Ok(true)
}
