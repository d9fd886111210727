//! The gate's steps: holds, counters, losses.

use super::*;

impl Story {
    fn gate_sku(&mut self, sku: Sku) -> &mut GateSku {
        &mut self.end.gate.as_mut().unwrap().skus[usize::from(sku.0)]
    }

    /// Moves the counter and shows it.
    fn hold_moved(&mut self, id: &str, step: HoldStep, delta: i64) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let counter = self.gate_sku(sku).counter.as_mut().unwrap();
        *counter += delta;
        let remaining = *counter;
        let order = self.order(id);
        self.see(EventKind::HoldMoved { order, sku, step, quantity, remaining });
    }

    fn drop_live_hold(&mut self, id: &str) {
        let sku = self.wish_of(id).sku;
        self.gate_sku(sku).holds.retain(|hold| hold.order_id != id);
    }

    fn add_live_hold(&mut self, id: &str) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let (order_id, state, quantity) = (id.to_owned(), Some("held".to_owned()), i64::from(quantity));
        self.gate_sku(sku).holds.push(HoldRow { order_id, state, quantity });
    }

    pub(crate) fn take_hold(&mut self, id: &str, units: i64) -> bool {
        let sku = self.wish_of(id).sku;
        if self.gate_sku(sku).counter.is_none_or(|counter| counter < units) {
            return false;
        }
        self.hold_states.insert(id.to_owned(), "held");
        self.add_live_hold(id);
        self.hold_moved(id, HoldStep::Taken, -units);
        true
    }

    pub(crate) fn confirm_hold(&mut self, id: &str) {
        let units = i64::from(self.wish_of(id).quantity);
        let before = self.hold_states.insert(id.to_owned(), "confirmed");
        self.drop_live_hold(id);
        match before {
            Some("held") => self.hold_moved(id, HoldStep::Confirmed, 0),
            Some("confirmed") => {}
            _ => self.hold_moved(id, HoldStep::Confirmed, -units),
        }
    }

    pub(crate) fn release_hold(&mut self, id: &str) {
        if self.hold_states.get(id) == Some(&"held") {
            let units = i64::from(self.wish_of(id).quantity);
            self.hold_states.insert(id.to_owned(), "released");
            self.drop_live_hold(id);
            self.hold_moved(id, HoldStep::Released, units);
        }
    }

    pub(crate) fn restock(&mut self, id: &str) {
        if self.hold_states.insert(id.to_owned(), "restocked") != Some("restocked") {
            let units = i64::from(self.wish_of(id).quantity);
            self.hold_moved(id, HoldStep::Restocked, units);
        }
    }

    /// Redis restarts empty, and the inventory role builds the counters anew from Postgres.
    pub(crate) fn lose_gate_and_rebuild(&mut self) {
        self.see(EventKind::GateLost);
        self.rebuild();
    }

    pub(crate) fn rebuild(&mut self) {
        let fence = self.end.tables.gate_epoch.as_mut().unwrap();
        fence.epoch += 1;
        let epoch = fence.epoch;
        self.end.gate.as_mut().unwrap().epoch = Some(epoch);
        self.hold_states.clear();
        for sku in [CONSOLE, LAMP] {
            let counter = self.on_hand(sku);
            let state = self.gate_sku(sku);
            state.holds.clear();
            state.counter = Some(counter);
        }
        for row in self.end.tables.orders.clone() {
            let id = &row.order_id;
            let state = match row.parsed().unwrap() {
                Status::Placed => "held",
                Status::Confirmed | Status::Picking | Status::Shipped | Status::Delivered | Status::Cancelling => {
                    "confirmed"
                }
                Status::Compensating | Status::Failed | Status::Refunded => "released",
                Status::Cancelled => "restocked",
            };
            self.hold_states.insert(id.clone(), state);
            if state == "held" {
                self.add_live_hold(id);
                let sku = self.wish_of(id).sku;
                *self.gate_sku(sku).counter.as_mut().unwrap() -= row.quantity;
            }
        }
        for sku in [CONSOLE, LAMP] {
            let counter = self.gate_sku(sku).counter.unwrap();
            let epoch = u32::try_from(epoch).unwrap();
            self.see(EventKind::CounterRebuilt { sku, epoch, counter });
        }
    }
}
