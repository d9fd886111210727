//! Strategy `group`: one transaction commits many orders.
//!
//! The first order that comes waits a moment for others, then a batch of them is committed with a handful of set-based
//! statements. The gate let each of them through for units that are there, so the batch is tried as a whole first, which
//! holds the balances for the shortest time. If one was too small after all, it is tried again with the balances locked and
//! read before anything is written, and cut to what is there: an order that finds no units is answered so, and the others
//! commit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::sql::{Isolation, Rows, SqlError, SqlTransaction, SqlValue};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::single::fence;
use super::{Sale, Tried, TryError};
use crate::context::Context;
use crate::metrics::Counter;
use crate::texts::TextId;

struct Waiting {
    sale: Sale,
    answer: oneshot::Sender<Result<Tried, TryError>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// A task is at the queue and will not leave before it is empty.
    served: bool,
}

/// The batcher of one process.
pub(super) struct Group {
    ctx: Context,
    queue: Mutex<Queue>,
}

impl Group {
    pub(super) fn new(ctx: Context) -> Arc<Self> {
        Arc::new(Self { ctx, queue: Mutex::default() })
    }

    /// One try, in the next batch.
    pub(super) async fn attempt(self: &Arc<Self>, sale: &Sale) -> Result<Tried, TryError> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut queue = self.queue();
            queue.waiting.push_back(Waiting { sale: sale.clone(), answer });
            !std::mem::replace(&mut queue.served, true)
        };
        if begins {
            tokio::spawn(Arc::clone(self).serve());
        }
        // The batch's task dies only with the process, which is the end of this one too.
        answered.await.unwrap_or(Err(TryError::AtCommit(SqlError::ConnectionLost)))
    }

    async fn serve(self: Arc<Self>) {
        let settings = &self.ctx.config.commit;
        sleep(settings.group_delay).await;
        loop {
            let batch: Vec<Waiting> = {
                let mut queue = self.queue();
                let size = queue.waiting.len().min(settings.group_max.max(1));
                if size == 0 {
                    queue.served = false;
                    return;
                }
                queue.waiting.drain(..size).collect()
            };
            let sales: Vec<&Sale> = batch.iter().map(|waiting| &waiting.sale).collect();
            let outcome = commit_batch(&self.ctx, &sales).await;
            for (at, waiting) in batch.into_iter().enumerate() {
                let answer = outcome.as_ref().map(|tried| tried[at]).map_err(TryError::clone);
                // Whoever no longer waits (its task was dropped) finds the outcome in the order's row.
                drop(waiting.answer.send(answer));
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Commits a batch; one result for each of its orders.
async fn commit_batch(ctx: &Context, sales: &[&Sale]) -> Result<Vec<Tried>, TryError> {
    ctx.metrics.count(Counter::CommitBatches);
    for looks in [false, true] {
        if let Some(tried) = try_batch(ctx, sales, looks).await? {
            return Ok(tried);
        }
    }
    Ok(vec![Tried::Conflict; sales.len()])
}

/// One transaction for a batch. None when it did not come out as planned and was rolled back. `looks`: at what is there,
/// before it plans.
async fn try_batch(ctx: &Context, sales: &[&Sale], looks: bool) -> Result<Option<Vec<Tried>>, TryError> {
    let mut tx = ctx.sql.begin(Isolation::ReadCommitted).await?;
    let Some(epoch) = fence(ctx, &mut *tx).await? else {
        drop(tx.rollback().await);
        return Ok(Some(vec![Tried::Conflict; sales.len()]));
    };
    let placed = lock_orders(ctx, &mut *tx, sales).await?;
    let stock = if looks { Some(lock_stock(ctx, &mut *tx, sales, &placed).await?) } else { None };
    let wanted: Vec<Want<'_>> =
        sales.iter().map(|sale| Want { order_id: &sale.order.order_id, units: sale.order.units().collect() }).collect();
    let plan = plan_batch(&wanted, &placed, stock, epoch);
    let fits: Vec<&Sale> = sales
        .iter()
        .zip(&plan)
        .filter(|(_, tried)| matches!(tried, Tried::Sold { .. }))
        .map(|(sale, _)| *sale)
        .collect();
    if fits.is_empty() {
        drop(tx.rollback().await);
        return Ok(Some(plan));
    }
    let written = write(ctx, &mut *tx, &fits, epoch).await?;
    let balances: BTreeSet<&str> = fits.iter().flat_map(|sale| sale.order.units()).map(|(sku, _)| sku).collect();
    let expected = (fits.len(), balances.len());
    let row = written.first().expect("a SELECT of two counts returns one row");
    if (row.int("orders_moved"), row.int("balances_changed")) != (len(expected.0), len(expected.1)) {
        drop(tx.rollback().await);
        return Ok(None);
    }
    tx.commit().await.map_err(TryError::AtCommit)?;
    Ok(Some(plan))
}

fn len(of: usize) -> i64 {
    i64::try_from(of).expect("a batch is small")
}

async fn lock_orders(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    sales: &[&Sale],
) -> Result<BTreeSet<Box<str>>, SqlError> {
    let ids = sales.iter().map(|sale| sale.order.order_id.clone()).collect();
    let rows = tx.query(ctx.texts.get(TextId::COMMIT_GROUP_LOCK_ORDERS), &[SqlValue::TextArray(ids)]).await?;
    Ok(rows.iter().map(|row| row.text("order_id").into()).collect())
}

async fn lock_stock(
    ctx: &Context,
    tx: &mut dyn SqlTransaction,
    sales: &[&Sale],
    placed: &BTreeSet<Box<str>>,
) -> Result<BTreeMap<Box<str>, i64>, SqlError> {
    let skus: BTreeSet<&str> = sales
        .iter()
        .filter(|sale| placed.contains(&*sale.order.order_id))
        .flat_map(|sale| sale.order.units())
        .map(|(sku, _)| sku)
        .collect();
    if skus.is_empty() {
        return Ok(BTreeMap::new());
    }
    let skus = SqlValue::TextArray(skus.into_iter().map(Arc::from).collect());
    let rows = tx.query(ctx.texts.get(TextId::COMMIT_GROUP_LOCK_STOCK), &[skus]).await?;
    Ok(rows.iter().map(|row| (row.text("sku").into(), row.int("on_hand"))).collect())
}

/// Writes a batch; orders of several products need a statement with more lists.
async fn write(ctx: &Context, tx: &mut dyn SqlTransaction, fits: &[&Sale], epoch: i64) -> Result<Rows, SqlError> {
    if fits.iter().all(|sale| sale.order.further.is_empty()) {
        return tx.query(ctx.texts.get(TextId::COMMIT_GROUP_WRITE), &write_params(ctx, fits, epoch)).await;
    }
    tx.query(ctx.texts.get(TextId::COMMIT_GROUP_WRITE_LINES), &write_lines_params(ctx, fits, epoch)).await
}

fn write_params(ctx: &Context, fits: &[&Sale], epoch: i64) -> [SqlValue; 7] {
    [
        texts(fits, &|sale| sale.order.order_id.clone()),
        texts(fits, &|sale| Arc::from(&*sale.order.sku)),
        SqlValue::IntArray(fits.iter().map(|sale| sale.order.quantity).collect()),
        texts(fits, &|sale| sale.intent_id.clone()),
        texts(fits, &Sale::event),
        SqlValue::Timestamp(ctx.clock.now_us()),
        epoch.into(),
    ]
}

fn write_lines_params(ctx: &Context, fits: &[&Sale], epoch: i64) -> [SqlValue; 8] {
    let lines = || fits.iter().flat_map(|sale| sale.order.units().map(|(sku, units)| (*sale, sku, units)));
    [
        texts(fits, &|sale| sale.order.order_id.clone()),
        texts(fits, &|sale| sale.intent_id.clone()),
        texts(fits, &Sale::event),
        SqlValue::TextArray(lines().map(|(sale, _, _)| sale.order.order_id.clone()).collect()),
        SqlValue::TextArray(lines().map(|(_, sku, _)| Arc::from(sku)).collect()),
        SqlValue::IntArray(lines().map(|(_, _, units)| units).collect()),
        SqlValue::Timestamp(ctx.clock.now_us()),
        epoch.into(),
    ]
}

fn texts(fits: &[&Sale], of: &dyn Fn(&Sale) -> Arc<str>) -> SqlValue {
    SqlValue::TextArray(fits.iter().map(|sale| of(sale)).collect())
}

#[derive(Clone)]
struct Want<'a> {
    order_id: &'a str,
    /// SKU and units of each line; no SKU twice.
    units: Vec<(&'a str, i64)>,
}

/// What becomes of each order of a batch, in the order in which they came: it is sold while the locked stock lasts, or, when
/// nobody has looked, in any case. A smaller order may still fit after a larger one did not. Of several products all must be
/// there. An order that comes twice is sold once.
fn plan_batch(
    wanted: &[Want<'_>],
    placed: &BTreeSet<Box<str>>,
    mut stock: Option<BTreeMap<Box<str>, i64>>,
    epoch: i64,
) -> Vec<Tried> {
    let mut seen = BTreeSet::new();
    wanted
        .iter()
        .map(|want| {
            if !placed.contains(want.order_id) {
                return Tried::NotPlaced;
            }
            if !seen.insert(want.order_id) {
                return Tried::Conflict;
            }
            let Some(stock) = &mut stock else { return Tried::Sold { epoch } };
            if want.units.iter().any(|(sku, units)| stock.get(*sku).is_none_or(|left| left < units)) {
                return Tried::SoldOut;
            }
            for (sku, units) in &want.units {
                *stock.get_mut(*sku).expect("it was looked at just now") -= units;
            }
            Tried::Sold { epoch }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(wanted: &[(&str, &str, i64)], placed: &[&str], stock: &[(&str, i64)]) -> Vec<Tried> {
        let wanted: Vec<Want<'_>> =
            wanted.iter().map(|&(order_id, sku, quantity)| Want { order_id, units: vec![(sku, quantity)] }).collect();
        plan_of(&wanted, placed, stock)
    }

    fn plan_of(wanted: &[Want<'_>], placed: &[&str], stock: &[(&str, i64)]) -> Vec<Tried> {
        let placed = placed.iter().map(|id| Box::from(*id)).collect();
        let stock = stock.iter().map(|&(sku, units)| (Box::from(sku), units)).collect();
        plan_batch(wanted, &placed, Some(stock), 7)
    }

    const SOLD: Tried = Tried::Sold { epoch: 7 };

    #[test]
    fn no_order_fails_because_another_finds_no_units() {
        let wanted = [("a", "lamp", 2), ("b", "lamp", 2), ("c", "lamp", 1), ("d", "mug", 1)];
        let tried = plan(&wanted, &["a", "b", "c", "d"], &[("lamp", 3), ("mug", 1)]);
        assert_eq!(tried, [SOLD, Tried::SoldOut, SOLD, SOLD]);
    }

    #[test]
    fn an_order_somebody_else_moved_takes_no_units() {
        let tried = plan(&[("a", "lamp", 1), ("b", "lamp", 1)], &["b"], &[("lamp", 1)]);
        assert_eq!(tried, [Tried::NotPlaced, SOLD]);
    }

    #[test]
    fn an_order_that_comes_twice_is_sold_once() {
        let tried = plan(&[("a", "lamp", 1), ("a", "lamp", 1)], &["a"], &[("lamp", 5)]);
        assert_eq!(tried, [SOLD, Tried::Conflict]);
    }

    #[test]
    fn an_order_of_several_products_takes_all_of_them_or_none() {
        let wanted = [
            Want { order_id: "a", units: vec![("lamp", 1), ("mug", 2)] },
            Want { order_id: "b", units: vec![("lamp", 1), ("mug", 1)] },
            Want { order_id: "c", units: vec![("lamp", 1)] },
        ];
        assert_eq!(plan_of(&wanted, &["a", "b", "c"], &[("lamp", 2), ("mug", 2)]), [SOLD, Tried::SoldOut, SOLD]);
    }

    #[test]
    fn unless_somebody_looked_all_that_may_be_sold_is_planned() {
        let wanted = [want("a", 2), want("b", 9), want("a", 2), want("c", 1)];
        let placed = ["a", "b"].map(Box::from).into();
        assert_eq!(plan_batch(&wanted, &placed, None, 7), [SOLD, SOLD, Tried::Conflict, Tried::NotPlaced]);
    }

    fn want(order_id: &str, units: i64) -> Want<'_> {
        Want { order_id, units: vec![("lamp", units)] }
    }

    #[test]
    fn a_product_without_an_open_balance_is_sold_out() {
        assert_eq!(plan(&[("a", "lamp", 1)], &["a"], &[]), [Tried::SoldOut]);
    }
}
