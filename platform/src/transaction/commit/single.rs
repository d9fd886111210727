//! One order in one transaction: what the strategies `version`, `conditional` and `buckets` share.
//!
//! The order's row is locked first and the stock row last, so that the row every buyer of a hot product needs is locked
//! only from the last statement to COMMIT. An order of several products takes them one after the other.

use std::sync::Arc;

use ports::sql::{Isolation, SqlError, SqlTransaction, SqlValue};

use super::{Sale, Tried, TryError, buckets, conditional, version};
use crate::context::Context;
use crate::texts::TextId;

/// How the units are taken.
#[derive(Clone, Copy)]
pub(super) enum Taker {
    Version,
    Conditional,
    HomeBucket,
    AllBuckets,
}

/// What is taken: one line of an order.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) order_id: &'a Arc<str>,
    pub(super) sku: &'a str,
    pub(super) quantity: i64,
}

/// Whether they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    NotEnough,
    Conflict,
}

/// One try.
pub(super) async fn attempt(ctx: &Context, sale: &Sale, taker: Taker) -> Result<Tried, TryError> {
    let mut tx = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let now = SqlValue::Timestamp(ctx.clock.now_us());
    let Some(epoch) = fence(ctx, &mut *tx).await? else {
        // Nothing can be placed before the fence has its row, so there is nothing to commit either.
        drop(tx.rollback().await);
        return Ok(Tried::Conflict);
    };
    let order_id = SqlValue::Text(sale.order.order_id.clone());
    let params =
        [order_id, epoch.into(), now.clone(), SqlValue::Text(sale.intent_id.clone()), SqlValue::Text(sale.event())];
    let moved = tx.query(ctx.texts.get(TextId::COMMIT_CONFIRM_ORDER), &params).await?;
    if moved.first().is_none() {
        drop(tx.rollback().await);
        return Ok(Tried::NotPlaced);
    }
    // In SKU order, as everybody takes them: of two orders that share products, one waits for the other and none for both.
    let mut taken = Taken::Yes;
    for (sku, quantity) in sale.order.units() {
        let line = Line { order_id: &sale.order.order_id, sku, quantity };
        taken = match taker {
            Taker::Version => version::take(ctx, &mut *tx, line, &now).await?,
            Taker::Conditional => conditional::take(ctx, &mut *tx, line, &now).await?,
            Taker::HomeBucket => buckets::take_home(ctx, &mut *tx, line, &now).await?,
            Taker::AllBuckets => buckets::steal(ctx, &mut *tx, line, &now).await?,
        };
        if taken != Taken::Yes {
            break;
        }
    }
    match taken {
        Taken::Yes => {
            tx.commit().await.map_err(TryError::AtCommit)?;
            Ok(Tried::Sold { epoch })
        }
        Taken::NotEnough => {
            drop(tx.rollback().await);
            Ok(Tried::SoldOut)
        }
        Taken::Conflict => {
            drop(tx.rollback().await);
            Ok(Tried::Conflict)
        }
    }
}

/// Locks the fence FOR SHARE and reads the epoch the transaction belongs to.
pub(crate) async fn fence(ctx: &Context, tx: &mut dyn SqlTransaction) -> Result<Option<i64>, SqlError> {
    let rows = tx.query(ctx.texts.get(TextId::COMMIT_FENCE), &[]).await?;
    Ok(rows.first().map(|row| row.int("epoch")))
}

/// The first four parameters of every `take_*.sql`: SKU, units, order, now.
pub(super) fn take_params(line: Line<'_>, now: &SqlValue) -> Vec<SqlValue> {
    vec![line.sku.into(), line.quantity.into(), SqlValue::Text(line.order_id.clone()), now.clone()]
}
