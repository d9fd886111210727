//! Judges orders from their rows, their recorded transitions, the card gateway, and what was observed during the run.

use std::collections::BTreeMap;

use super::illegal;
use crate::history::{Answer, Event, EventKind, History, OrderRef, Status};
use crate::snapshot::{Line, Money, OrderRow, TransitionRow};
use crate::{Findings, Snapshot};

pub(super) fn judge(end: &Snapshot, history: &History, findings: &mut Findings) {
    let mut judge = TablesJudge { at_us: end.taken_at_us, history, findings };
    judge.rows(end);
    judge.observed(end);
}

struct TablesJudge<'a> {
    at_us: i64,
    history: &'a History,
    findings: &'a mut Findings,
}

impl TablesJudge<'_> {
    fn wrong(&mut self, order_id: &str, what: &str) {
        let orders: Vec<OrderRef> = self.history.find_order(order_id).into_iter().collect();
        self.findings.violated(self.at_us, None, &orders, format!("at the end, {order_id} {what}"));
    }

    fn rows(&mut self, end: &Snapshot) {
        let mut transitions = end.tables.transitions_by_order();
        let lines = end.tables.lines_by_order();
        for order in &end.tables.orders {
            self.lines(order, &lines[order.order_id.as_str()]);
        }
        for line in end.tables.order_lines.iter().filter(|line| !lines.contains_key(line.order_id.as_str())) {
            self.wrong(&line.order_id, &format!("has a line of {} but does not exist", line.sku));
        }
        let money = end.money_by_order();
        if money.is_none() {
            self.findings.could_not_judge("the card gateway was not read");
        }
        for order in &end.tables.orders {
            let moves = transitions.remove(order.order_id.as_str()).unwrap_or_default();
            self.transitions(order, &moves);
            if let Some(money) = &money {
                self.paid(order, &moves, money);
            }
        }
        for order_id in transitions.keys() {
            self.wrong(order_id, "has transitions but does not exist");
        }
    }

    /// As many lines as the order says, each of another product, in the order of their names, and each for something.
    fn lines(&mut self, order: &OrderRow, lines: &[Line<'_>]) {
        let id = &order.order_id;
        if i64::try_from(lines.len()) != Ok(order.line_count) {
            self.wrong(id, &format!("says it has {} lines, but has {}", order.line_count, lines.len()));
        }
        if lines.windows(2).any(|pair| pair[0].sku >= pair[1].sku) {
            self.wrong(id, "has its lines out of order");
        }
        if lines.iter().any(|line| line.quantity <= 0 || line.amount_cents <= 0) {
            self.wrong(id, "has a line of nothing or for nothing");
        }
    }

    /// A chain without gaps that starts at placed, moves only as it may, and ends where the order stands.
    fn transitions(&mut self, order: &OrderRow, moves: &[&TransitionRow]) {
        let id = &order.order_id;
        let mut known = None;
        for (expected, row) in (1..).zip(moves) {
            if row.seq != expected {
                self.wrong(id, &format!("has transition {} where {expected} is due", row.seq));
                return;
            }
            let from = row.from_status.as_deref().map(Status::parse);
            let (Some(to), None | Some(Some(_))) = (Status::parse(&row.to_status), from) else {
                self.wrong(id, &format!("has transition {expected} with a status that no order has"));
                return;
            };
            if let Some(what) = illegal(known, from.flatten(), to) {
                self.wrong(id, &what);
            }
            known = Some(to);
        }
        if known.is_none_or(|last| last.word() != order.status) {
            let recorded = known.map_or("nothing", Status::word);
            self.wrong(id, &format!("is {}, but its transitions end at {recorded}", order.status));
        }
    }

    fn paid(&mut self, order: &OrderRow, moves: &[&TransitionRow], money: &BTreeMap<&str, Money>) {
        let committed = moves.iter().any(|row| row.to_status == Status::Confirmed.word());
        if committed && money.get(order.order_id.as_str()).is_none_or(|money| money.captured_cents == 0) {
            self.wrong(&order.order_id, "was committed but never paid");
        }
    }

    /// What was committed and acknowledged during the run is still there.
    fn observed(&mut self, end: &Snapshot) {
        if self.history.counts().all == 0 {
            self.findings.could_not_judge("what shoppers were told was not observed");
            return;
        }
        let rows = end.tables.orders_by_id();
        let transitions = end.tables.transitions_by_order();
        for order in self.history.all_orders() {
            let id = self.history.order_id(order);
            let row = rows.get(id).copied();
            let events = self.history.events_of(order);
            if row.is_none() && events.iter().any(acknowledges) {
                self.wrong(id, "was acknowledged to its shopper and is gone");
            } else if row.is_none() && events.iter().any(|event| matches!(event.kind, EventKind::OrderMoved { .. })) {
                self.wrong(id, "was committed to the database and is gone");
            } else if row.is_some() {
                let moves = transitions.get(id).map_or(&[][..], Vec::as_slice);
                self.moves_stay(id, &events, moves);
            }
        }
    }

    /// Every move the commit feed told of is recorded, at its place. Later ones may have been missed by the observer.
    fn moves_stay(&mut self, id: &str, events: &[Event], recorded: &[&TransitionRow]) {
        let mut recorded = recorded.iter();
        for event in events {
            let EventKind::OrderMoved { to, .. } = event.kind else { continue };
            if recorded.next().is_none_or(|row| row.to_status != to.word()) {
                self.wrong(id, &format!("has lost its move to {}", to.word()));
                return;
            }
        }
    }
}

/// Whether the shopper was told that the order exists.
fn acknowledges(event: &Event) -> bool {
    let EventKind::Answered { answer, .. } = event.kind else { return false };
    matches!(answer, Answer::Won { .. } | Answer::Declined { .. } | Answer::Ended { .. })
}
