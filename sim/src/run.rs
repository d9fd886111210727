//! Plays one seed of a scenario in a madsim runtime.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use harness::player::Player;
use harness::run::{self, Ended, Progress, RunError, RunOptions};
use harness::world::plan::Plan;
use harness::world::snapshot::{self, Reader};
use harness::world::trace::Trace;
use madsim::Config;
use madsim::runtime::{Handle, Runtime};
use platform::bugs::KnownBug;
use ports::entropy::Entropy;
use record::RunRecord;
use scenario::Scenario;

use crate::world::adapters::http::SimHttp;
use crate::world::adapters::redis::SimRedis;
use crate::world::adapters::sql::SimPool;
use crate::world::build::{self, SimWorld};

/// Those of the sale first, then those of the shop around it.
const BUGS: [KnownBug; 19] = {
    let mut all = [KnownBug::CheckThenDecrement; 19];
    let (of_the_sale, of_the_shop) = all.split_at_mut(KnownBug::ALL.len());
    of_the_sale.copy_from_slice(&KnownBug::ALL);
    of_the_shop.copy_from_slice(&KnownBug::OF_THE_SHOP);
    all
};

/// The madsim world.
pub struct Sim;

impl Player for Sim {
    fn command(&self) -> &'static str {
        "cargo sim"
    }

    fn name(&self) -> &'static str {
        "sim"
    }

    fn world(&self) -> record::World {
        record::World::Sim
    }

    fn has_shop(&self) -> bool {
        true
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
        let runtime = Runtime::with_seed_and_config(seed, Config::default());
        let outcome = runtime.block_on(play(&plan, options, trace.clone(), progress.clone()));
        let (sim, ended) = outcome.map_err(RunError::Refused)?;
        trace.close()?;
        Ok(run::record_of(&plan, options, &sim.world, &ended))
    }
}

async fn play(
    plan: &Plan,
    options: &RunOptions,
    trace: Trace,
    progress: Arc<Progress>,
) -> Result<(SimWorld, Ended), String> {
    let sim = build::build(plan, trace)?;
    let world = &sim.world;
    if options.stop_when_unsafe {
        world.observer.stop_when_unsafe();
    }
    let faults = plan.drawn.faults.clone();
    let striking = sim.stage.spawn({
        let targets = world.targets.clone();
        async move { targets.strike_all(&faults).await }
    });
    let shopping = sim.stage.spawn(run::shopping(world.crowd.clone(), world.shop.clone(), run::arrivals(plan)));
    let look = |now_us| {
        run::look(plan, options, world, &progress, now_us);
        // The runtime remembers every task it ever had until somebody counts them: in a long run, hundreds of MiB.
        let _counted = Handle::current().metrics().num_tasks();
    };
    let is_over = || striking.is_finished() && shopping.is_finished();
    let quiet = run::settle(world, plan, &progress, &look, &is_over).await;
    let targets = &world.targets;
    let reader = Reader {
        pool: &SimPool::new(targets.postgres.clone(), sim.observer_at, snapshot::pool()),
        redis: &SimRedis::new(targets.redis.clone(), sim.observer_at, Duration::from_secs(1)),
        http: &SimHttp::new(targets.processes.clone(), sim.observer_at, Entropy::from_seed(0)),
    };
    let ended = run::judge(world, quiet, &reader).await?;
    sim.end().await;
    Ok((sim, ended))
}
