//! What can be done with one hold: reserve, release, confirm, restock, renew.
//!
//! Every one is idempotent by reservation id (the order's id) and refused under another epoch.

use std::sync::Arc;

use redis::{Cmd, Value};
use tokio::time::sleep;

use super::gate::{Gate, Session, Shut};
use super::keys::{GATE_EPOCH, SkuKeys};
use super::link::{Script, word};
use crate::bugs::KnownBug;
use crate::metrics::Counter;

/// The gate's answer to a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservation {
    /// A new hold.
    Taken,
    /// This reservation's hold was there already.
    Repeated,
    /// The hold was turned into a sale earlier.
    Settled,
    /// The id came before with another request.
    KeyReused,
    /// Not enough left, and the id has never been seen: there is no order.
    SoldOut,
    /// Not enough left, but the id has been seen: there may be an order.
    SoldOutSeen,
    /// The session's epoch is not the server's; nothing was done.
    Stale,
}

/// Whether the gate took in what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It did, now or when it was told before.
    Heard,
    /// It is of another epoch; nothing was done.
    Stale,
}

fn told(answer: &Value) -> Told {
    if matches!(word(answer), b"stale_epoch" | b"closed") { Told::Stale } else { Told::Heard }
}

/// How often an end of a hold is told to the gate, a reconnect delay apart, before it is left to the upkeep.
const SETTLE_TRIES: u32 = 3;

/// What is reserved, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) keys: &'a SkuKeys,
    pub(crate) order_id: &'a str,
    pub(crate) quantity: i64,
    pub(crate) fingerprint: &'a str,
}

impl Gate {
    /// Takes a hold, or finds the one that is there.
    pub(crate) async fn reserve(&self, session: &Arc<Session>, claim: Claim<'_>) -> Result<Reservation, Shut> {
        let gate = &self.ctx.config.gate;
        let expires_ms = self.ctx.clock.now_ms().saturating_add_unsigned(millis(gate.hold_ttl));
        if self.ctx.bugs.has(KnownBug::CheckThenDecrement) {
            return self.check_then_decrement(session, claim, expires_ms).await;
        }
        let hold = claim.keys.hold(claim.order_id);
        let answer = self
            .run(session, &self.scripts.reserve, |cmd| {
                cmd.arg(4).arg(GATE_EPOCH).arg(&*claim.keys.stock).arg(&*claim.keys.holds).arg(&hold);
                cmd.arg(session.epoch).arg(claim.quantity).arg(expires_ms).arg(claim.order_id).arg(claim.fingerprint);
            })
            .await?;
        Ok(match word(&answer) {
            b"reserved" => Reservation::Taken,
            b"repeated" => Reservation::Repeated,
            b"settled" => Reservation::Settled,
            b"key_reused" => Reservation::KeyReused,
            b"sold_out" => Reservation::SoldOut,
            b"sold_out_seen" => Reservation::SoldOutSeen,
            _ => Reservation::Stale,
        })
    }

    /// KNOWN BUG, check-then-decrement: the same steps as the script's, but each a command of its own, so that two
    /// shoppers read the same counter before either has decremented it.
    async fn check_then_decrement(
        &self,
        session: &Arc<Session>,
        claim: Claim<'_>,
        expires_ms: i64,
    ) -> Result<Reservation, Shut> {
        let hold = claim.keys.hold(claim.order_id);
        let state = self.command(session, &["HGET", &hold, "state"]).await?;
        match word(&state) {
            b"held" => return Ok(Reservation::Repeated),
            b"confirmed" | b"restocked" => return Ok(Reservation::Settled),
            _ => {}
        }
        let stock = self.command(session, &["GET", &claim.keys.stock]).await?;
        let Some(left) = std::str::from_utf8(word(&stock)).ok().and_then(|text| text.parse::<i64>().ok()) else {
            return Ok(Reservation::Stale);
        };
        if left < claim.quantity {
            return Ok(if state == Value::Nil { Reservation::SoldOut } else { Reservation::SoldOutSeen });
        }
        let (units, expires) = (claim.quantity.to_string(), expires_ms.to_string());
        self.command(session, &["DECRBY", &claim.keys.stock, &units]).await?;
        self.command(session, &["DEL", &hold]).await?;
        let fields = ["state", "held", "quantity", &units, "fingerprint", claim.fingerprint, "expires", &expires];
        self.command(session, &[&["HSET", hold.as_str()], &fields[..]].concat()).await?;
        self.command(session, &["ZADD", &claim.keys.holds, &expires, claim.order_id]).await?;
        Ok(Reservation::Taken)
    }

