//! The rebuild: moves the epoch on and sets counters and holds to what Postgres says.
//!
//! 1. One transaction moves the epoch and reads stock and orders. Whoever places, commits or returns holds the fence FOR
//!    SHARE, so each of them lies wholly before this snapshot or wholly under the new epoch.
//! 2. Redis is shut, each SKU is set, and Redis is opened under the new epoch. Scripts of older epochs are refused from the
//!    first step on; a rebuild of an older epoch that was paused half-way is refused too.
//! 3. The fence says `open`, on this very server.
//!
//! A crash after any step leaves a gate that is shut, which the next round finds and rebuilds under a further epoch.

use std::collections::BTreeMap;

use ports::sql::{Isolation, Rows, SqlError, SqlTransaction, SqlValue};
use redis::Cmd;

use super::epoch::{Fence, GateState};
use super::keys::{GATE_EPOCH, GATE_REBUILDING, SkuKeys};
use super::link::{Link, Lost, Scripts, word};
use super::reservation::millis;
use crate::config::CommitStrategy;
use crate::context::Context;
use crate::metrics::Counter;
use crate::order_status::OrderStatus;
use crate::texts::TextId;
use crate::transaction::commit::strategy_of;
use crate::transaction::order_lines::of_several_lines;

/// SKUs that are set at once.
const SKUS_AT_ONCE: usize = 64;

/// Why a rebuild did not come to its end; the next round tries again.
#[derive(Debug)]
pub(crate) enum Abandoned {
    Sql,
    Redis,
    /// Another inventory process is at it.
    Superseded,
}

impl From<SqlError> for Abandoned {
    fn from(_: SqlError) -> Self {
        Self::Sql
    }
}

impl From<Lost> for Abandoned {
    fn from(_: Lost) -> Self {
        Self::Redis
    }
}

/// What one SKU is set to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Target {
    on_hand: i64,
    holds: Vec<Trace>,
}

/// One order as Redis shall know it.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    order_id: String,
    state: &'static str,
    quantity: i64,
    fingerprint: String,
}

/// What the hold of an order in this status is rebuilt as.
fn hold_state(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed => "held",
        OrderStatus::Confirmed
        | OrderStatus::Picking
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Cancelling => "confirmed",
        OrderStatus::Cancelled => "restocked",
        OrderStatus::Compensating | OrderStatus::Failed | OrderStatus::Refunded => "released",
    }
}

/// Rebuilds the gate on the server at the end of `link`.
pub(crate) async fn rebuild(
    ctx: &Context,
    scripts: &Scripts,
    link: &Link,
    run_id: &str,
    fence: &Fence,
) -> Result<(), Abandoned> {
    let mut tx = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let (epoch, targets) = snapshot(ctx, &mut *tx, run_id, fence).await?;
    tx.commit().await?;

    let answer = link
        .run(&scripts.rebuild_begin, |cmd| {
            cmd.arg(2).arg(GATE_EPOCH).arg(GATE_REBUILDING).arg(epoch);
        })
        .await?;
    expect_word(word(&answer), b"begun")?;
    set_skus(ctx, scripts, link, epoch, targets).await?;
    let answer = link
        .run(&scripts.rebuild_finish, |cmd| {
            cmd.arg(2).arg(GATE_EPOCH).arg(GATE_REBUILDING).arg(epoch);
        })
        .await?;
    expect_word(word(&answer), b"opened")?;

    let rebuilt = Fence { epoch, redis_run_id: run_id.into(), state: GateState::Rebuilding };
    if !rebuilt.move_to(GateState::Open, &*ctx.sql, &ctx.texts, ctx.clock.now_us()).await? {
        return Err(Abandoned::Superseded);
    }
    ctx.metrics.count(Counter::GateRebuilds);
    Ok(())
}

/// Sets every SKU, a number of them at a time: one after the other, a catalogue of thousands would stay shut for seconds.
async fn set_skus(
    ctx: &Context,
    scripts: &Scripts,
    link: &Link,
    epoch: i64,
    targets: BTreeMap<String, Target>,
) -> Result<(), Abandoned> {
    let mut targets = targets.into_iter();
    loop {
        let under_way: Vec<_> = targets
            .by_ref()
            .take(SKUS_AT_ONCE)
            .map(|(sku, target)| {
                let (ctx, script, link) = (ctx.clone(), scripts.rebuild_sku.clone(), link.clone());
                tokio::spawn(async move { link.run(&script, |cmd| set_sku(cmd, &ctx, epoch, &sku, &target)).await })
            })
            .collect();
        if under_way.is_empty() {
            return Ok(());
        }
        for answer in under_way {
            // A task ends without an answer only when the whole process does.
            let answer = answer.await.map_err(|_| Abandoned::Redis)??;
            expect_word(word(&answer), b"rebuilt")?;
        }
    }
}

