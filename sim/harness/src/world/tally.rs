//! Running totals of a run, from events alone: the order side of the funnel, the series for charts, and whether
//! everything has settled.

use checkers::history::{CardStep, Event, EventKind, HoldStep, OrderEvent, Sku, Status};
use record::{Count, Gauge, Series};

/// Running totals.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests, repeats included.
    pub requests: u64,
    /// Requests that passed the edge.
    pub admitted: u64,
    /// Holds newly taken.
    pub reserved: u64,
    /// Payments captured.
    pub paid: u64,
    /// Orders committed.
    pub committed: u64,
    /// Orders that went into compensation.
    pub compensated: u64,
    /// Payments given back.
    pub refunded: u64,
    /// Orders delivered.
    pub delivered: u64,
    /// Orders placed, compensating or cancelling.
    pub unsettled: i64,
    /// Orders on their way from confirmed to delivered.
    pub undelivered: i64,
    /// Outbox rows that are not yet in the log, seen by their first publication.
    pub unpublished: i64,
    /// Units on hand in Postgres, over all products.
    pub on_hand: i64,
    /// When the last of all units was sold, in microseconds.
    pub sold_out_at_us: Option<i64>,
    /// Totals over time, for charts.
    pub series: Series,
    /// Which events of each order are in the log, by [`order_event_bit`].
    published: Vec<u8>,
    /// Units on hand in Postgres, by product.
    on_hand_by_sku: Vec<i64>,
    /// Orders by where they stand, in the order of [`Tally::stand`].
    standing: [i64; 10],
}

impl Tally {
    /// Takes in one event.
    pub fn count(&mut self, event: &Event) {
        let at_us = u64::try_from(event.at_us).unwrap_or(0);
        match event.kind {
            EventKind::Clicked { .. } => {
                self.requests += 1;
                self.series.count(Count::Clicked, at_us, 1);
            }
            EventKind::Answered { answer, latency_us, .. } => self.answered(answer, at_us, latency_us),
            EventKind::Admitted { .. } => {
                self.admitted += 1;
                self.series.count(Count::Admitted, at_us, 1);
            }
            EventKind::HoldMoved { step, .. } => self.hold(step, at_us),
            EventKind::OrderMoved { from, to, .. } => self.order(from, to, event.at_us),
            EventKind::CardMoved { step, .. } => self.card(step, at_us),
            EventKind::Stocked { sku, units } => self.stock(sku, units),
            EventKind::StockMoved { sku, delta, .. } => {
                self.stock(sku, delta);
                self.series.gauge(Gauge::StockLeftPostgres, at_us, self.on_hand);
                if self.on_hand == 0 {
                    self.sold_out_at_us = Some(event.at_us);
                }
            }
            EventKind::OutboxWritten { .. } => self.unpublished += 1,
            EventKind::Published { order, event, .. } => self.publish(order.0, event),
            EventKind::GateLost
            | EventKind::CounterRebuilt { .. }
            | EventKind::CounterSet { .. }
            | EventKind::BalanceSet { .. }
            | EventKind::OrderRemoved { .. }
            | EventKind::LineWritten { .. }
            | EventKind::EffectApplied { .. }
            | EventKind::SalesSet { .. }
            | EventKind::Committed
            | EventKind::FaultBegan { .. }
            | EventKind::FaultEnded { .. }
            | EventKind::QuietSince
            | EventKind::Shop(_) => {}
        }
    }

    fn stock(&mut self, sku: Sku, delta: i64) {
        self.on_hand += delta;
        let place = usize::from(sku.0);
        if place >= self.on_hand_by_sku.len() {
            self.on_hand_by_sku.resize(place + 1, 0);
        }
        self.on_hand_by_sku[place] += delta;
    }

    /// Units of a product on hand in Postgres.
    #[must_use]
    pub fn on_hand_of(&self, sku: Sku) -> i64 {
        self.on_hand_by_sku.get(usize::from(sku.0)).copied().unwrap_or(0)
    }

