//! Strategy `version`: read the balance, compute the new one, write it if the row has not changed.

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
    let read = tx.query(ctx.texts.get(TextId::COMMIT_READ_VERSION), &[line.sku.into()]).await?;
    let Some(row) = read.first() else { return Ok(Taken::NotEnough) };
    let (on_hand, version) = (row.int("on_hand"), row.int("version"));
    if on_hand < line.quantity {
        return Ok(Taken::NotEnough);
    }
    let text = if ctx.bugs.has(KnownBug::CommitWithoutVersionTest) {
        TextId::COMMIT_BUG_TAKE_ANY_VERSION
    } else {
        TextId::COMMIT_TAKE_VERSION
    };
    let mut params = take_params(line, now);
    params.extend([on_hand.into(), version.into()]);
    let taken = tx.query(ctx.texts.get(text), &params).await?;
    Ok(if taken.affected == 1 { Taken::Yes } else { Taken::Conflict })
}
