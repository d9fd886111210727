//! What every world does with one seed: the plan, waiting until all has settled, and the record.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use platform::bugs::KnownBug;
use platform::config::CommitStrategy;
use platform::texts::Texts;
use postgres_engine::SyntaxTrees;
use record::{Gauge, Host, Run, RunRecord};
use scenario::Scenario;

use crate::player::Player;
use crate::samples;
use crate::verdicts;
use crate::world::crowd::{Arrival, Crowd};
use crate::world::plan::{Plan, World};
use crate::world::settings;
use crate::world::shop::Shop;
use crate::world::snapshot::{self, Reader};
use crate::world::stage::Stage;

/// What a run is to do beyond its scenario and seed.
#[derive(Clone)]
pub struct RunOptions {
    /// The platform's statements and scripts, perhaps with replacements.
    pub texts: Texts,
    /// Known bugs to switch on, besides those of the scenario.
    pub bugs: Vec<KnownBug>,
    /// The commit strategy, if not the scenario's.
    pub strategy: Option<CommitStrategy>,
    /// Ends the run as soon as a safety rule is broken, instead of at its end.
    pub stop_when_unsafe: bool,
    /// Statements that were parsed before; runs that share it, as those of a sweep do, parse each text once.
    pub syntax_trees: SyntaxTrees,
    /// The commit of the platform, for the record.
    pub git_commit: Option<String>,
    /// The command that repeats the run, for the record.
    pub repeat_command: String,
}

/// Where a run stands, for whoever shows it while it goes on.
#[derive(Default)]
pub struct Progress {
    /// Virtual time, in microseconds.
    pub virtual_us: AtomicI64,
    /// Requests so far.
    pub requests: AtomicU64,
    /// Orders committed so far.
    pub committed: AtomicU64,
    /// Whoever watches wants a record of what happened so far; then `so_far` is filled, and this is false again.
    pub is_record_wanted: AtomicBool,
    /// What happened so far, when it was last wanted.
    pub so_far: Mutex<Option<RunRecord>>,
    /// Whether shoppers and faults are over and only settling is left.
    pub draining: AtomicBool,
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The platform's texts do not fit the engines.
    #[error("{0}")]
    Refused(String),
    /// The trace could not be written.
    #[error("the trace: {0}")]
    Trace(#[from] io::Error),
    /// The scenario names a bug nobody knows.
    #[error("{0}")]
    UnknownBug(String),
}

/// How often the world is looked at, in microseconds of virtual time.
const LOOK_US: i64 = 50_000;

/// The known bug of a name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn known_bug(name: &str, known: &[KnownBug]) -> Result<KnownBug, RunError> {
    known.iter().copied().find(|bug| bug.name() == name).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(|bug| bug.name()).collect();
        RunError::UnknownBug(format!("no known bug is called {name:?}; there are: {}", known.join(", ")))
    })
}

/// Draws what the seed decides.
///
/// # Errors
/// When the scenario names a bug nobody knows.
pub fn plan(player: &dyn Player, scenario: &Scenario, seed: u64, options: &RunOptions) -> Result<Plan, RunError> {
    if scenario.browsing.is_some() && !player.has_shop() {
        let command = player.command();
        return Err(RunError::Refused(format!(
            "{command} has no shop to browse in: play this scenario with cargo sim"
        )));
    }
    let mut drawn = scenario.draw(seed);
    if player.carries_bytes() {
        drawn.faults.extend(scenario.draw_byte_faults(seed));
        drawn.faults.sort_by_key(|fault| fault.at_ms);
    } else if let Some(fault) = drawn.faults.iter().find(|fault| fault.fault.kind().needs_bytes()) {
        let (kind, command) = (fault.fault.kind(), player.command());
        return Err(RunError::Refused(format!(
            "{kind} strikes bytes, and {command} carries none: play this scenario with cargo wire"
        )));
    }
    let mut bugs = options.bugs.clone();
    for name in &scenario.platform.known_bugs {
        bugs.push(known_bug(name, player.known_bugs())?);
    }
    let strategy = options.strategy.unwrap_or_else(|| settings::strategy(drawn.commit_strategy));
    let (texts, syntax_trees) = (options.texts.clone(), options.syntax_trees.clone());
    Ok(Plan { world: player.world(), scenario: scenario.clone(), seed, drawn, texts, bugs, strategy, syntax_trees })
}

