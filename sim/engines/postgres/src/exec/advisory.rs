//! Advisory locks of a transaction: `pg_advisory_xact_lock` and `pg_try_advisory_xact_lock`.

use super::Run;
use crate::error::{Fallible, type_mismatch};
use crate::eval::{Frame, cast, eval};
use crate::plan::{SelectPlan, WaitPolicy};
use crate::types::Type;
use crate::value::{Row, Value};

/// Takes the lock; one row, void (NULL) or whether it was got.
pub(super) async fn run(run: &mut Run, plan: &SelectPlan) -> Fallible<Vec<Row>> {
    let lock = plan.advisory.as_ref().expect("the caller saw the lock function");
    let key = cast(&eval(&lock.key, &Frame::EMPTY, &run.cx())?, Type::Int8, true)?;
    let Value::Int(key) = key else { return Err(type_mismatch("an advisory lock's key must not be null")) };
    let policy = if lock.try_only { WaitPolicy::SkipLocked } else { WaitPolicy::Wait };
    let taken = run.acquire_advisory(key, lock.mode, policy).await?;
    let answer = if lock.try_only { Value::Bool(taken) } else { Value::Null };
    Ok(vec![Row::from([answer])])
}