    /// Whether the gate has ever seen this reservation. Answers without the script while a product is known to be sold
    /// out.
    pub(crate) async fn has_seen(&self, session: &Arc<Session>, claim: Claim<'_>) -> Result<bool, Shut> {
        let seen = self.command(session, &["EXISTS", &claim.keys.hold(claim.order_id)]).await?;
        Ok(seen != Value::Int(0))
    }

    /// Gives a hold back, if it is held. What cannot be told to the gate now is settled by the reaper or by a rebuild.
    pub(crate) async fn release(self: &Arc<Self>, claim: Claim<'_>, why: Counter) {
        for _ in 0..SETTLE_TRIES {
            if let Ok(session) = self.session().await
                && let Ok(Told::Heard) = self.release_in(&session, claim, why).await
            {
                return;
            }
            sleep(self.ctx.config.gate.reconnect_delay).await;
        }
    }

    /// As [`Gate::release`], in a session that is at hand.
    pub(super) async fn release_in(
        &self,
        session: &Arc<Session>,
        claim: Claim<'_>,
        why: Counter,
    ) -> Result<Told, Shut> {
        let hold = claim.keys.hold(claim.order_id);
        let tombstone_ms = millis(self.ctx.config.gate.tombstone_ttl);
        let answer = self
            .run(session, &self.scripts.release, |cmd| {
                cmd.arg(4).arg(GATE_EPOCH).arg(&*claim.keys.stock).arg(&*claim.keys.holds).arg(&hold);
                cmd.arg(session.epoch).arg(claim.order_id).arg(tombstone_ms);
            })
            .await?;
        if word(&answer) == b"released" {
            self.ctx.metrics.count(why);
        }
        Ok(told(&answer))
    }

    /// Settles the hold of an order whose stock was taken under `committed_epoch`. What cannot be told to the gate now is
    /// settled by the reaper, or by the rebuild that a standing leak brings about.
    pub(crate) async fn settle_sale(self: &Arc<Self>, claim: Claim<'_>, committed_epoch: i64) {
        for _ in 0..SETTLE_TRIES {
            if let Ok(session) = self.session().await {
                if session.epoch < committed_epoch {
                    // The commit knows a newer epoch than this session does.
                    self.forget(&session);
                    continue;
                }
                if let Ok(Told::Heard) = self.settle_sale_in(&session, claim, committed_epoch).await {
                    return;
                }
            }
            sleep(self.ctx.config.gate.reconnect_delay).await;
        }
    }

