//! Follows the ledger, the balances and the orders through the commit feed, and judges them at each commit.

use crate::Findings;
use crate::explain::{rival, seconds};
use crate::history::{History, Movement, OrderRef, PerOrder, Sku, Status};

/// What the commit feed has told so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    skus: Vec<SkuStock>,
    /// Of each order, one per product.
    orders: PerOrder<Vec<(Sku, OrderStock)>>,
    /// Touched since the last commit.
    touched_skus: Vec<Sku>,
    touched_orders: Vec<(OrderRef, Sku)>,
}

#[derive(Debug, Default)]
struct SkuStock {
    stocked: i64,
    /// Sold and not returned, by the ledger.
    sold: i64,
    /// Of orders whose status says that they have their units.
    owned_by_orders: i64,
    /// `on_hand` by bucket; few enough to be searched in a line.
    balances: Vec<(Option<u16>, i64)>,
    /// What has been reported already: only more of it is news.
    reported_excess: i64,
    reported_gap: i64,
    reported_low: i64,
    /// The transaction before this one that moved its stock.
    last_move: Option<StockMove>,
    /// Whether the transaction under way moves its stock.
    moves: bool,
}

/// What one transaction left of a product.
#[derive(Debug, Clone, Copy)]
struct StockMove {
    at_us: i64,
    order: OrderRef,
    on_hand: i64,
}

/// What is wrong with a product after a transaction.
#[derive(Debug, Default)]
struct Wrong {
    /// Grows with each unit too many, and is told once.
    oversold: Option<String>,
    /// The balance has lost count: what it says beside the ledger.
    gap: Option<String>,
    low: Option<String>,
}

#[derive(Debug, Default, Clone, Copy)]
struct OrderStock {
    sold: i64,
    returned: i64,
    owned: i64,
}

impl Ledger {
    fn sku(&mut self, sku: Sku) -> &mut SkuStock {
        let place = usize::from(sku.0);
        if place >= self.skus.len() {
            self.skus.resize_with(place + 1, SkuStock::default);
        }
        if !self.touched_skus.contains(&sku) {
            self.touched_skus.push(sku);
        }
        &mut self.skus[place]
    }

    pub(super) fn stocked(&mut self, sku: Sku, units: i64) {
        self.sku(sku).stocked += units;
    }

    /// Takes in a ledger row; says what is wrong with it.
    pub(super) fn moved(&mut self, sku: Sku, order: OrderRef, movement: Movement, delta: i64) -> Option<&'static str> {
        let stock = self.sku(sku);
        stock.sold -= delta;
        stock.moves = true;
        self.order_touched(order, sku);
        let entry = stock_of(&mut self.orders, order, sku);
        let repeated = match movement {
            Movement::Sold => entry.sold != 0,
            Movement::Returned => entry.returned != 0,
        };
        match movement {
            Movement::Sold => entry.sold -= delta,
            Movement::Returned => entry.returned += delta,
        }
        match movement {
            Movement::Sold if repeated => Some("was sold its units twice"),
            Movement::Sold if delta >= 0 => Some("has a sale in the ledger that takes no units"),
            Movement::Returned if repeated => Some("returned its units twice"),
            Movement::Returned if entry.sold != entry.returned => Some("returned other units than it was sold"),
            Movement::Sold | Movement::Returned => None,
        }
    }

    pub(super) fn balance_set(&mut self, sku: Sku, bucket: Option<u16>, on_hand: i64) {
        let stock = self.sku(sku);
        stock.moves = true;
        let balances = &mut stock.balances;
        match balances.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, balance)) => *balance = on_hand,
            None => balances.push((bucket, on_hand)),
        }
    }

    pub(super) fn order_touched(&mut self, order: OrderRef, sku: Sku) {
        self.touched_orders.push((order, sku));
        self.sku(sku);
    }

    /// Judges what the transaction touched.
    pub(super) fn committed(
        &mut self,
        at_us: i64,
        demanded: &[Option<i64>],
        history: &History,
        findings: &mut Findings,
    ) {
        let orders = std::mem::take(&mut self.touched_orders);
        for &(order, sku) in &orders {
            self.follow_order(order, sku, history);
            let entry = *stock_of(&mut self.orders, order, sku);
            let ordered = history.lines(order).find(|(of, _)| *of == sku);
            // A product that the order does not have may have no entries, whatever becomes of the order.
            let status = ordered.and_then(|_| history.order_now(order)).map(|now| now.status);
            let quantity = ordered.map_or(0, |(_, quantity)| i64::from(quantity));
            if let Some(wrong) = disagreement(status, quantity, entry.sold, entry.returned) {
                let what = format!("{}: {} {wrong}", history.sku_name(sku), history.order_id(order));
                findings.violated(at_us, Some(sku), &[order], what);
            }
        }
        for sku in std::mem::take(&mut self.touched_skus) {
            let mut buyers: Vec<OrderRef> =
                orders.iter().filter(|(_, of)| *of == sku).map(|(order, _)| *order).collect();
            buyers.dedup();
            let limit = demanded.get(usize::from(sku.0)).copied().flatten();
            self.judge_sku(at_us, sku, limit, buyers, history, findings);
        }
    }

    fn judge_sku(
        &mut self,
        at_us: i64,
        sku: Sku,
        limit: Option<i64>,
        mut buyers: Vec<OrderRef>,
        history: &History,
        findings: &mut Findings,
    ) {
        let stock = &mut self.skus[usize::from(sku.0)];
        let wrong = stock.judge(limit);
        let buyer = buyers.last().copied();
        let (before, now) = stock.moved_by(at_us, buyer);
        if wrong.is_none() {
            return;
        }
        let name = history.sku_name(sku);
        // Stock goes wrong between two: whoever was committed just before belongs to the picture.
        let overwritten = before.filter(|before| wrong.gap.is_some() && !buyers.contains(&before.order));
        if !findings.is_full() {
            let other = overwritten.map(|before| before.order).or_else(|| rival(buyer?, history));
            buyers.extend(other.filter(|other| !buyers.contains(other)));
        }
        if let Some(what) = wrong.oversold {
            findings.leads(at_us, sku, &buyers, format!("{name}: {what}"));
        }
        if let Some(what) = wrong.gap {
            let between =
                overwritten.zip(now).map_or_else(String::new, |(before, now)| between(&before, &now, history));
            findings.violated(at_us, Some(sku), &buyers, format!("{name}: {what}{between}"));
        }
        if let Some(what) = wrong.low {
            findings.violated(at_us, Some(sku), &buyers, format!("{name}: {what}"));
        }
    }

    /// Keeps the sum of units that orders own by their status, whatever the ledger says.
    fn follow_order(&mut self, order: OrderRef, sku: Sku, history: &History) {
        let now = history.order_now(order);
        let owns = now.is_some_and(|now| now.status.stands() || now.status == Status::Cancelling);
        let ordered = history.lines(order).find(|(of, _)| owns && *of == sku);
        let owned = ordered.map_or(0, |(_, quantity)| i64::from(quantity));
        let before = std::mem::replace(&mut stock_of(&mut self.orders, order, sku).owned, owned);
        self.skus[usize::from(sku.0)].owned_by_orders += owned - before;
    }
}

