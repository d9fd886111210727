//! What is on its way between processes: one calendar for all of it, turned by one task.
//!
//! A task that sleeps until its message arrives would be the plainer way. It costs a timer and a turn of the scheduler for
//! every message, a fifth of the time of a run. And since the runtime lets nothing sleep for less than a millisecond, no
//! message arrives any earlier for it: here what falls due within one is handed over together, in the order of its times.

use std::sync::{Mutex, MutexGuard, PoisonError};

use harness::world::agenda::Agenda;
use harness::world::time::Timeline;
use tokio::sync::Notify;

use super::process::Processes;

/// The shortest sleep the runtime knows, in microseconds.
const SHORTEST_SLEEP_US: i64 = 1_000;

/// Something that arrives. Dropped on its way, it tells its sender so by itself.
pub(super) trait Delivery: Send {
    /// Its time has come.
    fn arrive(self: Box<Self>, processes: &Processes);
}

/// Everything on its way.
pub(super) struct Deliveries {
    state: Mutex<State>,
    timeline: Timeline,
    wake: Notify,
}

struct State {
    due: Agenda<Box<dyn Delivery>>,
    /// Until when the handing over rests; `i64::MIN` while it does not.
    rests_until_us: i64,
}

impl Deliveries {
    pub(super) fn new(timeline: Timeline) -> Self {
        let state = State { due: Agenda::default(), rests_until_us: i64::MIN };
        Self { state: Mutex::new(state), timeline, wake: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends something at `now_us` that arrives at `at_us`.
    pub(super) fn add(&self, now_us: i64, at_us: i64, delivery: Box<dyn Delivery>) {
        let mut state = self.state();
        state.due.add(at_us, delivery);
        // Whoever is woken sleeps again for as long as the runtime makes it: nothing is gained within that time.
        if at_us < state.rests_until_us && now_us + SHORTEST_SLEEP_US < state.rests_until_us {
            state.rests_until_us = i64::MIN;
            self.wake.notify_one();
        }
    }

    /// Hands everything over as it falls due; never returns.
    pub(super) async fn hand_over(&self, processes: &Processes) {
        loop {
            let now_us = self.timeline.now_us();
            while let Some(delivery) = self.take_due(now_us) {
                delivery.arrive(processes);
            }
            let woken = self.wake.notified();
            match self.rest(now_us) {
                None => woken.await,
                Some(until_us) => {
                    let due = self.timeline.sleep_until(until_us);
                    tokio::select! { biased; () = woken => {}, () = due => {} }
                }
            }
            self.state().rests_until_us = i64::MIN;
        }
    }

    fn take_due(&self, now_us: i64) -> Option<Box<dyn Delivery>> {
        self.state().due.take_due(now_us)
    }

    /// Until when there is nothing to hand over; none when nothing is on its way.
    fn rest(&self, now_us: i64) -> Option<i64> {
        let state = &mut *self.state();
        let next_us = state.due.next_at();
        state.rests_until_us = next_us.map_or(i64::MAX, |next_us| next_us.max(now_us + SHORTEST_SLEEP_US));
        next_us
    }

    /// Drops everything that is on its way.
    pub(super) fn forget(&self) {
        let due = std::mem::take(&mut self.state().due);
        drop(due);
    }
}
