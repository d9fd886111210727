//! The inventory role's worker: opens the gate, shuts it when Redis is away, rebuilds it when Redis has lost data, reaps
//! expired holds and watches for leaks.
//!
//! It keeps nothing that matters in memory: a restarted worker, or a second one, finds everything in the fence.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::time::{Instant, sleep};

use super::epoch::{Fence, GateState};
use super::gate::{Gate, Session};
use super::keys::{GATE_EPOCH, SkuKeys};
use super::leak::{LeakWatch, Level};
use super::link::{Link, word};
use super::reaper::{Expired, Interrupted};
use super::rebuild::{Abandoned, rebuild, spread_params};
use crate::bugs::KnownBug;
use crate::config::CommitStrategy;
use crate::context::Context;
use crate::metrics::Counter;
use crate::texts::TextId;
use crate::transaction::commit::strategy_of;

/// SKUs one survey asks for at once, so that no script keeps Redis for long.
const SURVEY_SKUS: usize = 100;
/// Expired holds one survey names per SKU; the rest waits for the next round.
const SURVEY_EXPIRED: usize = 200;

/// What a round has to do, by what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The fence has no row yet.
    Create,
    /// The counters cannot be trusted.
    Rebuild,
    /// Another process is rebuilding, or died doing so.
    Wait,
    /// All is well: reap, and look for leaks.
    Tend,
}

fn step(fence: Option<&Fence>, run_id: &str) -> Step {
    let Some(fence) = fence else { return Step::Create };
    match fence.state {
        GateState::Open if *fence.redis_run_id == *run_id => Step::Tend,
        GateState::Open | GateState::Closing | GateState::Closed => Step::Rebuild,
        GateState::Rebuilding => Step::Wait,
    }
}

/// Runs the upkeep for ever.
pub async fn upkeep_worker(ctx: Context) {
    let mut upkeep = Upkeep {
        gate: Gate::new(ctx.clone()),
        ctx,
        link: None,
        leaks: LeakWatch::default(),
        closing_since: None,
        waiting_since: None,
    };
    loop {
        upkeep.round().await;
        sleep(upkeep.ctx.config.gate.upkeep_interval).await;
    }
}

struct Upkeep {
    ctx: Context,
    gate: Arc<Gate>,
    link: Option<Link>,
    leaks: LeakWatch,
    /// When this process first saw the fence `closing`, and in which epoch.
    closing_since: Option<(i64, Instant)>,
    /// When this process first saw the fence `rebuilding`, and in which epoch.
    waiting_since: Option<(i64, Instant)>,
}

impl Upkeep {
    async fn round(&mut self) {
        let reached = self.reach().await;
        let Ok(fence) = Fence::read(&*self.ctx.sql, &self.ctx.texts).await else {
            // Postgres is away: nothing can be placed, so nothing needs to be shut.
            return;
        };
        let Some(run_id) = reached else {
            return self.shut(fence).await;
        };
        self.closing_since = None;
        if self.ctx.bugs.has(KnownBug::CountersTrustedAfterRedisCrash) && fence.as_ref().is_some_and(|it| it.epoch > 0)
        {
            return self.trust(fence).await;
        }
        match step(fence.as_ref(), &run_id) {
            Step::Create => self.create(&run_id).await,
            Step::Rebuild => self.rebuild(fence.as_ref(), &run_id).await,
            Step::Wait => {
                if self.has_stalled(fence.as_ref()) {
                    self.rebuild(fence.as_ref(), &run_id).await;
                }
            }
            Step::Tend => {
                self.waiting_since = None;
                self.tend(fence.as_ref(), &run_id).await;
            }
        }
    }

    /// The run id of the server Redis is now; `None` when it cannot be reached.
    async fn reach(&mut self) -> Option<String> {
        let gate = &self.ctx.config.gate;
        // Twice: the connection at hand may be the one that died with the server's last life.
        for _ in 0..2 {
            let link = match self.link.take() {
                Some(link) => link,
                None => Link::open(&*self.ctx.redis, gate.command_timeout).await.ok()?,
            };
            if let Ok(run_id) = link.run_id().await {
                self.link = Some(link);
                return Some(run_id);
            }
        }
        None
    }

