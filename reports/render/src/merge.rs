//! Shards of one load as one record: the same scenario and seed, each shard with its share of the arrivals.
//!
//! Counts add up, and so do series. Percentiles of the whole cannot be told from percentiles of the parts, but never lie
//! above the highest of them: that one is taken, and a target of at most so many milliseconds is judged by it.

use std::collections::BTreeMap;

use record::{
    Ending, Funnel, LatencySummary, Outcome, Property, Run, RunRecord, Series, Target, Verdict, Violation, World,
};

/// Why records are no shards of one load.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("there is no record to merge")]
    Nothing,
    /// They are of different loads.
    #[error("{what} differs: {first} and {other}; shards are of one scenario, one seed and one commit")]
    Different {
        /// What.
        what: &'static str,
        /// Of the first record.
        first: String,
        /// Of another.
        other: String,
    },
    /// The same file twice is no further shard.
    #[error("record {number} is the same as record {earlier}")]
    Twice {
        /// Which, from 1.
        number: usize,
        /// Which it repeats, from 1.
        earlier: usize,
    },
    /// A simulated run is whole.
    #[error("record {number} is of a simulated run, which has no shards")]
    Simulated {
        /// Which, from 1.
        number: usize,
    },
}

/// Figures that are counts, and so add up.
const COUNTS: [&str; 6] = ["requests", "scheduled", "late_starts", "dropped_starts", "not_sent", "delivered"];

/// One record of all shards.
///
/// # Errors
/// When they are not of one load.
pub fn merge(shards: &[RunRecord]) -> Result<RunRecord, MergeError> {
    let first = shards.first().ok_or(MergeError::Nothing)?;
    for (number, shard) in (1..).zip(shards) {
        same(first, shard)?;
        if shard.run.world != World::Live {
            return Err(MergeError::Simulated { number });
        }
        if let Some(earlier) = shards[..number - 1].iter().position(|earlier| earlier.run == shard.run) {
            return Err(MergeError::Twice { number, earlier: earlier + 1 });
        }
    }
    let mut whole = first.clone();
    for shard in &shards[1..] {
        add_funnel(&mut whole.run.funnel, &shard.run.funnel);
        add_latencies(&mut whole.run.latencies, &shard.run.latencies);
        add_series(&mut whole.run.series, &shard.run.series);
        for (name, value) in &shard.run.figures {
            let mine = whole.run.figures.entry(name.clone()).or_insert(0.0);
            *mine = if COUNTS.contains(&name.as_str()) { *mine + value } else { mine.max(*value) };
        }
        add_verdicts(&mut whole.run.verdicts, &shard.run.verdicts);
        whole.run.virtual_ms = whole.run.virtual_ms.max(shard.run.virtual_ms);
        whole.host.wall_ms = whole.host.wall_ms.max(shard.host.wall_ms);
    }
    judge_anew(&mut whole, shards);
    Ok(whole)
}

fn same(first: &RunRecord, other: &RunRecord) -> Result<(), MergeError> {
    let parts = |record: &RunRecord| {
        let run = &record.run;
        let commit = run.git_commit.clone().unwrap_or_default();
        [("the scenario", run.scenario_hash.clone()), ("the seed", run.seed.to_string()), ("the commit", commit)]
    };
    for ((what, first), (_, other)) in parts(first).into_iter().zip(parts(other)) {
        if first != other {
            return Err(MergeError::Different { what, first, other });
        }
    }
    Ok(())
}

fn add_funnel(whole: &mut Funnel, shard: &Funnel) {
    whole.clicked += shard.clicked;
    whole.limited += shard.limited;
    whole.sold_out += shard.sold_out;
    whole.reserved += shard.reserved;
    whole.paid += shard.paid;
    whole.committed += shard.committed;
    whole.compensated += shard.compensated;
    whole.refunded += shard.refunded;
    whole.pending += shard.pending;
    whole.failed += shard.failed;
    whole.timed_out += shard.timed_out;
    whole.declined += shard.declined;
    whole.abandoned += shard.abandoned;
}

fn add_latencies(whole: &mut BTreeMap<Outcome, LatencySummary>, shard: &BTreeMap<Outcome, LatencySummary>) {
    for (outcome, of_shard) in shard {
        let mine = whole.entry(*outcome).or_default();
        mine.count += of_shard.count;
        mine.p50_us = mine.p50_us.max(of_shard.p50_us);
        mine.p90_us = mine.p90_us.max(of_shard.p90_us);
        mine.p99_us = mine.p99_us.max(of_shard.p99_us);
        mine.max_us = mine.max_us.max(of_shard.max_us);
    }
}

