//! Plays one seed of a scenario and makes its record.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use madsim::Config;
use madsim::runtime::{Handle, Runtime};
use platform::bugs::{Bugs, KnownBug};
use platform::config::CommitStrategy;
use platform::texts::Texts;
use postgres_engine::SyntaxTrees;
use record::{Gauge, Host, Run, RunRecord};
use scenario::Scenario;

use crate::samples;
use crate::verdicts;
use crate::world::build::{self, Plan, World};
use crate::world::crowd::Arrival;
use crate::world::trace::Trace;
use crate::world::{settings, snapshot};

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

/// Plays one seed.
///
/// # Errors
/// When the platform's texts are refused by the engines, or the trace cannot be written.
pub fn run(
    scenario: &Scenario,
    seed: u64,
    options: &RunOptions,
    trace_to: Option<File>,
    progress: &Arc<Progress>,
) -> Result<RunRecord, RunError> {
    let drawn = scenario.draw(seed);
    let mut bugs = options.bugs.clone();
    for name in &scenario.platform.known_bugs {
        bugs.push(known_bug(name)?);
    }
    let strategy = options.strategy.unwrap_or_else(|| settings::strategy(drawn.commit_strategy));
    let (texts, syntax_trees) = (options.texts.clone(), options.syntax_trees.clone());
    let plan = Plan { scenario, seed, drawn, texts, bugs: Bugs::with(&bugs), strategy, syntax_trees };
    let trace = Trace::new(trace_to);
    let runtime = Runtime::with_seed_and_config(seed, Config::default());
    let outcome = runtime.block_on(play(&plan, options, trace.clone(), progress.clone()));
    let (world, ending) = outcome.map_err(RunError::Refused)?;
    trace.close()?;
    Ok(record_of(&plan, options, &world, &ending, &trace))
}

/// The known bug of a name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn known_bug(name: &str) -> Result<KnownBug, RunError> {
    KnownBug::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = KnownBug::ALL.iter().map(|bug| bug.name()).collect();
        RunError::UnknownBug(format!("no known bug is called {name:?}; there are: {}", known.join(", ")))
    })
}

/// How a run came to its end.
struct Ended {
    judgements: Vec<checkers::Judgement>,
    virtual_us: i64,
}

async fn play(
    plan: &Plan<'_>,
    options: &RunOptions,
    trace: Trace,
    progress: Arc<Progress>,
) -> Result<(World, Ended), String> {
    let world = build::build(plan, trace)?;
    if options.stop_when_unsafe {
        world.observer.stop_when_unsafe();
    }
    let faults = plan.drawn.faults.clone();
    let striking = world.stage.spawn({
        let targets = world.targets.clone();
        async move { targets.strike_all(&faults).await }
    });
    let shopping = world.stage.spawn(world.crowd.clone().run(arrivals(plan)));
    let look = |now_us| {
        show(&world, &progress, now_us);
        read_gauges(&world, now_us);
        hand_out(plan, options, &world, &progress, now_us);
    };
    let quiet = settle(&world, plan, &progress, &look, &striking, &shopping).await;
    let virtual_us = world.timeline.now_us();
    // Whoever stops at the first violation wants that one: the stores stand in the middle of things, and some may be away.
    let judgements = if world.observer.should_stop() {
        world.observer.judgements()
    } else {
        let end = snapshot::take(&world, quiet).await?;
        world.observer.judge(&end)
    };
    world.end().await;
    Ok((world, Ended { judgements, virtual_us }))
}

fn arrivals(plan: &Plan<'_>) -> impl Iterator<Item = Arrival> + Send + use<> {
    let shoppers = &plan.scenario.shoppers;
    let schedule = shoppers
        .schedule(plan.scenario.run.duration_ms, plan.seed)
        .expect("the schedule was tried when the scenario was read");
    let (crowd, catalogue, seed) = (shoppers.crowd(), plan.scenario.catalogue(), plan.seed);
    schedule.enumerate().map(move |(index, at_us)| {
        let shopper = arrivals::Shopper::draw(&crowd, seed, u64::try_from(index).expect("an index fits"));
        let sku = u16::try_from(catalogue.pick(shopper.product_draw)).expect("fewer than 65,536 products");
        let at_us = i64::try_from(at_us).expect("a schedule is shorter than a day");
        Arrival { at_us, shopper, sku: checkers::history::Sku(sku) }
    })
}