    /// Redis is away. First nobody may place orders at all, until every lease on the open gate has run out; then they may
    /// be placed on Postgres alone. The two ways of placing thus never overlap.
    async fn shut(&mut self, fence: Option<Fence>) {
        let now_us = self.ctx.clock.now_us();
        let Some(fence) = fence else {
            drop(Fence::create(&*self.ctx.sql, &self.ctx.texts, now_us).await);
            return;
        };
        let next = match fence.state {
            GateState::Open | GateState::Rebuilding => GateState::Closing,
            GateState::Closing => {
                let since = self.closing_since.filter(|(epoch, _)| *epoch == fence.epoch);
                let (_, since) = *self.closing_since.insert(since.unwrap_or((fence.epoch, Instant::now())));
                // A quarter more than the lease, for clocks that do not run alike.
                if since.elapsed() < self.ctx.config.gate.open_lease * 5 / 4 {
                    return;
                }
                GateState::Closed
            }
            GateState::Closed => return,
        };
        let moved = fence.move_to(next, &*self.ctx.sql, &self.ctx.texts, now_us).await;
        if next == GateState::Closing && matches!(moved, Ok(true)) {
            self.closing_since = Some((fence.epoch, Instant::now()));
        }
    }

    async fn create(&mut self, run_id: &str) {
        let created = Fence::create(&*self.ctx.sql, &self.ctx.texts, self.ctx.clock.now_us()).await;
        if created.is_ok()
            && let Ok(fence) = Fence::read(&*self.ctx.sql, &self.ctx.texts).await
        {
            self.rebuild(fence.as_ref(), run_id).await;
        }
    }

    /// Whether the fence has said `rebuilding` in one epoch for longer than a rebuild takes: whoever began is gone.
    fn has_stalled(&mut self, fence: Option<&Fence>) -> bool {
        let Some(epoch) = fence.map(|fence| fence.epoch) else { return false };
        let since = self.waiting_since.filter(|(known, _)| *known == epoch);
        let (_, since) = *self.waiting_since.insert(since.unwrap_or((epoch, Instant::now())));
        since.elapsed() >= self.ctx.config.gate.upkeep_interval * 2
    }

    async fn rebuild(&mut self, fence: Option<&Fence>, run_id: &str) {
        let (Some(fence), Some(link)) = (fence, self.link.clone()) else { return };
        match rebuild(&self.ctx, &self.gate.scripts, &link, run_id, fence).await {
            Ok(()) => {
                self.leaks.clear();
                self.waiting_since = None;
            }
            // Each is met again, as it then stands, in the next round.
            Err(Abandoned::Redis) => self.link = None,
            Err(Abandoned::Sql | Abandoned::Superseded) => {}
        }
    }

    async fn tend(&mut self, fence: Option<&Fence>, run_id: &str) {
        if strategy_of(&self.ctx) == CommitStrategy::Buckets {
            // Units returned by cancelled orders lie in the balance row until now.
            let spread = self.ctx.texts.get(TextId::INVENTORY_SPREAD);
            drop(self.ctx.sql.query(spread, &spread_params(self.ctx.config.commit.buckets)).await);
        }
        let Ok(session) = self.gate.session().await else { return };
        let Ok((levels, expired)) = self.survey(&session).await else { return };
        if levels.is_none() && session.epoch() == fence.map_or(-1, |fence| fence.epoch) {
            // The right server and epoch, and yet keys are missing: they were evicted or flushed.
            return self.rebuild(fence, run_id).await;
        }
        // A round that is interrupted leaves the rest to the next.
        drop(self.gate.reap(&session, &expired).await);
        let Some(levels) = levels else { return };
        let patience = self.ctx.config.gate.leak_patience;
        let (leaked, stands) = self.leaks.observe(&levels, Instant::now(), patience);
        self.ctx.metrics.set_leaked_holds(leaked);
        if stands && self.repairs_leaks() {
            self.ctx.metrics.count(Counter::LeaksRepaired);
            self.rebuild(fence, run_id).await;
        }
    }

    /// KNOWN BUGS that leak or double units are kept from being mended, so that they can be seen.
    fn repairs_leaks(&self) -> bool {
        !self.ctx.bugs.has(KnownBug::HoldReleasedTwice) && !self.ctx.bugs.has(KnownBug::CheckThenDecrement)
    }

