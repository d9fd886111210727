//! Plays one seed of a scenario over simulated TCP.

use std::fs::File;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use harness::player::Player;
use harness::run::{self, Ended, Progress, RunError, RunOptions};
use harness::world::plan::{Plan, World};
use harness::world::snapshot::{self, Reader};
use harness::world::trace::Trace;
use platform::bugs::{Bugs, KnownBug};
use ports::entropy::Entropy;
use record::RunRecord;
use scenario::Scenario;

use crate::clients::http::{Connections, WireHttp};
use crate::clients::redis::WireRedis;
use crate::clients::sql::WirePool;
use crate::hostile::siege::{Beside, GATEWAY, LOOK_AFTER, Left};
use crate::world::build::{self, EnginesAt, WireWorld};
use crate::world::process::Processes;

/// The wire world.
pub struct Wire;

/// The faults of bytes, and what each is there to cause.
const PROBES: [&str; 18] = [
    "fault-answer-cut",
    "fault-commit-answer-lost",
    "fault-connection-reset",
    "fault-half-open",
    "fault-held-traffic",
    "fault-reordered-connections",
    "fault-slow-reader",
    "answer-cut-short",
    "commit-answer-lost",
    "connections-reordered",
    "half-open-connection",
    "one-way-traffic",
    "reader-slow",
    "redis-reset-in-pipeline",
    "reset-before-answer",
    "script-cache-lost",
    "server-died-with-connections-open",
    "traffic-held",
];

/// The bugs of connections first: they are what this world is for.
const BUGS: [KnownBug; 15] = {
    let mut all = [KnownBug::LostConnectionReadAsCommitted; 15];
    let (of_connections, others) = all.split_at_mut(KnownBug::OF_CONNECTIONS.len());
    of_connections.copy_from_slice(&KnownBug::OF_CONNECTIONS);
    others.copy_from_slice(&KnownBug::ALL);
    all
};

impl Player for Wire {
    fn command(&self) -> &'static str {
        "cargo wire"
    }

    fn name(&self) -> &'static str {
        "wire"
    }

    fn world(&self) -> record::World {
        record::World::Wire
    }

    fn carries_bytes(&self) -> bool {
        true
    }

    fn probes(&self) -> &'static [&'static str] {
        &PROBES
    }

    fn known_bugs(&self) -> &'static [KnownBug] {
        &BUGS
    }

    fn play(
        &self,
        scenario: &Scenario,
        seed: u64,
        options: &RunOptions,
        trace_to: Option<File>,
        progress: &Arc<Progress>,
    ) -> Result<RunRecord, RunError> {
        let plan = run::plan(self, scenario, seed, options)?;
        let trace = Trace::new(trace_to);
        let played = alone(seed, || play(&plan, options, trace.clone(), progress, None, Duration::ZERO));
        let (record, _left) = played.map_err(RunError::Refused)?;
        trace.close()?;
        Ok(record)
    }
}

/// Plays a seed beside hostile clients, and looks at the gateways when all is over.
///
/// # Errors
/// As [`Player::play`].
pub(crate) fn play_besieged(
    scenario: &Scenario,
    seed: u64,
    options: &RunOptions,
    siege: Option<Beside>,
) -> Result<(RunRecord, Vec<Left>), RunError> {
    let plan = run::plan(&Wire, scenario, seed, options)?;
    let played = alone(seed, || play(&plan, options, Trace::new(None), &Progress::default(), siege, LOOK_AFTER));
    played.map_err(RunError::Refused)
}

/// On a thread of its own: what std and tokio keep per thread, such as the keys of hash maps, begins anew for each seed.
/// Nothing else runs meanwhile, so its schedule has no say.
fn alone<T: Send>(seed: u64, play: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let played = scope.spawn(|| {
            let _playing = libc_overrides::enter(seed);
            play()
        });
        played.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn play(
    plan: &Plan,
    options: &RunOptions,
    trace: Trace,
    progress: &Progress,
    siege: Option<Beside>,
    look_after: Duration,
) -> Result<(RunRecord, Vec<Left>), String> {
    let WireWorld { world, mut fabric, engines_at, stage } = build::build(plan, trace)?;
    if options.stop_when_unsafe {
        world.observer.stop_when_unsafe();
    }
    let ended = {
        let mut playing = pin!(on_stage(plan, options, &world, engines_at, stage, progress, siege));
        loop {
            while let Some((at, order)) = world.targets.processes.next_order() {
                fabric.obey(at, order);
            }
            if let Some(ended) = fabric.tick(playing.as_mut()) {
                break ended?;
            }
        }
    };
    fabric.go_on(look_after);
    let gateways = world.targets.processes.replicas(GATEWAY);
    let left = gateways.iter().map(|gateway| fabric.left_at(*gateway)).collect();
    world.targets.processes.end();
    Ok((run::record_of(plan, options, &world, &ended), left))
}

/// What happens on the stage: shoppers and faults, until all has settled, and the verdict.
async fn on_stage(
    plan: &Plan,
    options: &RunOptions,
    world: &World<Processes>,
    engines_at: EnginesAt,
    stage: harness::world::network::NodeIndex,
    progress: &Progress,
    siege: Option<Beside>,
) -> Result<Ended, String> {
    let faults = plan.drawn.faults.clone();
    let targets = world.targets.clone();
    let striking = tokio::spawn(async move { targets.strike_all(&faults).await });
    let (processes, timeline) = (world.targets.processes.clone(), world.timeline.clone());
    let besieging = tokio::spawn(async move {
        if let Some(siege) = siege {
            siege.run(processes, timeline).await;
        }
    });
    let shopping = tokio::spawn(world.crowd.clone().run(run::arrivals(plan)));
    let look = |now_us| run::look(plan, options, world, progress, now_us);
    let is_over = || striking.is_finished() && shopping.is_finished() && besieging.is_finished();
    let quiet = run::settle(world, plan, progress, &look, &is_over).await;
    let connections = Connections::new(world.targets.processes.clone(), stage);
    let reader = Reader {
        pool: &WirePool::new(engines_at.postgres, snapshot::pool(), Bugs::none()),
        redis: &WireRedis::new(engines_at.redis, Duration::from_secs(1)),
        http: &WireHttp::new(connections, Entropy::from_seed(0)),
    };
    run::judge(world, quiet, &reader).await
}