/// How a run came to its end.
pub struct Ended {
    judgements: Vec<checkers::Judgement>,
    virtual_us: i64,
}

/// Judges a run that began at `world`, once it is over.
///
/// # Errors
/// When a store cannot be read: which, and why.
pub async fn judge<S: Stage>(world: &World<S>, quiet: bool, reader: &Reader<'_>) -> Result<Ended, String> {
    let virtual_us = world.timeline.now_us();
    // Whoever stops at the first violation wants that one: the stores stand in the middle of things, and some may be away.
    let judgements = if world.observer.should_stop() {
        world.observer.judgements()
    } else {
        let end = snapshot::take(world, quiet, reader).await?;
        world.observer.judge(&end)
    };
    Ok(Ended { judgements, virtual_us })
}

/// Tells whoever watches where a run stands.
pub fn look<S: Stage>(plan: &Plan, options: &RunOptions, world: &World<S>, progress: &Progress, now_us: i64) {
    show(world, progress, now_us);
    read_gauges(world, now_us);
    hand_out(plan, options, world, progress, now_us);
}

/// Everybody who will come, with when and for what.
pub fn arrivals(plan: &Plan) -> impl Iterator<Item = Arrival> + Send + use<> {
    let shoppers = &plan.scenario.shoppers;
    let schedule = shoppers
        .schedule(plan.scenario.run.duration_ms, plan.seed)
        .expect("the schedule was tried when the scenario was read");
    let (crowd, catalogue, seed) = (shoppers.crowd(), plan.scenario.catalogue(), plan.seed);
    schedule.enumerate().map(move |(index, at_us)| {
        let shopper = arrivals::Shopper::draw(&crowd, seed, u64::try_from(index).expect("an index fits"));
        let sku = u16::try_from(catalogue.pick(shopper.product_draw)).expect("fewer than 65,536 products");
        let at_us = i64::try_from(at_us).expect("a schedule is shorter than a day");
        let (sku, number) = (checkers::history::Sku(sku), None);
        Arrival { at_us, shopper, sku, shown_cents: None, accepts_price: false, number }
    })
}

/// Lets everybody come: at once to the checkout, or where there is a shop after looking around in it.
///
/// # Panics
/// When a visitor does.
pub async fn shopping<S: Stage>(
    crowd: Crowd<S>,
    shop: Option<Shop<S>>,
    arrivals: impl Iterator<Item = Arrival> + Send + 'static,
) {
    let Some(shop) = shop else { return crowd.run(arrivals).await };
    let visiting = tokio::spawn(shop.run(arrivals));
    crowd.run(std::iter::empty()).await;
    visiting.await.expect("the shop does not panic");
}

/// Waits until shoppers and faults are over, as `is_over` says, and everything has settled, or the drain limit has passed.
/// Returns whether it was quiet at the end.
pub async fn settle<S: Stage>(
    world: &World<S>,
    plan: &Plan,
    progress: &Progress,
    look: &(dyn Fn(i64) + Sync),
    is_over: &(dyn Fn() -> bool + Sync),
) -> bool {
    let drain_limit_us = i64::try_from(plan.scenario.run.drain_limit_ms).expect("checked when read") * 1_000;
    // The gauge and the reaper look at intervals; quiet must outlast a few of them.
    const QUIET_LOOKS: u32 = 4;
    let (mut quiet_since_us, mut quiet_looks) = (None, 0);
    loop {
        world.timeline.sleep_until(world.timeline.now_us() + LOOK_US).await;
        let now_us = world.timeline.now_us();
        look(now_us);
        if world.observer.should_stop() {
            return false;
        }
        if !is_over() {
            continue;
        }
        let since_us = *quiet_since_us.get_or_insert_with(|| {
            progress.draining.store(true, Ordering::Relaxed);
            world.observer.observe(now_us, checkers::history::EventKind::QuietSince);
            now_us
        });
        quiet_looks = if is_settled(world) { quiet_looks + 1 } else { 0 };
        if quiet_looks >= QUIET_LOOKS {
            return true;
        }
        if now_us - since_us > drain_limit_us {
            return true;
        }
    }
}