/// Counts and latencies of each step add up. A gauge is of the platform, not of a shard: the longer one is kept.
fn add_series(whole: &mut Series, shard: &Series) {
    for (line, values) in &shard.counts {
        let mine = whole.counts.entry(*line).or_default();
        mine.resize(mine.len().max(values.len()), 0);
        mine.iter_mut().zip(values).for_each(|(mine, value)| *mine += value);
    }
    for (line, values) in &shard.gauges {
        let mine = whole.gauges.entry(*line).or_default();
        if values.len() > mine.len() {
            mine.clone_from(values);
        }
    }
    whole.latencies.resize(whole.latencies.len().max(shard.latencies.len()), BTreeMap::new());
    for (mine, step) in whole.latencies.iter_mut().zip(&shard.latencies) {
        for (bound, count) in step {
            *mine.entry(*bound).or_default() += count;
        }
    }
}

/// A promise is kept when every shard that could tell says so.
fn add_verdicts(whole: &mut Vec<Verdict>, shard: &[Verdict]) {
    for verdict in shard {
        let Some(mine) = whole.iter_mut().find(|mine| mine.checker == verdict.checker) else {
            whole.push(verdict.clone());
            continue;
        };
        mine.violations.extend(verdict.violations.iter().cloned());
        mine.holds &= verdict.holds;
        mine.not_judged = mine.not_judged.take().or_else(|| verdict.not_judged.clone());
    }
}

/// Targets by the figures of the whole: the worst of any shard, but for shares, which are of everybody.
fn judge_anew(whole: &mut RunRecord, shards: &[RunRecord]) {
    let run = &mut whole.run;
    let errors = run.funnel.failed + run.funnel.timed_out;
    let share = |part: u64, of: u64| as_f64(part) / as_f64(of.max(1));
    run.figures.insert("error_ratio".to_owned(), share(errors, run.funnel.clicked));
    if let Some(scheduled) = run.figures.get("scheduled").copied().filter(|scheduled| *scheduled > 0.0) {
        let not_sent = run.figures.get("not_sent").copied().unwrap_or(0.0);
        run.figures.insert("sent_ratio".to_owned(), (as_f64(run.funnel.clicked) - not_sent) / scheduled);
    }
    for target in &mut run.targets {
        let of_shards = shards.iter().filter_map(|shard| of(shard, &target.name));
        let seen = match target.name.as_str() {
            "error_budget_ratio" => run.figures.get("error_ratio").copied(),
            // Orders are the platform's, and every shard that asked the stores was told of its own.
            "orders_per_s" => of_shards.filter_map(|target| target.modelled).reduce(|sum, more| sum + more),
            _ => of_shards.filter_map(|target| target.modelled).reduce(f64::max),
        };
        target.modelled = seen;
        target.met = match target.name.as_str() {
            "orders_per_s" => seen.is_some_and(|seen| seen >= target.wanted),
            _ => seen.is_some_and(|seen| seen <= target.wanted),
        };
    }
    judge_verdict(run);
    let judged: Vec<Verdict> = run
        .verdicts
        .iter()
        .filter(|verdict| verdict.not_judged.is_none() || verdict.property == Property::Target)
        .cloned()
        .collect();
    run.ending = Ending::of(&judged);
}

/// The verdict on targets: by those of the whole, and by what ended a shard early.
fn judge_verdict(run: &mut Run) {
    let Some(verdict) = run.verdicts.iter_mut().find(|verdict| verdict.property == Property::Target) else { return };
    if verdict.not_judged.is_some() {
        return;
    }
    let of_a_target = |what: &str| run.targets.iter().any(|target| what.starts_with(&format!("{}: ", target.name)));
    verdict.violations.retain(|violation| !of_a_target(&violation.what));
    for target in run.targets.iter().filter(|target| !target.met) {
        let seen = target.modelled.map_or_else(|| "not known".to_owned(), |seen| format!("{seen:.3}"));
        let what = format!("{}: wanted {:.3}, measured {seen}", target.name, target.wanted);
        verdict.violations.push(Violation { what, at_ms: 0, order_id: None, history: Vec::new() });
    }
    verdict.holds = verdict.violations.is_empty();
}

fn of<'a>(record: &'a RunRecord, name: &str) -> Option<&'a Target> {
    record.run.targets.iter().find(|target| target.name == name)
}

const fn as_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a load lie far below 2^53")]
    let value = count as f64;
    value
}
