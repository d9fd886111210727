//! What people read: the summary of a load that is over, and a line while it goes on.

use std::fmt::Write as _;

use record::{Ending, RunRecord, Series, Verdict};

use crate::measure::Tally;

/// Violations of a checker that are printed.
const SHOWN: usize = 3;

/// The whole summary. `invalid` is why the load was not the one that was asked for.
#[must_use]
pub fn render(record: &RunRecord, tally: &Tally, host: &str, invalid: Option<&str>, exit_code: u8) -> String {
    let run = &record.run;
    let mut text = String::new();
    if let Some(why) = invalid {
        push(&mut text, format!("INVALID RUN: {why}"));
    }
    let lasted_s = record.host.wall_ms / 1_000;
    push(&mut text, format!("{} · seed {} · measured at {host} in {lasted_s} s", run.scenario, run.seed));
    push(&mut text, String::new());
    load(&mut text, tally, record);
    funnel(&mut text, record, tally.requests());
    checks(&mut text, &run.verdicts);
    targets(&mut text, record);
    push(&mut text, format!("repeat  {}", run.repeat_command));
    push(&mut text, String::new());
    let audited = run.verdicts.iter().all(|verdict| verdict.checker != "audit");
    push(&mut text, format!("{} (exit {exit_code})", ending(run.ending, invalid.is_some(), audited)));
    text
}

fn push(text: &mut String, line: String) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn ms(us: u64) -> String {
    format!("{}.{}", us / 1_000, us / 100 % 10)
}

fn load(text: &mut String, tally: &Tally, record: &RunRecord) {
    let figure = |name: &str| record.run.figures.get(name).copied().unwrap_or(0.0);
    push(
        text,
        format!(
            "load    {} of {} arrivals sent; {} late, {} dropped, {} without a connection; start lag p99 {} ms",
            grouped(tally.started - tally.not_sent.min(tally.started)),
            grouped(tally.scheduled),
            grouped(tally.late),
            grouped(tally.dropped),
            grouped(tally.not_sent),
            ms(tally.lag.quantile_us(990)),
        ),
    );
    push(text, format!("        the generator used {:.0} % of the cores", figure("generator_cpu_ratio") * 100.0));
    push(text, String::new());
    push(text, "requests          number   service p50      p99   response p50      p99   (ms; response counts from when it was due)".to_owned());
    for (endpoint, of) in &tally.endpoints {
        push(
            text,
            format!(
                "  {:<12}{:>10}{:>14}{:>9}{:>15}{:>9}",
                endpoint.name(),
                grouped(of.service.count()),
                ms(of.service.quantile_us(500)),
                ms(of.service.quantile_us(990)),
                ms(of.response.quantile_us(500)),
                ms(of.response.quantile_us(990)),
            ),
        );
        let told: Vec<String> = of.answers.iter().map(|(what, count)| format!("{what} {}", grouped(*count))).collect();
        push(text, format!("              {}", told.join(", ")));
    }
    push(text, String::new());
}

fn funnel(text: &mut String, record: &RunRecord, requests: u64) {
    let funnel = &record.run.funnel;
    push(text, format!("funnel  {} shoppers, {} requests", grouped(funnel.clicked), grouped(requests)));
    for (name, count, outcome) in funnel.stages() {
        let latency = outcome.and_then(|outcome| record.run.latencies.get(&outcome));
        let latency = latency.map_or_else(String::new, |summary| {
            format!("   p50 {} ms, p99 {} ms", summary.p50_us / 1_000, summary.p99_us / 1_000)
        });
        push(text, format!("  {name:<12}{:>10}{latency}", grouped(count)));
    }
    push(text, String::new());
}

fn checks(text: &mut String, verdicts: &[Verdict]) {
    push(text, "checks".to_owned());
    for verdict in verdicts {
        let word = match (&verdict.not_judged, verdict.holds) {
            (Some(why), _) => format!("not judged: {why}"),
            (None, true) => "holds".to_owned(),
            (None, false) => "BROKEN".to_owned(),
        };
        push(text, format!("  {:<14}{word}", verdict.checker));
        for violation in verdict.violations.iter().take(SHOWN) {
            push(text, format!("      {}", violation.what));
        }
        if verdict.violations.len() > SHOWN {
            push(text, format!("      … and {} more; --json has them all", verdict.violations.len() - SHOWN));
        }
    }
    push(text, String::new());
}

