//! The gate as one process uses it: a verified Redis connection, the epoch it was verified under, and a lease.
//!
//! Three things make an answer of the gate trustworthy:
//! - the connection was verified: its server's run id is the one the counters were built in, and the fence in Postgres says
//!   `open`. A restart kills all connections, so nothing runs on a restarted server unverified;
//! - every script compares the epoch: a rebuild refuses whoever does not know of it;
//! - the lease: "open" was read from Postgres at most `open_lease` ago. While it holds, no process places orders without
//!   holds, so an id that Redis has never seen has no order. That is what makes "sold out" a truthful answer to a repeat
//!   without asking Postgres.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::sql::SqlError;
use tokio::time::Instant;

use super::epoch::{Fence, GateState};
use super::link::{Link, Lost, Scripts};
use crate::bugs::KnownBug;
use crate::context::Context;
use crate::metrics::Counter;
use crate::time_limit::within;

/// Why the gate cannot be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// Redis is away, has lost data, or is being rebuilt; or the fence could not be read.
    Away,
    /// Postgres did not get round to telling whether the gate is open: overload, not absence.
    Busy,
}

/// A verified connection.
pub(crate) struct Session {
    pub(super) link: Link,
    pub(super) epoch: i64,
    run_id: String,
    lease_until: Mutex<Instant>,
    renewing: AtomicBool,
}

impl Session {
    /// The epoch its scripts carry.
    pub(crate) fn epoch(&self) -> i64 {
        self.epoch
    }

    fn lease_until(&self) -> Instant {
        *self.lease_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Set by a failed opening or renewal: nobody tries before, and only one at a time from then on.
    retry_at: Option<Instant>,
}

/// The gate of one process.
pub struct Gate {
    pub(super) ctx: Context,
    pub(super) scripts: Scripts,
    state: Mutex<State>,
    opening: tokio::sync::Mutex<()>,
}

impl Gate {
    /// A gate that connects when it is first used.
    #[must_use]
    pub fn new(ctx: Context) -> Arc<Self> {
        let scripts = Scripts::new(&ctx.texts, ctx.bugs);
        Arc::new(Self { ctx, scripts, state: Mutex::default(), opening: tokio::sync::Mutex::default() })
    }

    /// A session whose lease holds. Waits for the first opening and for a lease that ran out; during an outage one caller
    /// at a time tries, and all others are told at once.
    pub(crate) async fn session(self: &Arc<Self>) -> Result<Arc<Session>, Shut> {
        let (known, retry_at) = {
            let state = self.state();
            (state.session.clone(), state.retry_at)
        };
        let now = Instant::now();
        if let Some(session) = &known {
            let left = session.lease_until().saturating_duration_since(now);
            if !left.is_zero() {
                let half_over = left < self.ctx.config.gate.open_lease / 2;
                if half_over && !session.renewing.swap(true, Ordering::Relaxed) {
                    tokio::spawn(Arc::clone(self).renew_in_background(Arc::clone(session)));
                }
                return Ok(Arc::clone(session));
            }
        }
        if retry_at.is_some_and(|at| now < at) {
            return Err(if known.is_some() { Shut::Busy } else { Shut::Away });
        }
        self.open(retry_at.is_none()).await
    }

    /// Whether the lease of a session still holds; to be asked when an answer of Redis has come.
    pub(crate) fn is_valid(&self, session: &Session) -> bool {
        Instant::now() < session.lease_until()
    }

