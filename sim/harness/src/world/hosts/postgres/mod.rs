//! Postgres as a machine on the network: sessions, queueing for CPU and log, and crashes.
//!
//! The engine decides what a statement does; this file decides when, and `faults` whether its answer comes home.

mod faults;

pub use faults::PostgresFaults;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use postgres_engine::{Config, PgError, Postgres, Reply, SessionId, Step, SyntaxTrees, Value};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::sync::{Notify, oneshot, watch};

use faults::STATEMENT_TIMEOUT_US;

use super::Life;
use super::change_stream::ChangeStreamHost;
use crate::world::network::{Network, NodeIndex};
use crate::world::observer::Observer;
use crate::world::station::{FlushedLog, Station};
use crate::world::time::{EPOCH_US, Timeline};
use crate::world::trace::EngineAnswer;

/// Service times and parallelism, from the calibration file.
#[derive(Debug, Clone, Copy)]
pub struct PostgresCosts {
    /// Statements worked on at once.
    pub parallelism: usize,
    /// CPU time of one statement, in microseconds.
    pub statement_us: i64,
    /// CPU time of each row beyond the first that it writes, in microseconds.
    pub row_us: i64,
    /// Time of one log flush, which commits that wait share, in microseconds.
    pub flush_us: i64,
}

/// How a statement ended, seen from the client's end of the wire.
#[derive(Debug)]
pub enum Ended {
    /// The server's answer.
    Answered(Result<Reply, PgError>),
    /// The connection is gone.
    Lost,
    /// Nothing will come: the client has to give up by itself.
    Silent,
}

/// What a statement is to the cost model and to the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// Opens a transaction.
    Begin,
    /// Reads or writes inside a transaction.
    Inside,
    /// A statement that is a transaction by itself.
    Alone,
    /// Ends a transaction.
    Commit {
        /// Whether it moved stock, as only the hard commit and a cancellation do.
        moves_stock: bool,
    },
    /// Undoes a transaction.
    Rollback,
}

/// A client's session, void after a crash of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    id: SessionId,
    boot: u32,
}

struct State {
    engine: Postgres,
    up: bool,
    /// Counts crashes, so that a session of an earlier life is recognised.
    boot: u32,
    cpu: Station,
    log: FlushedLog,
    waiting: BTreeMap<SessionId, oneshot::Sender<Result<Reply, PgError>>>,
    faults: PostgresFaults,
    entropy: ChaCha8Rng,
    stalled_until_us: i64,
    /// The engine's next deadline, as [`PostgresHost::keep_time`] was last told.
    told_deadline_us: Option<i64>,
}

/// The machine Postgres runs on.
pub struct PostgresHost {
    state: Mutex<State>,
    life: watch::Sender<Life>,
    costs: PostgresCosts,
    at: NodeIndex,
    network: Network,
    timeline: Timeline,
    observer: Observer,
    deadline_moved: Notify,
    slot: OnceLock<Arc<ChangeStreamHost>>,
}