fn show<S: Stage>(world: &World<S>, progress: &Progress, now_us: i64) {
    progress.virtual_us.store(now_us, Ordering::Relaxed);
    let (requests, committed) = world.observer.tally(|tally| (tally.requests, tally.committed));
    progress.requests.store(requests, Ordering::Relaxed);
    progress.committed.store(committed, Ordering::Relaxed);
}

/// Makes a record of what happened so far, if somebody asked for one. The run goes on as it would have.
fn hand_out<S: Stage>(plan: &Plan, options: &RunOptions, world: &World<S>, progress: &Progress, now_us: i64) {
    if !progress.is_record_wanted.swap(false, Ordering::Relaxed) {
        return;
    }
    let so_far = Ended { judgements: world.observer.judgements(), virtual_us: now_us };
    let mut record = record_of(plan, options, world, &so_far);
    record.run.verdicts.push(record::Verdict::still_running());
    record.run.ending = record::Ending::of(&record.run.verdicts);
    *progress.so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
}

/// What charts show of the stores, as it stands now.
fn read_gauges<S: Stage>(world: &World<S>, now_us: i64) {
    let offered = world.limits.skus.iter().map(|sku| world.targets.redis.offered(&sku.sku)).sum();
    let on_hand = world.observer.tally(|tally| tally.on_hand);
    let leaked = world.metrics.iter().map(|(_, metrics)| metrics.leaked_holds()).sum();
    world.observer.gauge(Gauge::StockLeftRedis, now_us, offered);
    world.observer.gauge(Gauge::StockLeftPostgres, now_us, on_hand);
    world.observer.gauge(Gauge::LeakedHolds, now_us, leaked);
}

/// Whether nothing is left to do. Units that went missing between two steps are the leak gauge's to find and mend, after a
/// while: until the counters agree with Postgres again and the gauge says so, the platform is not done. One that never
/// mends them runs into the drain limit, and is then judged as it stands.
fn is_settled<S: Stage>(world: &World<S>) -> bool {
    let gauge: i64 = world.metrics.iter().map(|(_, metrics)| metrics.leaked_holds()).sum();
    gauge == 0
        && world.observer.gate_is_open()
        && world.observer.tally(crate::world::tally::Tally::is_settled)
        && world.limits.skus.iter().enumerate().all(|(index, sku)| {
            let index = checkers::history::Sku(u16::try_from(index).expect("fewer than 65,536 products"));
            let on_hand = world.observer.tally(|tally| tally.on_hand_of(index));
            let redis = &world.targets.redis;
            redis.live_holds(&sku.sku) == 0 && redis.counter(&sku.sku) == Some(on_hand)
        })
}

/// The record of a run.
pub fn record_of<S: Stage>(plan: &Plan, options: &RunOptions, world: &World<S>, ended: &Ended) -> RunRecord {
    let scenario = &plan.scenario;
    let verdicts = verdicts::verdicts(world, &ended.judgements);
    let (trace_hash, _events) = world.observer.trace().digest();
    let virtual_us = u64::try_from(ended.virtual_us).unwrap_or(0);
    let run = Run {
        scenario: scenario.title(),
        scenario_hash: Run::hash_text(scenario.hash()),
        seed: plan.seed,
        world: plan.world,
        git_commit: options.git_commit.clone(),
        repeat_command: options.repeat_command.clone(),
        ending: record::Ending::of(&verdicts),
        faults: plan.drawn.faults.iter().map(fault_of).collect(),
        funnel: verdicts::funnel(world),
        targets: verdicts::targets(world),
        verdicts,
        latencies: verdicts::latencies(world),
        probes: verdicts::probes(world),
        figures: verdicts::figures(world),
        series: world.observer.tally(|tally| tally.series.clone()),
        samples: world.observer.history(samples::samples),
        trace_hash,
        virtual_ms: Duration::from_micros(virtual_us).as_millis().try_into().unwrap_or(u64::MAX),
    };
    RunRecord::new(run, Host::default())
}

fn fault_of(fault: &scenario::ScheduledFault) -> record::Fault {
    record::Fault { at_ms: fault.at_ms, for_ms: fault.for_ms, text: fault.to_string() }
}
