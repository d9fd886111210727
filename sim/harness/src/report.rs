//! The human side of a record: what a run prints when it is over.

use std::fmt::Write as _;
use std::time::Duration;

use record::{Ending, RunRecord, Verdict, Violation};

/// Lines of a violation's history that are printed; the record has all of them.
const HISTORY_LINES: usize = 40;
/// Violations of a checker that are printed with their history.
const VIOLATIONS_SHOWN: usize = 2;

/// The whole report of a run.
#[must_use]
pub fn render(record: &RunRecord, wall: Duration) -> String {
    let run = &record.run;
    let mut text = String::new();
    let virtual_s = thousandths(run.virtual_ms);
    line(
        &mut text,
        format!("{} · seed {} · {virtual_s} s simulated in {:.1} s", run.scenario, run.seed, wall.as_secs_f64()),
    );
    line(&mut text, String::new());
    faults(&mut text, record);
    funnel(&mut text, record);
    verdicts(&mut text, &run.verdicts);
    targets(&mut text, record);
    line(&mut text, format!("trace   {}", run.trace_hash));
    line(&mut text, format!("repeat  {}", run.repeat_command));
    line(&mut text, String::new());
    line(&mut text, ending(run.ending).to_owned());
    text
}

fn line(text: &mut String, line: String) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Milliseconds as seconds with three digits.
fn thousandths(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// A count with its thousands set apart.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn faults(text: &mut String, record: &RunRecord) {
    let faults = &record.run.faults;
    line(text, format!("faults  {}", if faults.is_empty() { "none".to_owned() } else { grouped(faults.len() as u64) }));
    for fault in faults {
        line(text, format!("  {:>9} s  {}", thousandths(fault.at_ms), fault.text));
    }
    line(text, String::new());
}

fn funnel(text: &mut String, record: &RunRecord) {
    let funnel = &record.run.funnel;
    let requests = record.run.figures.get("requests").copied().unwrap_or(0.0);
    line(text, format!("funnel  {} shoppers, {requests:.0} requests", grouped(funnel.clicked)));
    for (name, count, outcome) in funnel.stages() {
        let latency = outcome.and_then(|outcome| record.run.latencies.get(&outcome));
        let latency = latency.map_or_else(String::new, |summary| {
            format!("   p50 {} ms, p99 {} ms", summary.p50_us / 1_000, summary.p99_us / 1_000)
        });
        line(text, format!("  {name:<12}{:>10}{latency}", grouped(count)));
    }
    line(text, String::new());
}

fn verdicts(text: &mut String, verdicts: &[Verdict]) {
    line(text, "checks".to_owned());
    for verdict in verdicts {
        let word = match (&verdict.not_judged, verdict.holds) {
            (Some(why), _) => format!("not judged: {why}"),
            (None, true) => "holds".to_owned(),
            (None, false) => "BROKEN".to_owned(),
        };
        line(text, format!("  {:<12}{word}", verdict.checker));
        for violation in verdict.violations.iter().take(VIOLATIONS_SHOWN) {
            show_violation(text, violation);
        }
        let unshown = verdict.violations.len().saturating_sub(VIOLATIONS_SHOWN);
        if unshown > 0 {
            line(text, format!("      … and {unshown} more; --json has them all"));
        }
    }
    line(text, String::new());
}

fn show_violation(text: &mut String, violation: &Violation) {
    line(text, format!("      at {} s: {}", thousandths(violation.at_ms), violation.what));
    for event in violation.history.iter().take(HISTORY_LINES) {
        let seconds = format!("{}.{:06}", event.at_us / 1_000_000, event.at_us % 1_000_000);
        line(text, format!("        {seconds:>12} s  {:<14}{}", event.process, event.text));
    }
    if violation.history.len() > HISTORY_LINES {
        line(text, format!("        … {} more lines", violation.history.len() - HISTORY_LINES));
    }
}

fn targets(text: &mut String, record: &RunRecord) {
    if record.run.targets.is_empty() {
        return;
    }
    line(text, "targets (modelled, not measured)".to_owned());
    for target in &record.run.targets {
        let word = if target.met { "met" } else { "MISSED" };
        let mut row = String::new();
        let modelled = target.modelled.map_or_else(|| "unknown".to_owned(), |modelled| format!("{modelled:.3}"));
        write!(row, "  {:<22}wanted {:>12.3}   modelled {modelled:>12}   {word}", target.name, target.wanted)
            .expect("writing to a string does not fail");
        line(text, row);
    }
    for (name, value) in &record.run.figures {
        line(text, format!("  {name:<22}{value:>19.3}"));
    }
    line(text, String::new());
}

/// How a run ended, in a sentence.
#[must_use]
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Held => "held: every check holds and every target is met (exit 0)",
        Ending::SafetyBroken => "SAFETY BROKEN: something happened that must never happen (exit 1)",
        Ending::TargetMissed => "target missed: safe and drained, but not as the scenario demands (exit 3)",
        Ending::DidNotDrain => "DID NOT DRAIN: something that must happen did not happen in time (exit 4)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