    fn answered(&mut self, answer: checkers::history::Answer, at_us: u64, latency_us: u32) {
        use checkers::history::Answer;
        if !matches!(answer, Answer::TimedOut | Answer::Reset) {
            self.series.latency(at_us, u64::from(latency_us));
        }
        match answer {
            Answer::SoldOut => self.series.count(Count::SoldOut, at_us, 1),
            Answer::Limited => self.series.count(Count::Limited, at_us, 1),
            Answer::Won { .. }
            | Answer::Pending { .. }
            | Answer::Declined { .. }
            | Answer::Ended { .. }
            | Answer::InFlight
            | Answer::KeyReused
            | Answer::Unavailable
            | Answer::Rejected { .. }
            | Answer::Failed { .. }
            | Answer::Reset
            | Answer::TimedOut
            | Answer::PriceChanged { .. } => {}
        }
    }

    fn hold(&mut self, step: HoldStep, at_us: u64) {
        match step {
            HoldStep::Taken => {
                self.reserved += 1;
                self.series.count(Count::Reserved, at_us, 1);
            }
            HoldStep::Released | HoldStep::Confirmed | HoldStep::Restocked => {}
        }
    }

    fn order(&mut self, from: Option<Status>, to: Status, at_us: i64) {
        let open = |status| matches!(status, Status::Placed | Status::Compensating | Status::Cancelling);
        let travelling = |status| matches!(status, Status::Confirmed | Status::Picking | Status::Shipped);
        self.unsettled += i64::from(open(to)) - i64::from(from.is_some_and(open));
        self.undelivered += i64::from(travelling(to)) - i64::from(from.is_some_and(travelling));
        let series_at_us = u64::try_from(at_us).unwrap_or(0);
        match to {
            Status::Confirmed => {
                self.committed += 1;
                self.series.count(Count::Committed, series_at_us, 1);
            }
            Status::Compensating => {
                self.compensated += 1;
                self.series.count(Count::Compensated, series_at_us, 1);
            }
            Status::Delivered => self.delivered += 1,
            Status::Placed
            | Status::Failed
            | Status::Refunded
            | Status::Picking
            | Status::Shipped
            | Status::Cancelling
            | Status::Cancelled => {}
        }
        self.series.gauge(Gauge::OpenOrders, series_at_us, self.unsettled);
        self.stand(from, -1, series_at_us);
        self.stand(Some(to), 1, series_at_us);
    }

    /// Counts orders by where they stand.
    fn stand(&mut self, status: Option<Status>, change: i64, at_us: u64) {
        let Some(status) = status else { return };
        let (place, gauge) = match status {
            Status::Placed => (0, Gauge::OrdersPlaced),
            Status::Compensating => (1, Gauge::OrdersCompensating),
            Status::Confirmed => (2, Gauge::OrdersConfirmed),
            Status::Picking => (3, Gauge::OrdersPicking),
            Status::Shipped => (4, Gauge::OrdersShipped),
            Status::Delivered => (5, Gauge::OrdersDelivered),
            Status::Cancelling => (6, Gauge::OrdersCancelling),
            Status::Cancelled => (7, Gauge::OrdersCancelled),
            Status::Failed => (8, Gauge::OrdersFailed),
            Status::Refunded => (9, Gauge::OrdersRefunded),
        };
        self.standing[place] += change;
        // A gauge that begins late would be read as having stood at its first value before.
        if !self.series.gauges.contains_key(&gauge) {
            self.series.gauge(gauge, 0, 0);
        }
        self.series.gauge(gauge, at_us, self.standing[place]);
    }

    fn card(&mut self, step: CardStep, at_us: u64) {
        match step {
            CardStep::Captured => {
                self.paid += 1;
                self.series.count(Count::Paid, at_us, 1);
            }
            CardStep::Refunded => {
                self.refunded += 1;
                self.series.count(Count::Refunded, at_us, 1);
            }
            CardStep::Authorized | CardStep::Declined | CardStep::Canceled => {}
        }
    }

    fn publish(&mut self, order: u32, event: OrderEvent) {
        let index = usize::try_from(order).expect("an order's number fits an index");
        if index >= self.published.len() {
            self.published.resize(index + 1, 0);
        }
        let bit = order_event_bit(event);
        if self.published[index] & bit == 0 {
            self.published[index] |= bit;
            self.unpublished -= 1;
        }
    }

    /// Whether nothing is left to do, as far as events tell.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.unsettled == 0 && self.undelivered == 0 && self.unpublished <= 0
    }
}

fn order_event_bit(event: OrderEvent) -> u8 {
    match event {
        OrderEvent::Confirmed => 1,
        OrderEvent::Refunded => 2,
        OrderEvent::Cancelled => 4,
        OrderEvent::Shipped => 8,
        OrderEvent::Delivered => 16,
    }
}
