//! Strategy `conditional`: take the units if they are there, in one statement.

use ports::sql::{SqlError, SqlTransaction, SqlValue};

use super::single::{Line, Taken, take_params};
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::texts::TextId;

pub(super) async fn take(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    line: Line<'_>,
    now: &SqlValue,
) -> Result<Taken, SqlError> {
    let text = if ctx.bugs.has(KnownBug::ConditionalWithoutCondition) {
        TextId::COMMIT_BUG_TAKE_UNCONDITIONALLY
    } else {
        TextId::COMMIT_TAKE_CONDITIONAL
    };
    let taken = tx.query(ctx.texts.get(text), &take_params(line, now)).await?;
    Ok(if taken.affected == 1 { Taken::Yes } else { Taken::NotEnough })
}