/// Waits until shoppers and faults are over and everything has settled, or the drain limit has passed. Returns whether
/// it was quiet at the end.
async fn settle<T, U>(
    world: &World,
    plan: &Plan<'_>,
    progress: &Progress,
    look: &dyn Fn(i64),
    striking: &madsim::task::JoinHandle<T>,
    shopping: &madsim::task::JoinHandle<U>,
) -> bool {
    let drain_limit_us = i64::try_from(plan.scenario.run.drain_limit_ms).expect("checked when read") * 1_000;
    // The gauge and the reaper look at intervals; quiet must outlast a few of them.
    const QUIET_LOOKS: u32 = 4;
    let (mut quiet_since_us, mut quiet_looks) = (None, 0);
    loop {
        world.timeline.sleep_until(world.timeline.now_us() + LOOK_US).await;
        let now_us = world.timeline.now_us();
        look(now_us);
        // The runtime remembers every task it ever had until somebody counts them: in a long run, hundreds of MiB.
        let _counted = Handle::current().metrics().num_tasks();
        if world.observer.should_stop() {
            return false;
        }
        if !striking.is_finished() || !shopping.is_finished() {
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

fn show(world: &World, progress: &Progress, now_us: i64) {
    progress.virtual_us.store(now_us, Ordering::Relaxed);
    let (requests, committed) = world.observer.tally(|tally| (tally.requests, tally.committed));
    progress.requests.store(requests, Ordering::Relaxed);
    progress.committed.store(committed, Ordering::Relaxed);
}

/// Makes a record of what happened so far, if somebody asked for one. The run goes on as it would have.
fn hand_out(plan: &Plan<'_>, options: &RunOptions, world: &World, progress: &Progress, now_us: i64) {
    if !progress.is_record_wanted.swap(false, Ordering::Relaxed) {
        return;
    }
    let so_far = Ended { judgements: world.observer.judgements(), virtual_us: now_us };
    let mut record = record_of(plan, options, world, &so_far, world.observer.trace());
    record.run.verdicts.push(record::Verdict::still_running());
    record.run.ending = record::Ending::of(&record.run.verdicts);
    *progress.so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
}

/// What charts show of the stores, as it stands now.
fn read_gauges(world: &World, now_us: i64) {
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
fn is_settled(world: &World) -> bool {
    let gauge: i64 = world.metrics.iter().map(|(_, metrics)| metrics.leaked_holds()).sum();
    gauge == 0
        && world.observer.gate_is_open()
        && world.observer.tally(super::world::tally::Tally::is_settled)
        && world.limits.skus.iter().enumerate().all(|(index, sku)| {
            let index = checkers::history::Sku(u16::try_from(index).expect("fewer than 65,536 products"));
            let on_hand = world.observer.tally(|tally| tally.on_hand_of(index));
            let redis = &world.targets.redis;
            redis.live_holds(&sku.sku) == 0 && redis.counter(&sku.sku) == Some(on_hand)
        })
}

fn record_of(plan: &Plan<'_>, options: &RunOptions, world: &World, ended: &Ended, trace: &Trace) -> RunRecord {
    let scenario = plan.scenario;
    let verdicts = verdicts::verdicts(world, &ended.judgements);
    let (trace_hash, _events) = trace.digest();
    let virtual_us = u64::try_from(ended.virtual_us).unwrap_or(0);
    let run = Run {
        scenario: scenario.title(),
        scenario_hash: Run::hash_text(scenario.hash()),
        seed: plan.seed,
        world: record::World::Sim,
        git_commit: options.git_commit.clone(),
        repeat_command: options.repeat_command.clone(),
        ending: record::Ending::of(&verdicts),
        faults: plan.drawn.faults.iter().map(fault_of).collect(),
        funnel: verdicts::funnel(world),
        targets: verdicts::targets(world, scenario),
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
