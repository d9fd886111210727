//! `bugs` and `compare-commit-strategies`: tables of many runs.

use std::path::PathBuf;

use platform::texts::Texts;
use record::BugScore;
use scenario::Scenario;

use super::UsageError;
use super::args::{BugsArgs, CompareArgs};
use super::progress::ProgressLine;
use crate::bugs::{self, Score};
use crate::player::Player;
use crate::report::grouped;
use crate::run::RunOptions;
use crate::strategies::{self, Comparison};

fn plain_options(player: &dyn Player, scenario: &std::path::Path) -> RunOptions {
    RunOptions {
        texts: Texts::embedded(),
        bugs: Vec::new(),
        strategy: None,
        stop_when_unsafe: false,
        syntax_trees: postgres_engine::SyntaxTrees::default(),
        git_commit: None,
        repeat_command: format!("{} run {} --seed {{seed}}", player.command(), scenario.display()),
    }
}

/// Looks for every known bug; exit code 1 when one was not found.
pub(super) fn bugs(player: &dyn Player, args: &BugsArgs) -> Result<u8, UsageError> {
    let mut line = ProgressLine::new();
    if args.markdown {
        println!("| known bug | scenario | seeds needed | wall time | what gave it away |\n|---|---|---:|---:|---|");
    }
    let mut missed = 0;
    for &bug in player.known_bugs() {
        line.show(|| format!("looking for {}", bug.name()));
        let own = || PathBuf::from(bugs::scenario_of(bug));
        let path = args.scenario.clone().unwrap_or_else(own);
        let scenario = Scenario::load(&path)?;
        let options = plain_options(player, &path);
        let score = bugs::look_for(player, &scenario, bug, args.seeds.clone(), &options);
        missed += u8::from(score.found.is_none());
        line.clear();
        print_score(args, &scenario, &score);
    }
    if missed > 0 {
        eprintln!("{}: {missed} known bugs were not found", player.name());
    }
    Ok(u8::from(missed > 0))
}

fn told(score: &Score) -> BugScore {
    let missed = BugScore::not_found(score.bug.name(), score.seeds, score.wall.as_secs_f64());
    let Some(failure) = &score.found else { return missed };
    let (what, repeat_command) = (failure.what.clone(), Some(failure.repeat_command.clone()));
    BugScore { found: true, what, repeat_command, ..missed }
}

fn print_score(args: &BugsArgs, scenario: &Scenario, score: &Score) {
    let (name, seeds, wall) = (score.bug.name(), score.seeds, score.wall.as_secs_f64());
    let what = score.found.as_ref().map_or("NOT FOUND", |failure| failure.what.as_str());
    if args.json {
        println!("{}", told(score).to_json_line());
    } else if args.markdown {
        println!("| `{name}` | `{}` | {seeds} | {wall:.2} s | {} |", scenario.name, what.replace('|', "\\|"));
    } else {
        println!("{name:<38}{seeds:>5} seeds{wall:>8.2} s   {what}");
        if let Some(failure) = &score.found {
            println!("    {}", failure.repeat_command);
        }
    }
}

/// Compares the strategies; exit code 1 when one of them broke safety.
pub(super) fn compare_commit_strategies(player: &dyn Player, args: &CompareArgs) -> Result<u8, UsageError> {
    let scenario = Scenario::load(&args.scenario)?;
    let mut options = plain_options(player, &args.scenario);
    options.repeat_command = options.repeat_command.replace("{seed}", &args.seed.to_string());
    let mut line = ProgressLine::new();
    line.show(|| format!("{}: four strategies", scenario.title()));
    let compared = strategies::compare(player, &scenario, args.seed, &options)?;
    line.clear();
    if args.markdown {
        println!("| strategy | orders/s | attempts per order | refunds | committed | sold out at |");
        println!("|---|---:|---:|---:|---:|---:|");
    } else if !args.json {
        println!(
            "{:<14}{:>10}{:>12}{:>10}{:>11}{:>14}",
            "strategy", "orders/s", "attempts", "refunds", "committed", "sold out at"
        );
    }
    let mut worst = 0;
    for comparison in &compared {
        print_comparison(args, comparison);
        if comparison.record.run.ending == record::Ending::SafetyBroken {
            worst = 1;
        }
    }
    if !args.json {
        println!("\norders/s and times are modelled: they are the cost model's word, not a measurement");
    }
    Ok(worst)
}

fn print_comparison(args: &CompareArgs, comparison: &Comparison) {
    let run = &comparison.record.run;
    let figure = |name: &str| run.figures.get(name).copied();
    let orders_per_s = figure("orders_per_s").unwrap_or(0.0);
    let attempts = figure("commit_attempts_per_order").unwrap_or(0.0);
    let sold_out =
        figure("time_to_sell_out_ms").map_or_else(|| "never".to_owned(), |ms| format!("{:.1} s", ms / 1_000.0));
    let (name, refunds, committed) = (comparison.strategy.name(), run.funnel.refunded, run.funnel.committed);
    if args.json {
        let row = serde_json::json!({
            "strategy": name, "orders_per_s": orders_per_s, "attempts_per_order": attempts, "refunds": refunds,
            "committed": committed, "time_to_sell_out_ms": figure("time_to_sell_out_ms"),
            "repeat_command": run.repeat_command,
        });
        println!("{row}");
    } else if args.markdown {
        println!(
            "| `{name}` | {orders_per_s:.0} | {attempts:.2} | {} | {} | {sold_out} |",
            grouped(refunds),
            grouped(committed)
        );
    } else {
        let (refunds, committed) = (grouped(refunds), grouped(committed));
        println!("{name:<14}{orders_per_s:>10.0}{attempts:>12.2}{refunds:>10}{committed:>11}{sold_out:>14}");
    }
}
