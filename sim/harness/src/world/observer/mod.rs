//! What the world sees of the platform from outside: commits of Postgres, replies of Redis, money at the card gateway,
//! records in the log, shoppers and their answers. Everything goes to the checkers and into the trace.

mod card;
pub(super) mod catalog;
mod database;
mod gate;
mod log;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use checkers::history::{Event, EventKind, OrderRef, PageRef, ShopEvent};
use checkers::targets::Figure;
use checkers::{Judge, Judgement, Limits, Snapshot};
use http::{Request, Response};
use platform::texts::Texts;
use postgres_engine::{CommitRecord, Value};
use redis_engine::{Redis, Reply};
use tokio::sync::oneshot;

use super::stage::Watch;
use super::tally::Tally;
use super::trace::Trace;

struct State {
    judge: Judge,
    tally: Tally,
    gate: gate::GateWatch,
    card: card::CardWatch,
    /// None in a world without a catalog.
    catalog: Option<catalog::CatalogWatch>,
    probes: BTreeMap<String, u64>,
    stop_when_unsafe: bool,
    /// The fence in Postgres says so.
    gate_is_open: bool,
    effects_awaited: Vec<(&'static str, oneshot::Sender<()>)>,
}

impl State {
    fn tell_of_effect(&mut self, consumer: &str) {
        for (_, awaited) in self.effects_awaited.extract_if(.., |(name, _)| *name == consumer) {
            // Whoever waited may have given up, and then need not be told.
            awaited.send(()).unwrap_or_default();
        }
    }
}

/// The observer of one run. Cloning shares it.
#[derive(Clone)]
pub struct Observer {
    state: Arc<Mutex<State>>,
    trace: Trace,
    /// Which database's commits and statements this one is told of.
    database: Database,
}

/// A database of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Database {
    Orders,
    Catalog,
}

