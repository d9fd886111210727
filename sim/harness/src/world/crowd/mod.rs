//! The crowd: an open-loop population that is drawn as it arrives.
//!
//! Half a million shoppers are half a million rows, not half a million tasks: one driver holds what they do next in a
//! heap, and requests come home by a callback. Arrivals follow the schedule whether or not the platform keeps up.

mod answer;
mod reply;
mod request;
mod visit;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use checkers::history::{Answer, EventKind, Sku};
use ports::http_port::ServiceName;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use record::{Funnel, Histogram, Outcome};
use tokio::sync::Notify;

use super::agenda::Agenda;
use super::network::NodeIndex;
use super::observer::Observer;
use super::stage::{Dispatched, Stage};
use super::time::Timeline;
use reply::{CheckoutReply, StatusReply, Unheard};
use request::Requests;
use visit::{Next, Visit};

/// The public face of the platform.
pub const GATEWAY: ServiceName = ServiceName("gateway");

/// What shoppers do, beyond what is drawn for each of them.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Wait before the first retry, in microseconds; it doubles.
    pub retry_backoff_us: i64,
    /// Wait of a bot before each retry, in microseconds.
    pub bot_retry_us: i64,
    /// What a slow network adds before a request reaches the platform, in microseconds.
    pub slow_network_us: i64,
    /// Out of a million shoppers, how many keep coming back after they were turned away.
    pub waiting_ppm: u32,
    /// How long they wait before each new click, in microseconds.
    pub waiting_retry_us: i64,
    /// Until when they come back, in microseconds from the start.
    pub waiting_until_us: i64,
    /// Out of a million winners, how many cancel their order.
    pub cancel_ppm: u32,
}

/// What is due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    /// Sends a request of the visit's current key.
    Send { visit: u32 },
    /// The shopper stops waiting for this request.
    GiveUp { visit: u32, attempt: u16, sent_us: i64 },
    /// The shopper leaves for good.
    Leave { visit: u32 },
    /// Asks what became of the pending order of this key.
    Poll { visit: u32, key: u32 },
    /// Clicks again under a new key, after this one has ended.
    ClickAnew { visit: u32, key: u32 },
    /// Cancels the order that was won.
    Cancel { visit: u32 },
    /// Whatever the cancellation was to bring about has begun.
    CancelTaken,
}

struct State {
    due: Agenda<Action>,
    visits: Vec<Visit>,
    open: u64,
    /// Requests that were neither answered nor given up: as long as there are any, orders may still come of them.
    unanswered: u64,
    keys: u32,
    /// Those who are looking around and may come yet.
    expected: u64,
    asleep_until_us: i64,
    entropy: ChaCha8Rng,
    funnel: Funnel,
    latencies: [Histogram; Outcome::ALL.len()],
    arrivals_over: bool,
}

/// The crowd of one run. Cloning shares it.
#[derive(Clone)]
pub struct Crowd<S: Stage> {
    state: Arc<Mutex<State>>,
    habits: Arc<Habits>,
    requests: Arc<Requests>,
    processes: S,
    at: NodeIndex,
    timeline: Timeline,
    observer: Observer,
    wake: Arc<Notify>,
}

/// One arrival, as the schedule and the catalogue gave it.
pub struct Arrival {
    /// When, in microseconds from the start.
    pub at_us: i64,
    /// Who.
    pub shopper: arrivals::Shopper,
    /// What they want.
    pub sku: Sku,
    /// The price they were shown, which the checkout then insists on; none for those who did not look.
    pub shown_cents: Option<i64>,
    /// Whether they buy at another price when they are told that it has changed.
    pub accepts_price: bool,
    /// Their number among all who come, if they did something under it before.
    pub number: Option<u32>,
}