fn stock_of(orders: &mut PerOrder<Vec<(Sku, OrderStock)>>, order: OrderRef, sku: Sku) -> &mut OrderStock {
    let own = orders.of(order);
    let place = own.iter().position(|(of, _)| *of == sku).unwrap_or_else(|| {
        own.push((sku, OrderStock::default()));
        own.len() - 1
    });
    &mut own[place].1
}

impl Wrong {
    fn is_none(&self) -> bool {
        self.oversold.is_none() && self.gap.is_none() && self.low.is_none()
    }
}

/// Two transactions of which the second did not see the first.
fn between(before: &StockMove, now: &StockMove, history: &History) -> String {
    format!(
        "; {} left {} on hand at {} s, then {} left {} at {} s",
        history.order_id(before.order),
        before.on_hand,
        seconds(before.at_us),
        history.order_id(now.order),
        now.on_hand,
        seconds(now.at_us)
    )
}

impl SkuStock {
    fn on_hand(&self) -> i64 {
        self.balances.iter().map(|(_, on_hand)| on_hand).sum()
    }

    /// Takes note of who moved the stock; returns who did before, and who does now.
    fn moved_by(&mut self, at_us: i64, order: Option<OrderRef>) -> (Option<StockMove>, Option<StockMove>) {
        let before = self.last_move;
        let on_hand = self.on_hand();
        let now = order.filter(|_| self.moves).map(|order| StockMove { at_us, order, on_hand });
        self.moves = false;
        self.last_move = now.or(before);
        (before, now)
    }

    fn judge(&mut self, demanded: Option<i64>) -> Wrong {
        let mut wrong = Wrong::default();
        let stocked = demanded.unwrap_or(self.stocked);
        let committed = self.sold.max(self.owned_by_orders);
        let excess = committed - stocked;
        if excess > self.reported_excess.max(0) {
            wrong.oversold = Some(format!("oversold by {excess}: {committed} units committed, {stocked} stocked"));
        }
        self.reported_excess = self.reported_excess.max(excess);
        let balance = self.on_hand();
        let summed = self.stocked - self.sold;
        let gap = summed - balance;
        if gap != 0 && gap != self.reported_gap {
            wrong.gap = Some(format!("the ledger sums to {summed}, the balance says {balance}"));
        }
        self.reported_gap = gap;
        let low = self.balances.iter().map(|(_, on_hand)| *on_hand).min().unwrap_or(0);
        if low < self.reported_low.min(0) {
            wrong.low = Some(format!("a balance fell to {low}"));
        }
        self.reported_low = low;
        wrong
    }
}

/// What is wrong between an order's status and its units sold and returned by the ledger. While an order is being
/// cancelled its units may be back already or not.
pub(super) fn disagreement(status: Option<Status>, quantity: i64, sold: i64, returned: i64) -> Option<String> {
    let Some(status) = status else {
        return (sold != 0 || returned != 0).then(|| "has ledger entries but does not exist".to_owned());
    };
    let expected = match status {
        Status::Confirmed | Status::Picking | Status::Shipped | Status::Delivered => sold == quantity && returned == 0,
        Status::Cancelling => sold == quantity && (returned == 0 || returned == quantity),
        Status::Cancelled => sold == quantity && returned == quantity,
        Status::Placed | Status::Compensating | Status::Failed | Status::Refunded => sold == 0 && returned == 0,
    };
    let status = status.word();
    (!expected).then(|| format!("of {quantity} units is {status}, the ledger has {sold} sold and {returned} returned"))
}