fn expect_word(answer: &[u8], expected: &[u8]) -> Result<(), Abandoned> {
    if answer == expected { Ok(()) } else { Err(Abandoned::Superseded) }
}

/// Moves the epoch, then reads what belongs to all epochs before it.
async fn snapshot(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    run_id: &str,
    fence: &Fence,
) -> Result<(i64, BTreeMap<String, Target>), Abandoned> {
    let now_us = ctx.clock.now_us();
    let moved = tx
        .query(
            ctx.texts.get(TextId::INVENTORY_BEGIN_REBUILD),
            &[fence.epoch.into(), run_id.into(), SqlValue::Timestamp(now_us)],
        )
        .await?;
    let epoch = moved.first().ok_or(Abandoned::Superseded)?.int("epoch");
    if strategy_of(ctx) == CommitStrategy::Buckets {
        tx.query(ctx.texts.get(TextId::INVENTORY_SPREAD), &spread_params(ctx.config.commit.buckets)).await?;
    }
    let mut targets = BTreeMap::new();
    for row in tx.query(ctx.texts.get(TextId::INVENTORY_STOCK_LEVELS), &[]).await?.iter() {
        targets.insert(row.text("sku").to_owned(), Target { on_hand: row.int("units"), holds: Vec::new() });
    }
    let tombstone_us = i64::try_from(ctx.config.gate.tombstone_ttl.as_micros()).unwrap_or(i64::MAX);
    let recent = SqlValue::Timestamp(now_us.saturating_sub(tombstone_us));
    let orders = tx.query(ctx.texts.get(TextId::INVENTORY_ORDERS_FOR_REBUILD), std::slice::from_ref(&recent)).await?;
    add_holds(&mut targets, &orders);
    if of_several_lines(&orders).is_some() {
        let lines = tx.query(ctx.texts.get(TextId::INVENTORY_LINES_FOR_REBUILD), &[recent]).await?;
        add_holds(&mut targets, &lines);
    }
    Ok((epoch, targets))
}

/// Adds what Redis shall know of these orders, or of these further lines of orders.
fn add_holds(targets: &mut BTreeMap<String, Target>, rows: &Rows) {
    for row in rows.iter() {
        let status = OrderStatus::parse(row.text("status")).expect("the schema's check admits only these words");
        let target = targets.get_mut(row.text("sku")).expect("an order's SKU has a balance row");
        target.holds.push(Trace {
            order_id: row.text("order_id").to_owned(),
            state: hold_state(status),
            quantity: row.int("quantity"),
            fingerprint: row.text("fingerprint").to_owned(),
        });
    }
}

fn set_sku(cmd: &mut Cmd, ctx: &Context, epoch: i64, sku: &str, target: &Target) {
    let gate = &ctx.config.gate;
    let keys = SkuKeys::of(sku);
    let expires_ms = ctx.clock.now_ms().saturating_add_unsigned(millis(gate.hold_ttl));
    cmd.arg(3).arg(GATE_REBUILDING).arg(&*keys.stock).arg(&*keys.holds);
    cmd.arg(epoch).arg(target.on_hand).arg(expires_ms).arg(millis(gate.tombstone_ttl));
    for hold in &target.holds {
        cmd.arg(&hold.order_id).arg(hold.state).arg(hold.quantity).arg(&hold.fingerprint);
    }
}

/// The parameters of `spread.sql`.
pub(crate) fn spread_params(buckets: i64) -> [SqlValue; 2] {
    [buckets.into(), SqlValue::IntArray((0..buckets).collect())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_order_that_may_still_be_committed_keeps_a_live_hold() {
        for status in OrderStatus::ALL {
            assert_eq!(hold_state(status) == "held", status.may_become(OrderStatus::Confirmed), "{status:?}");
            assert_eq!(hold_state(status) == "confirmed", status.holds_stock(), "{status:?}");
        }
    }
}