impl<S: Stage> Crowd<S> {
    /// A crowd at `at` that wants products of these names.
    #[must_use]
    pub fn new(
        habits: Habits,
        skus: &[String],
        processes: S,
        at: NodeIndex,
        timeline: Timeline,
        observer: Observer,
        seed: u64,
    ) -> Self {
        let state = State {
            due: Agenda::default(),
            visits: Vec::new(),
            open: 0,
            unanswered: 0,
            keys: 0,
            expected: 0,
            asleep_until_us: i64::MAX,
            entropy: ChaCha8Rng::seed_from_u64(seed),
            funnel: Funnel::default(),
            latencies: std::array::from_fn(|_| Histogram::default()),
            arrivals_over: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            habits: Arc::new(habits),
            requests: Arc::new(Requests::new(skus)),
            processes,
            at,
            timeline,
            observer,
            wake: Arc::new(Notify::new()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets shoppers arrive and act until the last has left.
    pub async fn run(self, arrivals: impl Iterator<Item = Arrival>) {
        let mut arrivals = arrivals.peekable();
        loop {
            let now_us = self.timeline.now_us();
            while arrivals.peek().is_some_and(|arrival| arrival.at_us <= now_us) {
                let arrival = arrivals.next().expect("it was just looked at");
                self.arrive(&arrival, now_us);
            }
            while let Some(action) = self.next_due(now_us) {
                self.act(action, now_us);
            }
            let next_arrival_us = arrivals.peek().map(|arrival| arrival.at_us);
            let next_us = self.plan_sleep(next_arrival_us);
            if self.is_empty() {
                return;
            }
            let Some(next_us) = next_us else {
                self.wake.notified().await;
                continue;
            };
            let due = self.timeline.sleep_until(next_us);
            let woken = self.wake.notified();
            tokio::select! { biased; () = woken => {}, () = due => {} }
        }
    }

    /// Whether everyone has come and gone, and no request of theirs is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().is_empty()
    }

    /// Somebody is looking around who may come to buy: [`Crowd::come`] or [`Crowd::nobody_comes`] follows.
    pub fn expect_one(&self) {
        self.state().expected += 1;
    }

    /// One who was expected comes to the checkout.
    pub fn come(&self, arrival: &Arrival) {
        self.state().expected -= 1;
        self.arrive(arrival, self.timeline.now_us());
        self.wake_if_due();
    }

    /// One who was expected does not come.
    pub fn nobody_comes(&self) {
        self.state().expected -= 1;
        self.wake_if_due();
    }

    /// How far shoppers came.
    #[must_use]
    pub fn funnel(&self) -> Funnel {
        self.state().funnel
    }

    /// From click to final answer, per outcome.
    #[must_use]
    pub fn latencies(&self) -> Vec<(Outcome, Histogram)> {
        let state = self.state();
        Outcome::ALL.into_iter().zip(state.latencies.iter().cloned()).collect()
    }

    fn plan_sleep(&self, next_arrival_us: Option<i64>) -> Option<i64> {
        let state = &mut *self.state();
        state.arrivals_over = next_arrival_us.is_none();
        let next_due_us = state.due.next_at();
        let next_us = [next_arrival_us, next_due_us].into_iter().flatten().min();
        state.asleep_until_us = next_us.unwrap_or(i64::MAX);
        next_us
    }

    fn next_due(&self, now_us: i64) -> Option<Action> {
        self.state().due.take_due(now_us)
    }

    fn arrive(&self, arrival: &Arrival, now_us: i64) {
        let state = &mut *self.state();
        let waits = state.happens(self.habits.waiting_ppm);
        let number = u32::try_from(state.visits.len()).expect("fewer than 2^32 shoppers");
        let visit = Visit::new(arrival, number, state.new_key(), waits, now_us);
        state.visits.push(visit);
        state.open += 1;
        state.funnel.clicked += 1;
        let send_us = now_us + visit.added_us(self.habits.slow_network_us);
        state.plan(send_us, Action::Send { visit: number });
        if let Some(after_us) = visit.second_click_after_us {
            state.plan(send_us + after_us, Action::Send { visit: number });
        }
        if let Some(after_us) = visit.leaves_after_us {
            state.plan(now_us + after_us, Action::Leave { visit: number });
        }
    }

    fn act(&self, action: Action, now_us: i64) {
        match action {
            Action::Send { visit } => self.send(visit, now_us),
            Action::GiveUp { visit, attempt, sent_us } => self.answered(visit, attempt, sent_us, Answer::TimedOut),
            Action::Leave { visit } => self.leave(visit, now_us),
            Action::Poll { visit, key } => self.poll(visit, key),
            Action::ClickAnew { visit, key } => self.click_anew(visit, key, now_us),
            Action::Cancel { visit } => self.cancel(visit, now_us),
            Action::CancelTaken => self.state().open -= 1,
        }
    }

    fn send(&self, number: u32, now_us: i64) {
        let (request, draw, attempt, clicked, patience, offered) = {
            let state = &mut *self.state();
            let visit = &mut state.visits[visit::index(number)];
            if visit.is_over() {
                return;
            }
            let before = visit.unanswered();
            let attempt = visit.open_attempt(now_us);
            state.unanswered += visit.unanswered() - before;
            let clicked = EventKind::Clicked { shopper: number, key: visit.key, sku: visit.sku, attempt };
            let give_up_us = now_us + visit.timeout_us;
            let patience = visit.patience(now_us);
            let request = self.requests.checkout(visit);
            let offered = visit.offered();
            state.plan(give_up_us, Action::GiveUp { visit: number, attempt, sent_us: now_us });
            (request, state.entropy.next_u64(), attempt, clicked, patience, offered)
        };
        if let Some(offered) = offered {
            self.observer.observe(now_us, offered);
        }
        self.observer.observe(now_us, clicked);
        let crowd = self.clone();
        let reply = CheckoutReply { crowd, visit: number, attempt, sent_us: now_us, patience, answered: false };
        match self.processes.send(self.at, GATEWAY, draw, request, reply) {
            Dispatched::Sent | Dispatched::Silent | Dispatched::Refused(_) => {}
        }
    }

    /// A request came to an end while its shopper was still listening.
    fn answered(&self, number: u32, attempt: u16, sent_us: i64, answer: Answer) {
        let now_us = self.timeline.now_us();
        let state = &mut *self.state();
        let visit = &mut state.visits[visit::index(number)];
        let before = visit.unanswered();
        let heard = visit.close_attempt(attempt);
        state.unanswered -= before - visit.unanswered();
        if !heard {
            return;
        }
        let kind = EventKind::Answered {
            shopper: number,
            key: visit.key,
            answer,
            latency_us: u32::try_from(now_us - sent_us).unwrap_or(u32::MAX),
        };
        self.observer.observe(now_us, kind);
        self.follow(state, number, answer, now_us);
    }

    /// Decides what the shopper does next.
    fn follow(&self, state: &mut State, number: u32, answer: Answer, now_us: i64) {
        let visit = &mut state.visits[visit::index(number)];
        let next = visit.after(answer, &self.habits);
        let key = visit.key;
        match next {
            Next::Nothing => {}
            Next::Retry { after_us } => state.plan(now_us + after_us, Action::Send { visit: number }),
            Next::Poll { after_us } => state.plan(now_us + after_us, Action::Poll { visit: number, key }),
            Next::BuyAtNewPrice => {
                self.observer.probe("new-price-accepted");
                state.plan(now_us + NEW_PRICE_US, Action::ClickAnew { visit: number, key });
            }
            Next::End(outcome) => self.end(state, number, outcome, now_us),
        }
    }

    fn end(&self, state: &mut State, number: u32, outcome: Outcome, now_us: i64) {
        let waits = self.habits.waiting_until_us > now_us + self.habits.waiting_retry_us;
        let cancels = outcome == Outcome::Won && state.happens(self.habits.cancel_ppm);
        let visit = &mut state.visits[visit::index(number)];
        if visit.waits && waits && matches!(outcome, Outcome::SoldOut | Outcome::Limited | Outcome::Failed) {
            let again = Action::ClickAnew { visit: number, key: visit.key };
            state.plan(now_us + self.habits.waiting_retry_us, again);
            return;
        }
        let latency_us = u64::try_from(now_us - visit.clicked_us).unwrap_or(0);
        visit.finish();
        state.open -= 1;
        state.note(outcome, latency_us);
        if cancels {
            state.open += 1;
            state.plan(now_us + 300_000, Action::Cancel { visit: number });
        }
    }

    fn leave(&self, number: u32, now_us: i64) {
        let state = &mut *self.state();
        if !state.visits[visit::index(number)].is_over() {
            state.visits[visit::index(number)].waits = false;
            self.end(state, number, Outcome::Abandoned, now_us);
        }
    }

    /// A key that was answered twice (its shopper had clicked twice) is followed by one new key, not by two.
    fn click_anew(&self, number: u32, ended_key: u32, now_us: i64) {
        {
            let state = &mut *self.state();
            let visit = &state.visits[visit::index(number)];
            if visit.is_over() || visit.key != ended_key {
                return;
            }
            state.unanswered -= visit.unanswered();
            let key = state.new_key();
            state.visits[visit::index(number)].renew(key, now_us);
        }
        self.send(number, now_us);
    }

    fn poll(&self, number: u32, key: u32) {
        let (request, draw) = {
            let state = &mut *self.state();
            let visit = &state.visits[visit::index(number)];
            let asks = !visit.is_over() && visit.key == key;
            let Some(order) = visit.order.filter(|_| asks) else { return };
            let request = self.requests.status(visit.name, &self.observer.order_id(order));
            (request, state.entropy.next_u64())
        };
        let reply = StatusReply { crowd: self.clone(), visit: number, key, answered: false };
        match self.processes.send(self.at, GATEWAY, draw, request, reply) {
            Dispatched::Sent | Dispatched::Silent | Dispatched::Refused(_) => {}
        }
    }

    /// A status request came to an end; `None` when no answer came. Nobody listens once the shopper has a new key.
    fn polled(&self, number: u32, key: u32, answer: Option<Answer>) {
        let now_us = self.timeline.now_us();
        let state = &mut *self.state();
        let visit = &mut state.visits[visit::index(number)];
        if visit.is_over() || visit.key != key {
            return;
        }
        if let Some(answer) = answer
            && !matches!(answer, Answer::Pending { .. })
        {
            let latency_us = u32::try_from(now_us - visit.clicked_us).unwrap_or(u32::MAX);
            let kind = EventKind::Answered { shopper: number, key, answer, latency_us };
            self.observer.observe(now_us, kind);
            self.follow(state, number, answer, now_us);
            return;
        }
        match visit.after_poll() {
            Next::Poll { after_us } => state.plan(now_us + after_us, Action::Poll { visit: number, key }),
            Next::End(outcome) => self.end(state, number, outcome, now_us),
            Next::Nothing | Next::Retry { .. } | Next::BuyAtNewPrice => {}
        }
    }

    fn cancel(&self, number: u32, now_us: i64) {
        let (request, draw) = {
            let state = &mut *self.state();
            state.plan(now_us + CANCEL_TAKEN_US, Action::CancelTaken);
            let visit = &state.visits[visit::index(number)];
            let Some(order) = visit.order else { return };
            let request = self.requests.cancel(visit.name, &self.observer.order_id(order));
            (request, state.entropy.next_u64())
        };
        match self.processes.send(self.at, GATEWAY, draw, request, Unheard) {
            Dispatched::Sent | Dispatched::Silent | Dispatched::Refused(_) => {}
        }
    }

    /// Wakes the driver if something has become due before it would wake by itself.
    fn wake_if_due(&self) {
        let state = &mut *self.state();
        let asleep_until_us = state.asleep_until_us;
        if state.is_empty() || state.due.next_at().is_some_and(|at_us| at_us < asleep_until_us) {
            self.wake.notify_one();
        }
    }
}

/// How long it takes to look at a changed price and buy all the same, in microseconds.
const NEW_PRICE_US: i64 = 300_000;

/// How long a cancellation, whose answer nobody waits for, has to reach the platform, in microseconds.
const CANCEL_TAKEN_US: i64 = 1_000_000;

impl State {
    fn is_empty(&self) -> bool {
        self.arrivals_over && self.open == 0 && self.unanswered == 0 && self.expected == 0
    }

    fn plan(&mut self, at_us: i64, action: Action) {
        self.due.add(at_us, action);
    }

    fn new_key(&mut self) -> u32 {
        self.keys += 1;
        self.keys - 1
    }

    fn happens(&mut self, ppm: u32) -> bool {
        self.entropy.next_u64() % 1_000_000 < u64::from(ppm)
    }

    fn note(&mut self, outcome: Outcome, latency_us: u64) {
        self.latencies[outcome as usize].record(latency_us);
        let funnel = &mut self.funnel;
        match outcome {
            Outcome::Won => {}
            Outcome::SoldOut => funnel.sold_out += 1,
            Outcome::Limited => funnel.limited += 1,
            Outcome::Queued => funnel.pending += 1,
            Outcome::Declined => funnel.declined += 1,
            Outcome::Abandoned => funnel.abandoned += 1,
            Outcome::TimedOut => funnel.timed_out += 1,
            Outcome::Failed => funnel.failed += 1,
        }
    }
}