impl Observer {
    /// An observer who holds the run to `limits`. `scripts` are the platform's Lua texts by name.
    #[must_use]
    pub fn new<'a>(limits: &Limits, scripts: impl Iterator<Item = (&'static str, &'a str)>, trace: Trace) -> Self {
        let state = State {
            judge: Judge::new(limits),
            tally: Tally::default(),
            gate: gate::GateWatch::new(scripts),
            card: card::CardWatch::default(),
            catalog: None,
            probes: BTreeMap::new(),
            stop_when_unsafe: false,
            gate_is_open: false,
            effects_awaited: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), trace, database: Database::Orders }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same observer, to be given to the catalog's database: its commits and statements are not those of orders.
    #[must_use]
    pub fn of_catalog(&self, texts: &Texts) -> Self {
        self.state().catalog = Some(catalog::CatalogWatch::new(texts));
        Self { database: Database::Catalog, ..self.clone() }
    }

    /// The trace of the run.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes in one event.
    pub fn observe(&self, at_us: i64, kind: EventKind) {
        self.take_in(&mut self.state(), at_us, kind);
    }

    fn take_in(&self, state: &mut State, at_us: i64, kind: EventKind) {
        let event = Event { at_us, kind };
        self.trace.record(&event);
        state.tally.count(&event);
        state.judge.observe(event);
    }

    /// The short name of an order, which becomes known if it was not.
    #[must_use]
    pub fn order(&self, order_id: &str) -> OrderRef {
        self.state().judge.history_mut().order(order_id)
    }

    /// An order's id.
    #[must_use]
    pub fn order_id(&self, order: OrderRef) -> String {
        self.state().judge.history().order_id(order).to_owned()
    }

    /// The page of the catalog of a name, which becomes known if it was not.
    #[must_use]
    pub fn page(&self, name: &str) -> PageRef {
        self.state().judge.history_mut().page(name)
    }

    /// Shows this observer every request between processes.
    #[must_use]
    pub fn watch(&self) -> Watch {
        let observer = self.clone();
        Arc::new(move |hop, service, request| {
            observer.trace.hop(hop);
            let state = &mut *observer.state();
            for kind in wire::decode(state.judge.history(), service, request) {
                observer.take_in(state, hop.at_us, kind);
            }
        })
    }

    /// A fault begins.
    pub fn fault_began(&self, at_us: i64, text: &str) {
        let state = &mut *self.state();
        let note = state.judge.history_mut().note(text);
        self.take_in(state, at_us, EventKind::FaultBegan { note });
    }

    /// A fault ends.
    pub fn fault_ended(&self, at_us: i64, text: &str) {
        let state = &mut *self.state();
        let note = state.judge.history_mut().note(text);
        self.take_in(state, at_us, EventKind::FaultEnded { note });
    }

    /// Counts that a rare state was reached.
    pub fn probe(&self, name: &str) {
        let probes = &mut self.state().probes;
        match probes.get_mut(name) {
            Some(times) => *times += 1,
            None => drop(probes.insert(name.to_owned(), 1)),
        }
    }

    /// The rare states that were reached, and how often.
    #[must_use]
    pub fn probes(&self) -> BTreeMap<String, u64> {
        self.state().probes.clone()
    }

    /// Redis has come back, perhaps without its latest writes.
    pub fn gate_lost(&self, at_us: i64) {
        self.observe(at_us, EventKind::GateLost);
    }

    /// Completes when a consumer's next effect has become durable.
    pub fn next_effect(&self, consumer: &'static str) -> impl Future<Output = ()> + use<> {
        let (sender, receiver) = oneshot::channel();
        self.state().effects_awaited.push((consumer, sender));
        async move { drop(receiver.await) }
    }

    /// Takes in what Postgres has just made durable.
    pub fn postgres_commits(&self, at_us: i64, commits: &[CommitRecord]) {
        let state = &mut *self.state();
        if self.database == Database::Catalog {
            self.catalog_commits(state, at_us, commits);
            return;
        }
        for commit in commits {
            for change in &commit.changes {
                if let Some(consumer) = database::effect_of(change) {
                    state.tell_of_effect(consumer);
                }
                state.gate_is_open = database::gate_opened(change).unwrap_or(state.gate_is_open);
                if let Some(kind) = database::decode(state.judge.history_mut(), change) {
                    self.take_in(state, at_us, kind);
                }
            }
            self.take_in(state, at_us, EventKind::Committed);
        }
    }

    fn catalog_commits(&self, state: &mut State, at_us: i64, commits: &[CommitRecord]) {
        for change in commits.iter().flat_map(|commit| &commit.changes) {
            if let Some(event) = catalog::decode(state.judge.history_mut(), change) {
                self.take_in(state, at_us, EventKind::Shop(event));
            }
        }
    }

    /// Takes in a statement that Postgres executes. Only those at the catalog are told of one by one.
    pub fn postgres_statement(&self, at_us: i64, sql: &str, params: &[Value]) {
        if self.database == Database::Orders {
            return;
        }
        let state = &mut *self.state();
        if let Some(name) = state.catalog.as_ref().and_then(|catalog| catalog.page_read(sql, params)) {
            let page = state.judge.history_mut().page(&name);
            self.take_in(state, at_us, EventKind::Shop(ShopEvent::PageLoaded { page }));
        }
    }

    /// Redis has died; in a world with carts that is worth knowing.
    pub fn redis_died(&self, at_us: i64) {
        let state = &mut *self.state();
        if state.catalog.is_some() {
            self.take_in(state, at_us, EventKind::Shop(ShopEvent::RedisDied));
        }
    }

    /// Takes in a command that Redis has just executed.
    pub fn redis_command(&self, at_us: i64, engine: &Redis, words: &[&[u8]], reply: &Reply) {
        let state = &mut *self.state();
        if let Some((name, version)) = state.catalog.as_ref().and_then(|catalog| catalog.page_cached(words, reply)) {
            let page = state.judge.history_mut().page(&name);
            self.take_in(state, at_us, EventKind::Shop(ShopEvent::PageCached { page, version }));
        }
        if let Some(kind) = state.gate.decode(state.judge.history_mut(), engine, words, reply) {
            self.take_in(state, at_us, kind);
        }
    }

    /// Takes in a request that the card gateway has just executed.
    pub fn card_gateway_answer(&self, at_us: i64, request: &Request<Bytes>, response: &Response<Bytes>) {
        let state = &mut *self.state();
        if let Some(kind) = state.card.decode(state.judge.history_mut(), request, response) {
            self.take_in(state, at_us, kind);
        }
    }

    /// Takes in a record that the log has just taken in.
    pub fn published(&self, at_us: i64, event_id: &str, partition: i32, offset: i64) {
        let state = &mut *self.state();
        if let Some(kind) = log::decode(state.judge.history_mut(), event_id, partition, offset) {
            self.take_in(state, at_us, kind);
        }
    }

    /// Whether the gate is open, as Postgres has it.
    #[must_use]
    pub fn gate_is_open(&self) -> bool {
        self.state().gate_is_open
    }

    /// Reads the running totals.
    pub fn tally<T>(&self, read: impl FnOnce(&Tally) -> T) -> T {
        read(&self.state().tally)
    }

    /// Notes a reading for the charts; before the doors open there is nothing to show.
    pub fn gauge(&self, gauge: record::Gauge, at_us: i64, reading: i64) {
        if let Ok(at_us) = u64::try_from(at_us) {
            self.state().tally.series.gauge(gauge, at_us, reading);
        }
    }

    /// From now on [`Observer::should_stop`] is true as soon as a safety rule is broken.
    pub fn stop_when_unsafe(&self) {
        self.state().stop_when_unsafe = true;
    }

    /// Whether the run need not go on.
    #[must_use]
    pub fn should_stop(&self) -> bool {
        let state = self.state();
        state.stop_when_unsafe && state.judge.is_unsafe()
    }

    /// The verdicts, with the stores as they are at the end.
    #[must_use]
    pub fn judge(&self, end: &Snapshot) -> Vec<Judgement> {
        self.state().judge.at_end(end)
    }

    /// The verdicts on what was seen so far, without the stores.
    #[must_use]
    pub fn judgements(&self) -> Vec<Judgement> {
        self.state().judge.judgements()
    }

    /// A figure of the run so far, as the checkers count it; none when nothing shows it yet.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> Option<i64> {
        self.state().judge.figure(figure)
    }

    /// Reads the history.
    pub fn history<T>(&self, read: impl FnOnce(&checkers::History) -> T) -> T {
        read(self.state().judge.history())
    }
}
