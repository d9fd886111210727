//! `sweep`: many seeds, live progress, probes, failing seeds each with a command.

use scenario::{Expectation, Scenario};

use super::UsageError;
use super::args::SweepArgs;
use super::progress::ProgressLine;
use super::run::exit_code;
use crate::player::Player;
use crate::report::{ending, grouped};
use crate::sweep::{self, Probe, SweepOptions, SweepReport};

/// Failing seeds that are listed.
const FAILURES_SHOWN: usize = 20;

/// Plays the seeds and returns the exit code.
pub(super) fn sweep(player: &dyn Player, args: &SweepArgs) -> Result<u8, UsageError> {
    let scenario = args.subject.load()?;
    let options = SweepOptions {
        seeds: args.seeds.clone(),
        jobs: args.jobs.map_or_else(cores, usize::from),
        stop_after: args.stop_after,
        stop_at_failure: false,
        run: args.subject.options(player, "run")?,
    };
    let wanted = args.seeds.end() - args.seeds.start() + 1;
    let mut line = ProgressLine::new();
    line.show(|| format!("{}: {} seeds", scenario.title(), grouped(wanted)));
    let report = sweep::sweep(player, &scenario, &options, |record, so_far| {
        if args.json {
            println!("{}", record.to_sweep_line());
        }
        line.show(|| standing(so_far, wanted));
    });
    line.clear();
    if let Some(what) = report.broken {
        return Err(UsageError(what));
    }
    let demanded = demanded_probes(player, &scenario);
    let silent = silent_probes(&demanded, &report);
    // What a failing seed found is graver than what was not reached.
    let clean = report.failures.is_empty() && scenario.expect == Expectation::Holds;
    let fell_short = !silent.is_empty() && !args.probes_optional && clean;
    if !args.json {
        print_report(&scenario, &report, &demanded, &silent);
        if !fell_short {
            println!("{}", ending(report.ending()));
        }
    }
    if fell_short {
        let exit = record::Ending::TargetMissed.exit_code();
        let never = format!("every check holds, but never reached: {} (exit {exit})", silent.join(", "));
        if args.json {
            eprintln!("{}: {never}", player.name());
        } else {
            println!("{never}");
        }
        return Ok(exit);
    }
    Ok(exit_code(player, &scenario, report.ending()))
}

/// One thread for each core.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn standing(report: &SweepReport, wanted: u64) -> String {
    let per_s = f64::from(u32::try_from(report.played).unwrap_or(u32::MAX)) / report.wall.as_secs_f64().max(0.001);
    format!(
        "{} of {} seeds, {per_s:.1} a second, {} failed",
        grouped(report.played),
        grouped(wanted),
        grouped(report.failures.len() as u64)
    )
}

/// What must be reached: the scenario's probes, and where every kind of fault is drawn, the world's own.
fn demanded_probes<'a>(player: &dyn Player, scenario: &'a Scenario) -> Vec<&'a str> {
    let draws_all = scenario.faults_drawn.at_most > 0 && scenario.faults_drawn.kinds.is_none();
    let own = if draws_all { player.probes() } else { &[] };
    scenario.probes.iter().map(String::as_str).chain(own.iter().copied()).collect()
}

/// Those of them that never fired.
fn silent_probes<'a>(demanded: &[&'a str], report: &SweepReport) -> Vec<&'a str> {
    let fired = |name: &&&str| report.probes.get(**name).is_some_and(|probe| probe.times > 0);
    demanded.iter().filter(|name| !fired(name)).copied().collect()
}

fn print_report(scenario: &Scenario, report: &SweepReport, demanded: &[&str], silent: &[&str]) {
    println!("{} · {}", scenario.title(), standing(report, report.played));
    println!();
    let is_demanded = |name: &String| demanded.contains(&name.as_str());
    let row = |name: &str, probe: &Probe| {
        println!("  {name:<32}{:>12}{:>12}", grouped(probe.times), grouped(probe.seeds));
    };
    if !demanded.is_empty() {
        println!("{:<34}{:>12}{:>12}", "probes, each of which must fire", "times", "in seeds");
        report.probes.iter().filter(|(name, _)| is_demanded(name)).for_each(|(name, probe)| row(name, probe));
        for name in silent.iter().filter(|name| !report.probes.contains_key(**name)) {
            println!("  {name:<32}{:>12}", "never");
        }
        println!();
    }
    println!("{:<34}{:>12}{:>12}", "what else was counted", "times", "in seeds");
    let others = report.probes.iter().filter(|(name, probe)| !is_demanded(name) && probe.times > 0);
    others.for_each(|(name, probe)| row(name, probe));
    println!();
    for failure in report.failures.iter().take(FAILURES_SHOWN) {
        println!("seed {}: {}", failure.seed, failure.what);
        println!("    {}", failure.repeat_command);
    }
    if report.failures.len() > FAILURES_SHOWN {
        println!("… and {} more failing seeds", report.failures.len() - FAILURES_SHOWN);
    }
}