    /// Looks at every SKU in Postgres and in Redis. No levels when the gate's keys are not all there.
    async fn survey(&self, session: &Arc<Session>) -> Result<(Option<Vec<Level>>, Vec<Expired>), Interrupted> {
        let rows = self.ctx.sql.query(self.ctx.texts.get(TextId::INVENTORY_STOCK_LEVELS), &[]).await?;
        let stock: Vec<(String, i64, SkuKeys)> = rows
            .iter()
            .map(|row| (row.text("sku").to_owned(), row.int("units"), SkuKeys::of(row.text("sku"))))
            .collect();
        let (mut levels, mut expired) = (Vec::with_capacity(stock.len()), Vec::new());
        for some in stock.chunks(SURVEY_SKUS) {
            let now_ms = self.ctx.clock.now_ms();
            let answer = self
                .gate
                .run(session, &self.gate.scripts.survey, |cmd| {
                    cmd.arg(1 + 2 * some.len()).arg(GATE_EPOCH);
                    for (_, _, keys) in some {
                        cmd.arg(&*keys.stock).arg(&*keys.holds);
                    }
                    cmd.arg(session.epoch()).arg(now_ms).arg(SURVEY_EXPIRED);
                })
                .await?;
            let Some(surveyed) = parse_survey(&answer, some.len()) else { return Ok((None, expired)) };
            for ((sku, on_hand, keys), (counter, held, order_ids)) in some.iter().zip(surveyed) {
                levels.push(Level { sku: sku.clone(), on_hand: *on_hand, counter, held });
                if !order_ids.is_empty() {
                    expired.push(Expired { sku: sku.clone(), keys: keys.clone(), order_ids });
                }
            }
        }
        Ok((Some(levels), expired))
    }

    /// KNOWN BUG, counters-trusted-after-redis-crash: whatever Redis holds after a restart is believed. What is missing is
    /// filled in from what was once stocked, the epoch stays, and leaks are only watched.
    async fn trust(&mut self, fence: Option<Fence>) {
        let (Some(fence), Some(link)) = (fence, self.link.clone()) else { return };
        let Ok(rows) = self.ctx.sql.query(self.ctx.texts.get(TextId::INVENTORY_STOCKED_LEVELS), &[]).await else {
            return;
        };
        for row in rows.iter() {
            let mut set = Cmd::new();
            set.arg("SETNX").arg(&*SkuKeys::of(row.text("sku")).stock).arg(row.int("units"));
            drop(link.call(&set).await);
        }
        let mut set = Cmd::new();
        set.arg("SETNX").arg(GATE_EPOCH).arg(fence.epoch);
        drop(link.call(&set).await);
        if fence.state != GateState::Open {
            drop(fence.move_to(GateState::Open, &*self.ctx.sql, &self.ctx.texts, self.ctx.clock.now_us()).await);
        }
        let Ok(session) = self.gate.session().await else { return };
        if let Ok((Some(levels), expired)) = self.survey(&session).await {
            drop(self.gate.reap(&session, &expired).await);
            self.ctx.metrics.set_leaked_holds(self.leaks.observe(&levels, Instant::now(), Duration::MAX).0);
        }
    }
}

type Surveyed = (i64, i64, Vec<Arc<str>>);

/// Reads the answer of `survey.lua` about `skus` SKUs; `None` when it refused.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything but what the script answers is a refusal")]
fn parse_survey(answer: &Value, skus: usize) -> Option<Vec<Surveyed>> {
    let Value::Array(items) = answer else { return None };
    let surveyed: Option<Vec<Surveyed>> = items
        .iter()
        .map(|item| match item {
            Value::Array(parts) => match parts.as_slice() {
                [Value::Int(counter), Value::Int(held), Value::Array(ids)] => {
                    let ids = ids.iter().filter_map(|id| std::str::from_utf8(word(id)).ok()).map(Arc::from);
                    Some((*counter, *held, ids.collect()))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    surveyed.filter(|surveyed| surveyed.len() == skus)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(state: GateState) -> Fence {
        Fence { epoch: 4, redis_run_id: "aa".into(), state }
    }

    #[test]
    fn an_open_gate_on_another_server_is_rebuilt() {
        assert_eq!(step(Some(&fence(GateState::Open)), "aa"), Step::Tend);
        assert_eq!(step(Some(&fence(GateState::Open)), "bb"), Step::Rebuild);
    }

    #[test]
    fn a_gate_that_was_shut_is_rebuilt_even_on_the_same_server() {
        assert_eq!(step(Some(&fence(GateState::Closing)), "aa"), Step::Rebuild);
        assert_eq!(step(Some(&fence(GateState::Closed)), "aa"), Step::Rebuild);
        assert_eq!(step(Some(&fence(GateState::Rebuilding)), "aa"), Step::Wait);
        assert_eq!(step(None, "aa"), Step::Create);
    }

    #[test]
    fn a_survey_that_names_too_few_skus_is_a_refusal() {
        let sku = Value::Array(vec![Value::Int(3), Value::Int(1), Value::Array(vec![])]);
        assert_eq!(parse_survey(&Value::Array(vec![sku.clone()]), 1), Some(vec![(3, 1, vec![])]));
        assert_eq!(parse_survey(&Value::Array(vec![sku]), 2), None);
        assert_eq!(parse_survey(&Value::BulkString(b"closed".to_vec()), 1), None);
    }
}
