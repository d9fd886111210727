//! Redis as a machine on the network: one thread that commands queue for, connections that end with a restart, stalls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis_engine::{ClientId, Config, Redis, Reply};
use tokio::sync::watch;

use super::Life;
use crate::world::network::{Network, NodeIndex};
use crate::world::observer::Observer;
use crate::world::station::Station;
use crate::world::time::{EPOCH_US, Timeline};
use crate::world::trace::EngineAnswer;

/// Service times, from the calibration file. Redis runs commands on one thread.
#[derive(Debug, Clone, Copy)]
pub struct RedisCosts {
    /// Time of a plain command, in microseconds.
    pub command_us: i64,
    /// Time of a script, in microseconds.
    pub script_us: i64,
}

/// A connection, void after a restart of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    client: ClientId,
    boot: u32,
}

/// How a command ended, seen from the client's end of the wire.
#[derive(Debug)]
pub enum Ended {
    /// The server's answer.
    Answered(Reply),
    /// The connection is gone.
    Lost,
    /// Nothing will come.
    Silent,
}

struct State {
    engine: Redis,
    up: bool,
    boot: u32,
    thread: Station,
}

/// The machine Redis runs on.
pub struct RedisHost {
    state: Mutex<State>,
    life: watch::Sender<Life>,
    costs: RedisCosts,
    at: NodeIndex,
    network: Network,
    timeline: Timeline,
    observer: Observer,
}

impl RedisHost {
    /// An empty server at `at`.
    #[must_use]
    pub fn new(
        at: NodeIndex,
        config: Config,
        costs: RedisCosts,
        network: Network,
        timeline: Timeline,
        observer: Observer,
        seed: u64,
    ) -> Arc<Self> {
        let state = State { engine: Redis::new(config, seed), up: true, boot: 0, thread: Station::new(1) };
        let life = Life::begin();
        Arc::new(Self { state: Mutex::new(state), life, costs, at, network, timeline, observer })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server runs, to be watched by whoever takes its connections.
    #[must_use]
    pub fn life(&self) -> watch::Receiver<Life> {
        self.life.subscribe()
    }

    /// Where the server is on the network.
    #[must_use]
    pub fn place(&self) -> NodeIndex {
        self.at
    }

    fn wall_ms(&self) -> i64 {
        (EPOCH_US + self.timeline.now_us()).div_euclid(1_000)
    }

    /// Connects after a round trip; `None` when nobody listens or the network is silent.
    pub async fn connect(&self, from: NodeIndex) -> Option<Link> {
        let there_us = self.network.delay_us(from, self.at)?;
        let back_us = self.network.delay_us(self.at, from)?;
        self.timeline.busy_until(self.timeline.now_us() + there_us + back_us).await;
        let state = &mut *self.state();
        state.up.then(|| Link { client: state.engine.connect(), boot: state.boot })
    }

    /// Ends a connection.
    pub fn disconnect(&self, link: Link) {
        let state = &mut *self.state();
        if state.up && state.boot == link.boot {
            state.engine.disconnect(link.client);
        }
    }

    /// Sends a command and waits for what comes of it.
    pub async fn run(&self, from: NodeIndex, link: Link, words: &[&[u8]]) -> Ended {
        let Some(there_us) = self.network.delay_us(from, self.at) else { return Ended::Silent };
        let is_script = words.first().is_some_and(|verb| verb.len() >= 4 && verb[..4].eq_ignore_ascii_case(b"eval"));
        let service_us = if is_script { self.costs.script_us } else { self.costs.command_us };
        let arrives_us = self.timeline.now_us() + there_us;
        let done_us = self.state().thread.serve(arrives_us, service_us);
        self.timeline.busy_until(done_us).await;
        let Some(reply) = self.execute(link, words) else { return Ended::Lost };
        let Some(back_us) = self.network.delay_us(self.at, from) else { return Ended::Silent };
        let ok = !reply.is_error();
        self.observer.trace().answer(EngineAnswer { at_us: done_us, engine: "redis", from, size: 1, ok });
        self.timeline.busy_until(self.timeline.now_us() + back_us).await;
        let state = self.state();
        if state.up && state.boot == link.boot { Ended::Answered(reply) } else { Ended::Lost }
    }

    fn execute(&self, link: Link, words: &[&[u8]]) -> Option<Reply> {
        let now_ms = self.wall_ms();
        let state = &mut *self.state();
        if !state.up || state.boot != link.boot {
            return None;
        }
        let reply = state.engine.execute(link.client, words, now_ms);
        self.observer.redis_command(self.timeline.now_us(), &state.engine, words, &reply);
        Some(reply)
    }

    /// The server dies. What its persistence had not yet written is lost when it comes back.
    pub fn crash(&self) {
        let state = &mut *self.state();
        state.up = false;
        state.boot += 1;
        self.life.send_replace(Life { up: false, boot: state.boot });
    }

    /// The server is back, with what its disk had.
    pub fn restart(&self) {
        let now_ms = self.wall_ms();
        let state = &mut *self.state();
        state.engine.crash_and_restart(now_ms);
        state.up = true;
        self.life.send_replace(Life { up: true, boot: state.boot });
    }

    /// The replica takes over; writes it had not yet seen are lost.
    pub fn fail_over(&self) {
        let now_ms = self.wall_ms();
        let state = &mut *self.state();
        state.boot += 1;
        state.engine.fail_over(now_ms);
        state.up = true;
        self.life.send_replace(Life { up: true, boot: state.boot });
    }

    /// How many holds live in the index of a product.
    #[must_use]
    pub fn live_holds(&self, sku: &str) -> usize {
        let key = format!("holds:{{{sku}}}");
        self.state().engine.sorted_set(key.as_bytes()).count()
    }

    /// What the counter of a product says; `None` when there is none.
    #[must_use]
    pub fn counter(&self, sku: &str) -> Option<i64> {
        self.state().engine.get_integer(format!("stock:{{{sku}}}").as_bytes())
    }

    /// Units of a product that the gate offers right now: none while the server is away.
    #[must_use]
    pub fn offered(&self, sku: &str) -> i64 {
        let is_up = self.state().up;
        if is_up { self.counter(sku).unwrap_or(0) } else { 0 }
    }

    /// Nothing is worked on until `until_us`, as when a slow command or a fork holds the thread.
    pub fn stall_until(&self, until_us: i64) {
        self.state().thread.stall_until(until_us);
    }

    /// Does what the engine does by itself (flushes, snapshots, expiry), for as long as the machine runs.
    pub async fn keep_time(self: Arc<Self>) {
        const TICK_US: i64 = 100_000;
        loop {
            self.timeline.sleep_until(self.timeline.now_us() + TICK_US).await;
            let now_ms = self.wall_ms();
            let state = &mut *self.state();
            if state.up {
                state.engine.advance(now_ms);
            }
        }
    }
}