    /// Opens, or renews a lease that has run out. `waits`: nobody has failed yet, so it is worth waiting for whoever is at
    /// it.
    async fn open(&self, waits: bool) -> Result<Arc<Session>, Shut> {
        let _turn = if waits { self.opening.lock().await } else { self.opening.try_lock().map_err(|_| Shut::Away)? };
        let known = self.state().session.clone();
        if let Some(session) = &known
            && self.is_valid(session)
        {
            return Ok(Arc::clone(session));
        }
        if waits && self.state().retry_at.is_some() {
            // Whoever went first has just failed.
            return Err(if known.is_some() { Shut::Busy } else { Shut::Away });
        }
        let renewed = match &known {
            Some(session) => self.renew(session).await,
            None => Err(Shut::Away),
        };
        let opened = match (renewed, known) {
            (Ok(()), Some(session)) => Ok(session),
            (Err(Shut::Busy), _) => Err(Shut::Busy),
            // There is no session, or the epoch moved on while nobody used it.
            (Err(Shut::Away) | Ok(()), _) => self.verify().await,
        };
        let retry_at = Some(Instant::now() + self.ctx.config.gate.reconnect_delay);
        let mut state = self.state();
        match &opened {
            Ok(session) => *state = State { session: Some(Arc::clone(session)), retry_at: None },
            // A lease that could not be renewed for lack of time leaves the connection as good as it was.
            Err(Shut::Busy) => state.retry_at = retry_at,
            Err(Shut::Away) => *state = State { session: None, retry_at },
        }
        opened
    }

    /// Connects, and finds out whether this server is the one the counters were built in.
    async fn verify(&self) -> Result<Arc<Session>, Shut> {
        let gate = &self.ctx.config.gate;
        let link = Link::open(&*self.ctx.redis, gate.command_timeout).await.map_err(|Lost| Shut::Away)?;
        let run_id = link.run_id().await.map_err(|Lost| Shut::Away)?;
        let asked_at = Instant::now();
        let fence = self.read_fence().await?;
        // KNOWN BUG, counters-trusted-after-redis-crash: nobody asks which server this is.
        let same_server = *fence.redis_run_id == *run_id || self.ctx.bugs.has(KnownBug::CountersTrustedAfterRedisCrash);
        if fence.state != GateState::Open || !same_server {
            return Err(Shut::Away);
        }
        Ok(Arc::new(Session {
            link,
            epoch: fence.epoch,
            run_id,
            lease_until: Mutex::new(asked_at + gate.open_lease),
            renewing: AtomicBool::new(false),
        }))
    }

    async fn renew_in_background(self: Arc<Self>, session: Arc<Session>) {
        if self.renew(&session).await == Err(Shut::Away) {
            self.forget(&session);
        }
        session.renewing.store(false, Ordering::Relaxed);
    }

    /// Extends the lease if the fence still stands as the session knows it. The lease counts from before the question, so
    /// that it has run out by the time the inventory role stops waiting for it.
    async fn renew(&self, session: &Session) -> Result<(), Shut> {
        let asked_at = Instant::now();
        let fence = self.read_fence().await?;
        // KNOWN BUG, as above: the epoch never moves on.
        let same_server =
            *fence.redis_run_id == *session.run_id || self.ctx.bugs.has(KnownBug::CountersTrustedAfterRedisCrash);
        if fence.state != GateState::Open || fence.epoch != session.epoch || !same_server {
            return Err(Shut::Away);
        }
        let mut until = session.lease_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (asked_at + self.ctx.config.gate.open_lease).max(*until);
        Ok(())
    }

    async fn read_fence(&self) -> Result<Fence, Shut> {
        let reading = Fence::read(&*self.ctx.sql, &self.ctx.texts);
        match within(self.ctx.config.gate.command_timeout, reading).await {
            Ok(Ok(fence)) => fence.ok_or(Shut::Away),
            Err(_) | Ok(Err(SqlError::PoolExhausted { .. } | SqlError::TimedOut { .. })) => Err(Shut::Busy),
            Ok(Err(SqlError::Refused { .. } | SqlError::Unreachable | SqlError::ConnectionLost)) => Err(Shut::Away),
        }
    }

    /// Gives up a session that was refused (the epoch moved on) or found outdated. The next caller verifies anew.
    pub(crate) fn forget(&self, session: &Arc<Session>) {
        let mut state = self.state();
        if state.session.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            state.session = None;
        }
    }

    /// Gives up a session whose connection was lost.
    pub(super) fn lost(&self, session: &Arc<Session>) -> Shut {
        let mut state = self.state();
        if state.session.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            self.ctx.metrics.count(Counter::GateLost);
            *state = State::default();
        }
        Shut::Away
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
