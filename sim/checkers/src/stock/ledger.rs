//! Follows the ledger, the balances and the orders through the commit feed, and judges them at each commit.

use crate::Findings;
use crate::explain::rival;
use crate::history::{History, Movement, OrderRef, PerOrder, Sku, Status};

/// What the commit feed has told so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    skus: Vec<SkuStock>,
    orders: PerOrder<OrderStock>,
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
        self.sku(sku).sold -= delta;
        self.order_touched(order, sku);
        let entry = self.orders.of(order);
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
        let balances = &mut self.sku(sku).balances;
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
            let entry = *self.orders.of(order);
            let status = history.order_now(order).map(|now| now.status);
            let quantity = history.order_now(order).map_or(0, |now| i64::from(now.quantity));
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
            let wrong = self.skus[usize::from(sku.0)].judge(limit);
            if !wrong.is_empty() && !findings.is_full() {
                // Stock goes wrong between two: whoever was committed meanwhile belongs to the picture.
                let rival = buyers.last().and_then(|buyer| rival(*buyer, history));
                buyers.extend(rival.filter(|rival| !buyers.contains(rival)));
            }
            for what in wrong {
                let what = format!("{}: {what}", history.sku_name(sku));
                findings.violated(at_us, Some(sku), &buyers, what);
            }
        }
    }

    /// Keeps the sum of units that orders own by their status, whatever the ledger says.
    fn follow_order(&mut self, order: OrderRef, sku: Sku, history: &History) {
        let now = history.order_now(order);
        let owns = now.is_some_and(|now| now.status.stands() || now.status == Status::Cancelling);
        let owned = if owns { now.map_or(0, |now| i64::from(now.quantity)) } else { 0 };
        let before = std::mem::replace(&mut self.orders.of(order).owned, owned);
        self.skus[usize::from(sku.0)].owned_by_orders += owned - before;
    }
}

impl SkuStock {
    fn judge(&mut self, demanded: Option<i64>) -> Vec<String> {
        let mut wrong = Vec::new();
        let stocked = demanded.unwrap_or(self.stocked);
        let committed = self.sold.max(self.owned_by_orders);
        let excess = committed - stocked;
        if excess > self.reported_excess.max(0) {
            wrong.push(format!("oversold: {committed} units committed, {stocked} stocked"));
        }
        self.reported_excess = excess;
        let balance: i64 = self.balances.iter().map(|(_, on_hand)| on_hand).sum();
        let summed = self.stocked - self.sold;
        let gap = summed - balance;
        if gap != 0 && gap != self.reported_gap {
            wrong.push(format!("the ledger sums to {summed}, the balance says {balance}"));
        }
        self.reported_gap = gap;
        let low = self.balances.iter().map(|(_, on_hand)| *on_hand).min().unwrap_or(0);
        if low < self.reported_low.min(0) {
            wrong.push(format!("a balance fell to {low}"));
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