fn targets(text: &mut String, record: &RunRecord) {
    push(text, "targets (measured)".to_owned());
    for target in &record.run.targets {
        let word = if target.met { "met" } else { "MISSED" };
        let seen = target.modelled.map_or_else(|| "unknown".to_owned(), |seen| format!("{seen:.3}"));
        push(text, format!("  {:<22}wanted {:>12.3}   measured {seen:>12}   {word}", target.name, target.wanted));
    }
    for (name, value) in record.run.figures.iter().filter(|(name, _)| !name.contains('.')) {
        push(text, format!("  {name:<22}{value:>19.3}"));
    }
    push(text, String::new());
}

const fn ending(ending: Ending, is_invalid: bool, audited: bool) -> &'static str {
    match ending {
        Ending::SafetyBroken => "SAFETY BROKEN: something happened that must never happen",
        Ending::Held | Ending::TargetMissed | Ending::DidNotDrain if is_invalid => {
            "INVALID: the load was not the one that was asked for"
        }
        Ending::Held => "held: every check that could be made holds and every target is met",
        Ending::TargetMissed if !audited => {
            "target missed: not as the scenario demands; whether it was safe nobody asked"
        }
        Ending::TargetMissed => "target missed: safe and drained, but not as the scenario demands",
        Ending::DidNotDrain => "DID NOT DRAIN: something that must happen did not happen in time",
    }
}

/// The line while a load goes on: the last second, and what is left.
#[must_use]
pub fn progress(tally: &Tally, now_us: u64) -> String {
    let mut line = format!("{:>6}.{} s", now_us / 1_000_000, now_us / 100_000 % 10);
    let (rate, p50_us, p99_us) = last_second(&tally.series, now_us);
    let errors = if tally.requests() == 0 { 0.0 } else { crate::validity::ratio(tally.errors(), tally.requests()) };
    let written = write!(
        line,
        "  {} of {} shoppers, {rate} answers/s, p50 {} ms, p99 {} ms, {:.1} % errors",
        grouped(tally.started),
        grouped(tally.scheduled),
        ms(p50_us),
        ms(p99_us),
        errors * 100.0,
    );
    written.expect("writing to a string does not fail");
    let left = [record::Gauge::StockLeftRedis, record::Gauge::StockLeftPostgres];
    let left = left.iter().find_map(|gauge| tally.series.gauges.get(gauge)?.last());
    if let Some(left) = left {
        line.push_str(&format!(", {left} left"));
    }
    line
}

/// Answers of the last whole second, and their median and 99th percentile.
fn last_second(series: &Series, now_us: u64) -> (u64, u64, u64) {
    let step_us = series.step_ms * 1_000;
    let end = usize::try_from(now_us / step_us).unwrap_or(usize::MAX).min(series.latencies.len());
    let steps = usize::try_from(1_000_000 / step_us).unwrap_or(1).max(1);
    let mut bounds = std::collections::BTreeMap::new();
    for step in &series.latencies[end.saturating_sub(steps)..end] {
        for (bound, count) in step {
            *bounds.entry(*bound).or_insert(0_u64) += count;
        }
    }
    let count: u64 = bounds.values().sum();
    let quantile = |per_mille: u64| {
        let rank = (count * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        let reached = bounds.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        reached.map_or(0, |(bound, _)| *bound)
    };
    (count, quantile(500), quantile(990))
}

/// A count with its thousands set apart.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_of_the_last_second_alone() {
        let mut series = Series::new(50);
        for at_us in (0..1_000_000).step_by(10_000) {
            series.latency(at_us, 900_000);
        }
        for at_us in (1_000_000..2_000_000).step_by(20_000) {
            series.latency(at_us, 2_048);
        }
        assert_eq!(last_second(&series, 2_000_000), (50, 2_048, 2_048));
        assert_eq!(last_second(&series, 500_000).0, 50);
    }
}
