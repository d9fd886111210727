//! `run`: one scenario against a platform, with a line while it goes on and a summary when it is over.

use std::path::Path;
use std::sync::Arc;

use record::{Ending, RunRecord};

use super::args::RunArgs;
use super::{Ended, INVALID, unavailable, usage};
use crate::attack::GooseOptions;
use crate::junit;
use crate::play::{Live, Played, Player};
use crate::stores::Stores;
use crate::summary;
use crate::wire::Address;

/// Plays the scenario and returns the exit code.
pub(super) async fn run(args: &RunArgs) -> Result<u8, Ended> {
    let scenario = args.subject.load()?;
    let settings = args.place.settings()?;
    let address: Address = args.place.host.parse().map_err(usage)?;
    let stores = match settings {
        Some(settings) => Some(Arc::new(Stores::open(settings).await.map_err(unavailable)?)),
        None => None,
    };
    let player = Player {
        scenario,
        seed: args.subject.seed,
        address,
        stores,
        run_name: args.run_name.clone(),
        connections: args.connections.map(|most| usize::try_from(most).expect("at most 28,000")),
        shard: args.shard,
        begin_at_s: args.begin_at,
        lanes: args.lanes.map(usize::from),
        goose: GooseOptions {
            reports: args.goose_report.clone(),
            dashboard_port: args.goose_dashboard,
            stdout_is_ours: true,
        },
        repeat_command: format!("cargo loadgen run {} {}", args.subject.words(), args.place.words()),
        live: Some(args.json.as_deref().filter(|_| args.live).map_or_else(Live::line, Live::into_file)),
    };
    let played = player.play().await.map_err(unavailable)?;
    tell(args, &played)
}

fn tell(args: &RunArgs, played: &Played) -> Result<u8, Ended> {
    let code = exit_code(&played.record, played.invalid.as_deref());
    print!("{}", summary::render(&played.record, &played.tally, &args.place.host, played.invalid.as_deref(), code));
    if let Some(path) = &args.json {
        write(path, &played.record.to_json())?;
    }
    if let Some(path) = &args.junit {
        write(path, &junit::render(&played.record, played.invalid.as_deref()))?;
    }
    Ok(code)
}

/// What is unsafe is so under any load; everything else says nothing when the load was another.
fn exit_code(record: &RunRecord, invalid: Option<&str>) -> u8 {
    match (record.run.ending, invalid) {
        (Ending::SafetyBroken, _) | (_, None) => record.run.ending.exit_code(),
        (Ending::Held | Ending::TargetMissed | Ending::DidNotDrain, Some(_)) => INVALID,
    }
}

fn write(path: &Path, text: &str) -> Result<(), Ended> {
    std::fs::write(path, text).map_err(|error| usage(format!("{}: {error}", path.display())))
}
