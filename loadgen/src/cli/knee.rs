//! `knee`: how much a platform holds, with a line per probe.

use std::time::Duration;

use record::{KneePoint, KneeRecord};
use scenario::Scenario;

use super::args::KneeArgs;
use super::{Ended, unavailable, usage};
use crate::attack::GooseOptions;
use crate::knee::{self, Plan};
use crate::play::{Live, Player, git_commit};
use crate::wire::Address;

/// Looks for the knee and returns the exit code.
pub(super) async fn knee(args: &KneeArgs) -> Result<u8, Ended> {
    let scenario = args.subject.load()?;
    let address: Address = args.host.parse().map_err(usage)?;
    let plan = Plan {
        from_per_s: args.from_per_s,
        most_per_s: args.most_per_s,
        probe: Duration::from_secs(args.probe_s),
        hold: Duration::from_secs(args.hold_s),
        searches: args.searches,
    };
    let repeat_command = format!(
        "cargo loadgen knee {} --host {} --from-per-s {} --most-per-s {} --probe-s {} --hold-s {} --searches {}",
        args.subject.words(),
        args.host,
        args.from_per_s,
        args.most_per_s,
        args.probe_s,
        args.hold_s,
        args.searches
    );
    let player = |scenario: Scenario, seed: u64| Player {
        goose: GooseOptions { stdout_is_ours: true, ..GooseOptions::default() },
        live: Some(Live::line()),
        ..Player::new(scenario, seed, address.clone())
    };
    let seed = args.subject.seed;
    let found = knee::look(&scenario, seed, plan, player, say).await.map_err(unavailable)?;
    let Some(knee) = found.knee(&scenario.title(), seed, repeat_command, git_commit()) else {
        println!("no rate held, not even a sixteenth of {} arrivals/s (exit 3)", args.from_per_s);
        return Ok(3);
    };
    let beyond = knee.high_per_s.map_or_else(String::new, |high| format!(", none held {high:.0}"));
    println!(
        "knee      {:.0} arrivals/s; every search held {:.0}{beyond} ({} searches)",
        knee.knee_per_s, knee.low_per_s, args.searches
    );
    println!("broke on  {}", knee.broke_on);
    println!("bound by  {}", knee.bound_by);
    match &knee.scaling {
        Some(law) => println!(
            "scaling   {:.1}/s alone, sigma {:.4}, kappa {:.6} (Universal Scalability Law)",
            law.lambda_per_s, law.sigma, law.kappa
        ),
        None => println!("scaling   no law: too few points, or they do not bend"),
    }
    println!("repeat    {}", knee.repeat_command);
    if let Some(path) = &args.json {
        let text = KneeRecord::new(knee).to_json();
        std::fs::write(path, text).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    }
    Ok(0)
}

fn say(point: &KneePoint) {
    let word = if point.held { "held".to_owned() } else { point.why.clone() };
    println!(
        "{:>9.0}/s offered  {:>9.0}/s answered  {:>7.1} under way  p99 {:>8.1} ms  {word}",
        point.offered_per_s, point.achieved_per_s, point.concurrency, point.response_p99_ms
    );
}