impl PostgresHost {
    /// An empty server at `at`.
    #[must_use]
    pub fn new(
        at: NodeIndex,
        costs: PostgresCosts,
        network: Network,
        timeline: Timeline,
        observer: Observer,
        syntax_trees: SyntaxTrees,
        seed: u64,
    ) -> Arc<Self> {
        let state = State {
            engine: Postgres::new(Config {
                change_feed: true,
                max_connections: 10_000,
                syntax_trees,
                ..Config::default()
            }),
            up: true,
            boot: 0,
            cpu: Station::new(costs.parallelism),
            log: FlushedLog::default(),
            waiting: BTreeMap::new(),
            faults: PostgresFaults::default(),
            entropy: ChaCha8Rng::seed_from_u64(seed),
            stalled_until_us: i64::MIN,
            told_deadline_us: None,
        };
        let state = Mutex::new(state);
        let life = Life::begin();
        Arc::new(Self {
            state,
            life,
            costs,
            at,
            network,
            timeline,
            observer,
            deadline_moved: Notify::new(),
            slot: OnceLock::new(),
        })
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

    /// Runs a script on a session of its own, in no time: for the schema and the first rows, before anything starts.
    pub fn prepare(&self, script: &str) -> Result<(), PgError> {
        self.execute_script(&mut self.state(), script)
    }

    /// Runs a statement on a session of its own, in no time, while everything goes on; false when the server is away or
    /// refuses it, as when a row is locked.
    pub fn take(&self, statement: &str) -> bool {
        let state = &mut *self.state();
        state.up && self.execute_script(state, statement).is_ok()
    }

    fn execute_script(&self, state: &mut State, script: &str) -> Result<(), PgError> {
        let now_us = self.wall_us();
        let session = state.engine.connect()?;
        let executed = state.engine.execute_script(session, script, now_us);
        state.engine.disconnect(session, now_us);
        self.settle(state);
        executed
    }

    /// From now on `slot` takes in what is committed here. Once only.
    ///
    /// # Panics
    /// When there is a slot already.
    pub fn feed(&self, slot: Arc<ChangeStreamHost>) {
        assert!(self.slot.set(slot).is_ok(), "a database has one slot");
    }

    /// Shows new commits to the observer and to the slot.
    fn show_commits(&self, state: &mut State) {
        let commits = state.engine.take_commits();
        if commits.is_empty() {
            return;
        }
        self.observer.postgres_commits(self.timeline.now_us(), &commits);
        if let Some(slot) = self.slot.get() {
            slot.offer(&commits);
        }
    }

    fn wall_us(&self) -> i64 {
        EPOCH_US + self.timeline.now_us()
    }

    /// Opens a session, or says that nobody listens or that the server is full.
    pub fn connect(&self) -> Option<Session> {
        let state = &mut *self.state();
        if !state.up {
            return None;
        }
        let id = state.engine.connect().ok()?;
        Some(Session { id, boot: state.boot })
    }

    /// Whether a session still leads anywhere.
    #[must_use]
    pub fn is_live(&self, session: Session) -> bool {
        let state = self.state();
        state.up && state.boot == session.boot
    }

    /// Ends a session; what it had not committed is undone.
    pub fn disconnect(&self, session: Session) {
        let now_us = self.wall_us();
        let state = &mut *self.state();
        if state.up && state.boot == session.boot {
            state.waiting.remove(&session.id);
            state.engine.disconnect(session.id, now_us);
            self.settle(state);
        }
    }

    /// Sends a statement and waits for what comes of it.
    pub async fn run(
        &self,
        from: NodeIndex,
        session: Session,
        kind: StatementKind,
        sql: &str,
        params: &[Value],
    ) -> Ended {
        let Some(there_us) = self.network.delay_us(from, self.at) else { return Ended::Silent };
        let sent_us = self.timeline.now_us();
        let begins_us = self.queue(sent_us + there_us, session, kind);
        self.timeline.busy_until(begins_us).await;
        let ended = match self.execute(session, kind, sql, params) {
            Begun::Ended(ended) => ended,
            Begun::Waiting(answer) => answer.await.map_or(Ended::Lost, Ended::Answered),
            Begun::TimesOut => {
                self.timeline.sleep_until(begins_us + STATEMENT_TIMEOUT_US).await;
                Ended::Answered(self.time_out(session))
            }
        };
        let Some(back_us) = self.network.delay_us(self.at, from) else { return Ended::Silent };
        let leaves_us = self.leaves_at(&ended, kind);
        self.timeline.busy_until(leaves_us + back_us).await;
        self.trace_answer(from, &ended);
        if self.is_live(session) { ended } else { Ended::Lost }
    }

    /// When the work on a statement that arrives at `arrival_us` is done.
    fn queue(&self, arrival_us: i64, session: Session, kind: StatementKind) -> i64 {
        let state = &mut *self.state();
        let arrival_us = arrival_us.max(state.stalled_until_us);
        match kind {
            // BEGIN and ROLLBACK touch neither rows nor the log.
            StatementKind::Begin | StatementKind::Rollback => state.cpu.serve(arrival_us, self.costs.statement_us / 4),
            StatementKind::Inside | StatementKind::Alone => state.cpu.serve(arrival_us, self.costs.statement_us),
            StatementKind::Commit { .. } => {
                let worked_us = state.cpu.serve(arrival_us, self.costs.statement_us / 4);
                if state.engine.has_written(session.id) {
                    state.log.commit(worked_us, self.costs.flush_us)
                } else {
                    worked_us
                }
            }
        }
    }

    fn execute(&self, session: Session, kind: StatementKind, sql: &str, params: &[Value]) -> Begun {
        let now_us = self.wall_us();
        let state = &mut *self.state();
        if !state.up || state.boot != session.boot {
            return Begun::Ended(Ended::Lost);
        }
        if let Some(strike) = state.strike(session.id, kind) {
            return self.struck(state, strike, session, sql, params);
        }
        self.observer.postgres_statement(self.timeline.now_us(), sql, params);
        let begun = match state.engine.submit(session.id, sql, params, now_us) {
            Step::Done(answer) => Begun::Ended(Ended::Answered(answer)),
            Step::Blocked => {
                let (sender, receiver) = oneshot::channel();
                state.waiting.insert(session.id, sender);
                Begun::Waiting(receiver)
            }
        };
        self.settle(state);
        begun
    }

    /// Hands finished statements to who waits for them, and new commits to the observer.
    fn settle(&self, state: &mut State) {
        for (session, answer) in state.engine.take_completions() {
            if let Some(waiting) = state.waiting.remove(&session) {
                // Whoever waited may have given up; its session is then already being closed.
                drop(waiting.send(answer));
            }
        }
        self.show_commits(state);
        let deadline_us = state.engine.next_deadline();
        if deadline_us != state.told_deadline_us {
            state.told_deadline_us = deadline_us;
            self.deadline_moved.notify_one();
        }
    }

    /// When an answer leaves: after the work on its further rows, and for a lone writer after the log is flushed.
    fn leaves_at(&self, ended: &Ended, kind: StatementKind) -> i64 {
        let now_us = self.timeline.now_us();
        let Ended::Answered(Ok(reply)) = ended else { return now_us };
        if kind == StatementKind::Alone && reply.command != "SELECT" && reply.affected > 0 {
            return self.state().log.commit(now_us, self.costs.flush_us);
        }
        let further_rows = i64::try_from(reply.affected).unwrap_or(i64::MAX).saturating_sub(1);
        if further_rows <= 0 || self.costs.row_us == 0 {
            return now_us;
        }
        self.state().cpu.serve(now_us, further_rows.saturating_mul(self.costs.row_us))
    }

    fn trace_answer(&self, from: NodeIndex, ended: &Ended) {
        let (ok, size) = match ended {
            Ended::Answered(Ok(reply)) => (true, reply.affected),
            Ended::Answered(Err(_)) | Ended::Lost | Ended::Silent => (false, 0),
        };
        let at_us = self.timeline.now_us();
        self.observer.trace().answer(EngineAnswer { at_us, engine: "postgres", from, size, ok });
    }

    /// Fires the engine's timers as they fall due; runs for as long as the machine does.
    pub async fn keep_time(self: Arc<Self>) {
        loop {
            let deadline_us = self.state().engine.next_deadline();
            match deadline_us {
                None => self.deadline_moved.notified().await,
                Some(deadline_us) => {
                    let due = self.timeline.sleep_until(deadline_us - EPOCH_US);
                    let moved = self.deadline_moved.notified();
                    tokio::select! { biased; () = due => {}, () = moved => continue }
                    let now_us = self.wall_us();
                    let state = &mut *self.state();
                    state.engine.advance(now_us);
                    self.settle(state);
                }
            }
        }
    }

    /// The server dies: every session is cut, and what was not committed is gone.
    pub fn crash(&self) {
        let state = &mut *self.state();
        state.up = false;
        state.boot += 1;
        state.waiting.clear();
        state.engine.crash();
        self.life.send_replace(Life { up: false, boot: state.boot });
    }

    /// The server has recovered and listens again.
    pub fn recover(&self) {
        let state = &mut *self.state();
        state.up = true;
        self.life.send_replace(Life { up: true, boot: state.boot });
    }

    /// Whether the server answers.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state().up
    }

    /// Nothing is worked on until `until_us`.
    pub fn stall_until(&self, until_us: i64) {
        self.state().stalled_until_us = until_us;
    }
}

/// What became of a statement when its turn came.
enum Begun {
    Ended(Ended),
    Waiting(oneshot::Receiver<Result<Reply, PgError>>),
    TimesOut,
}
