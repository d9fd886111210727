//! Strategy `buckets`: each order takes from the bucket its id hashes to, and from others when that one is short.

//!
//! Stealing is a transaction of its own. An UPDATE that waited for a row and then found it did not qualify keeps the row
//! locked; a thief that went on to lock all buckets from the first would hold its home out of order, and two such thieves
//! deadlock. Of an order of several products, all are taken again then.

use ports::sql::{SqlError, SqlTransaction, SqlValue};

use super::single::{self, Line, Taken, Taker, take_params};
use super::{Sale, Tried, TryError};
use crate::context::Context;
use crate::metrics::Counter;
use crate::texts::TextId;

/// One try: from the home bucket, and when that is short from all of them.
pub(super) async fn attempt(ctx: &Context, sale: &Sale) -> Result<Tried, TryError> {
    match single::attempt(ctx, sale, Taker::HomeBucket).await {
        Ok(Tried::SoldOut) => single::attempt(ctx, sale, Taker::AllBuckets).await,
        other => other,
    }
}

/// Takes the units from the home bucket, if it has them.
pub(super) async fn take_home(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    line: Line<'_>,
    now: &SqlValue,
) -> Result<Taken, SqlError> {
    let mut params = take_params(line, now);
    params.push(home_bucket(line.order_id, ctx.config.commit.buckets).into());
    let taken = tx.query(ctx.texts.get(TextId::COMMIT_TAKE_BUCKET), &params).await?;
    Ok(if taken.affected == 1 { Taken::Yes } else { Taken::NotEnough })
}

/// Takes the units from whichever buckets have them.
pub(super) async fn steal(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    line: Line<'_>,
    now: &SqlValue,
) -> Result<Taken, SqlError> {
    let locked = tx.query(ctx.texts.get(TextId::COMMIT_LOCK_BUCKETS), &[line.sku.into()]).await?;
    let stocked: Vec<(i64, i64)> = locked.iter().map(|row| (row.int("bucket"), row.int("on_hand"))).collect();
    let Some(plan) = plan_steal(&stocked, line.quantity) else { return Ok(Taken::NotEnough) };
    let (buckets, units) = plan.into_iter().unzip();
    let mut params = take_params(line, now);
    params.extend([SqlValue::IntArray(buckets), SqlValue::IntArray(units)]);
    if tx.query(ctx.texts.get(TextId::COMMIT_TAKE_BUCKETS), &params).await?.affected != 1 {
        return Ok(Taken::Conflict);
    }
    ctx.metrics.count(Counter::BucketSteals);
    Ok(Taken::Yes)
}

/// The bucket an order tries first. Order ids are hashes themselves; FNV-1a spreads those that are not.
fn home_bucket(order_id: &str, buckets: i64) -> i64 {
    let hash = order_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let buckets = u64::try_from(buckets.max(1)).expect("at least one");
    i64::try_from(hash % buckets).expect("below an i64")
}

/// From which of the locked buckets `(number, on hand)` the units are taken: as few as possible, the fullest first; `None`
/// when they do not suffice together.
fn plan_steal(stocked: &[(i64, i64)], quantity: i64) -> Option<Vec<(i64, i64)>> {
    let mut fullest: Vec<(i64, i64)> = stocked.to_vec();
    fullest.sort_by_key(|&(bucket, on_hand)| (-on_hand, bucket));
    let (mut plan, mut missing) = (Vec::new(), quantity);
    for (bucket, on_hand) in fullest {
        if missing == 0 {
            break;
        }
        let units = on_hand.min(missing);
        plan.push((bucket, units));
        missing -= units;
    }
    (missing == 0).then_some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thief_takes_from_the_fullest_bucket_first() {
        assert_eq!(plan_steal(&[(0, 1), (1, 5), (2, 3)], 4), Some(vec![(1, 4)]));
        assert_eq!(plan_steal(&[(0, 1), (1, 5), (2, 3)], 7), Some(vec![(1, 5), (2, 2)]));
    }

    #[test]
    fn buckets_that_do_not_suffice_together_are_left_alone() {
        assert_eq!(plan_steal(&[(0, 1), (1, 1)], 3), None);
        assert_eq!(plan_steal(&[], 1), None);
    }

    #[test]
    fn orders_spread_over_all_buckets() {
        let mut used = [0; 16];
        for order in 0..1_600 {
            let bucket = home_bucket(&format!("ord_{order}"), 16);
            used[usize::try_from(bucket).unwrap()] += 1;
        }
        assert!(used.iter().all(|&orders| orders > 50), "{used:?}");
    }
}
