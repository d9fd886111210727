//! One Redis connection of a process for those who ask Redis and can do without: opened when it is first needed, given up
//! when it fails, and not tried again for a while. The gate has a way of its own: it must know whom it is connected to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::context::Context;
use crate::transaction::inventory::link::{Link, Lost};

#[derive(Default)]
struct State {
    link: Option<Link>,
    /// Nobody tries to connect before.
    retry_at: Option<Instant>,
}

/// The connection.
pub(crate) struct RedisLink {
    ctx: Context,
    state: Mutex<State>,
    opening: tokio::sync::Mutex<()>,
}

impl RedisLink {
    /// Nothing is opened yet.
    pub(crate) fn new(ctx: Context) -> Self {
        Self { ctx, state: Mutex::default(), opening: tokio::sync::Mutex::default() }
    }

    /// The connection, or a new one, for which all wait who come meanwhile: a cold start must not look to each of them
    /// like an outage. After a failure nobody tries, and nobody waits, for a while.
    pub(crate) async fn get(&self) -> Result<Link, Lost> {
        if let Some(link) = self.known()? {
            return Ok(link);
        }
        let _turn = self.opening.lock().await;
        if let Some(link) = self.known()? {
            return Ok(link);
        }
        let opened = Link::open(&*self.ctx.redis, self.ctx.config.gate.command_timeout).await;
        let link = opened.inspect_err(|Lost| self.give_up())?;
        *self.state() = State { link: Some(link.clone()), retry_at: None };
        Ok(link)
    }

    /// The connection there is, if any; an error while none may be tried.
    fn known(&self) -> Result<Option<Link>, Lost> {
        let state = self.state();
        let waits = state.link.is_none() && state.retry_at.is_some_and(|at| Instant::now() < at);
        if waits { Err(Lost) } else { Ok(state.link.clone()) }
    }

    /// Something sent over it had no answer.
    pub(crate) fn give_up(&self) {
        let retry_at = Some(Instant::now() + self.ctx.config.gate.reconnect_delay);
        *self.state() = State { link: None, retry_at };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