    /// As [`Gate::settle_sale`], in a session that is at hand.
    ///
    /// A commit fenced by this very epoch is not in the counters that were built when the epoch began, so its hold (or,
    /// without one, the counter) must account for it: confirm. A commit of an earlier epoch was already counted by the
    /// rebuild, so a hold under that id was taken by a late repeat and goes back.
    pub(super) async fn settle_sale_in(
        &self,
        session: &Arc<Session>,
        claim: Claim<'_>,
        committed_epoch: i64,
    ) -> Result<Told, Shut> {
        if session.epoch > committed_epoch {
            return self.release_in(session, claim, Counter::HoldsReleased).await;
        }
        let hold = claim.keys.hold(claim.order_id);
        let tombstone_ms = millis(self.ctx.config.gate.tombstone_ttl);
        let answer = self
            .run(session, &self.scripts.confirm, |cmd| {
                cmd.arg(4).arg(GATE_EPOCH).arg(&*claim.keys.stock).arg(&*claim.keys.holds).arg(&hold);
                cmd.arg(session.epoch).arg(claim.order_id).arg(tombstone_ms);
                cmd.arg(claim.quantity).arg(claim.fingerprint);
            })
            .await?;
        if matches!(word(&answer), b"confirmed" | b"taken_again") {
            self.ctx.metrics.count(Counter::HoldsConfirmed);
        }
        Ok(told(&answer))
    }

    /// Puts the units of a cancelled order back, which was committed under `committed_epoch` and returned to stock under
    /// `returned_epoch`. Its hold is settled first; both steps are idempotent. What cannot be told to the gate now shows as
    /// a leak, and is mended by a rebuild.
    pub(crate) async fn restock(self: &Arc<Self>, claim: Claim<'_>, committed_epoch: i64, returned_epoch: i64) {
        self.settle_sale(claim, committed_epoch).await;
        let hold = claim.keys.hold(claim.order_id);
        let tombstone_ms = millis(self.ctx.config.gate.tombstone_ttl);
        for _ in 0..SETTLE_TRIES {
            if let Ok(session) = self.session().await {
                if session.epoch > returned_epoch {
                    // The counters of a later epoch were built after the return.
                    return;
                }
                if session.epoch < returned_epoch {
                    self.forget(&session);
                    continue;
                }
                let restocked = self.run(&session, &self.scripts.restock, |cmd| {
                    cmd.arg(3).arg(GATE_EPOCH).arg(&*claim.keys.stock).arg(&hold);
                    cmd.arg(session.epoch).arg(tombstone_ms).arg(claim.quantity).arg(claim.fingerprint);
                });
                if let Ok(answer) = restocked.await
                    && told(&answer) == Told::Heard
                {
                    return;
                }
            }
            sleep(self.ctx.config.gate.reconnect_delay).await;
        }
    }

    /// Lets an expired hold live on for another time to live.
    pub(super) async fn renew_hold(
        &self,
        session: &Arc<Session>,
        keys: &SkuKeys,
        order_id: &str,
    ) -> Result<Told, Shut> {
        let expires_ms = self.ctx.clock.now_ms().saturating_add_unsigned(millis(self.ctx.config.gate.hold_ttl));
        let hold = keys.hold(order_id);
        let answer = self
            .run(session, &self.scripts.renew, |cmd| {
                cmd.arg(3).arg(GATE_EPOCH).arg(&*keys.holds).arg(&hold);
                cmd.arg(session.epoch).arg(order_id).arg(expires_ms);
            })
            .await?;
        if word(&answer) == b"renewed" {
            self.ctx.metrics.count(Counter::HoldsRenewed);
        }
        Ok(told(&answer))
    }

    /// Runs a script of the gate. A refusal for its epoch gives the session up.
    pub(super) async fn run(
        &self,
        session: &Arc<Session>,
        script: &Script,
        arguments: impl Fn(&mut Cmd),
    ) -> Result<Value, Shut> {
        let answer = session.link.run(script, arguments).await.map_err(|_| self.lost(session))?;
        if told(&answer) == Told::Stale {
            self.ctx.metrics.count(Counter::StaleEpochRefused);
            self.forget(session);
        }
        Ok(answer)
    }

    pub(super) async fn command(&self, session: &Arc<Session>, words: &[&str]) -> Result<Value, Shut> {
        let mut cmd = Cmd::new();
        for word in words {
            cmd.arg(*word);
        }
        session.link.call(&cmd).await.map_err(|_| self.lost(session))
    }
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a setting in milliseconds fits 64 bits")
}
