//! The first screen: verdict, seed, scenario, commit, repeat command, funnel; then checks, targets and faults.

use std::fmt::Write as _;

use record::{Ending, Property, Run, RunRecord, Verdict, World};

use super::escaped;
use crate::chart::{Axis, Unit, number};
use crate::grid::as_f64;

/// Violations listed per checker.
const VIOLATIONS_LISTED: usize = 5;

/// Everything above the charts.
pub(super) fn summary(record: &RunRecord) -> String {
    let run = &record.run;
    let is_running = run.verdicts.iter().any(Verdict::is_still_running);
    // Until it is over, only what is broken already is said.
    let (class, ending) = match run.ending {
        Ending::DidNotDrain | Ending::TargetMissed | Ending::Held if is_running => ("warn", "… still running"),
        Ending::Held | Ending::SafetyBroken | Ending::TargetMissed | Ending::DidNotDrain => {
            (class(run.ending), ending(run.ending))
        }
    };
    let scenario = escaped(&run.scenario);
    let mut html = format!("<header>\n<h1>{scenario} <span class=\"verdict {class}\">{ending}</span></h1>\n");
    facts(&mut html, record);
    html.push_str("</header>\n<main>\n");
    funnel(&mut html, run);
    checks(&mut html, run);
    targets(&mut html, run, is_running);
    faults(&mut html, run);
    html
}

/// The style of an ending.
pub(super) fn class(ending: Ending) -> &'static str {
    match ending {
        Ending::Held => "good",
        Ending::SafetyBroken => "bad",
        Ending::TargetMissed | Ending::DidNotDrain => "warn",
    }
}

/// The ending in words.
pub(super) fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Held => "✓ held",
        Ending::SafetyBroken => "✗ safety broken",
        Ending::TargetMissed => "! target missed",
        Ending::DidNotDrain => "! did not drain",
    }
}

fn facts(html: &mut String, record: &RunRecord) {
    let run = &record.run;
    let world = match run.world {
        World::Sim => "simulated (madsim)",
        World::Wire => "simulated (turmoil)",
        World::Live => "live: real servers",
        World::Embedded => "embedded engines",
    };
    let commit = run.git_commit.as_deref().map_or("not recorded", |commit| commit.get(..12).unwrap_or(commit));
    let facts = [
        ("seed", run.seed.to_string()),
        ("scenario", run.scenario.clone()),
        ("git commit", commit.to_owned()),
        ("world", world.to_owned()),
        ("virtual time", format!("{} s", number(as_f64(run.virtual_ms) / 1_000.0))),
        ("wall time", format!("{} s", number(as_f64(record.host.wall_ms) / 1_000.0))),
        ("scenario hash", run.scenario_hash.clone()),
        ("trace hash", run.trace_hash.clone()),
    ];
    html.push_str("<dl class=\"facts\">\n");
    for (name, fact) in facts {
        writeln!(html, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&fact)).expect("a string takes everything");
    }
    write!(
        html,
        "</dl>\n<div class=\"command\"><code id=\"repeat\" tabindex=\"0\" aria-label=\"repeat command\">{}</code>\
         <button data-copy=\"repeat\" hidden>copy</button></div>\n",
        escaped(&run.repeat_command)
    )
    .expect("a string takes everything");
}

fn funnel(html: &mut String, run: &Run) {
    html.push_str(
        "<h2 id=\"funnel\">Funnel</h2>\n<div class=\"scroll\"><table class=\"funnel\"><thead><tr><th>stage</th>\
         <th class=\"n\">number</th><th class=\"share\">share of shoppers</th><th class=\"n\">p50</th><th class=\"n\">p99</th></tr></thead><tbody>\n",
    );
    let micros = Axis { label: String::new(), from: 0.0, to: 1.0, log: false, unit: Unit::Micros };
    for (name, count, outcome) in run.funnel.stages() {
        let share = as_f64(count) / as_f64(run.funnel.clicked.max(1));
        let latency = outcome.and_then(|outcome| run.latencies.get(&outcome));
        let width = (share * 100.0).min(100.0);
        let bar = if count == 0 {
            String::new()
        } else {
            format!("<span class=\"fill\" style=\"width:{width:.2}%\"></span>")
        };
        let at = |us: Option<u64>| us.map_or_else(String::new, |us| micros.write(as_f64(us)));
        writeln!(
            html,
            "<tr><th>{name}</th><td class=\"n\">{}</td><td class=\"share\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            number(as_f64(count)),
            bar,
            at(latency.map(|latency| latency.p50_us)),
            at(latency.map(|latency| latency.p99_us)),
        )
        .expect("a string takes everything");
    }
    html.push_str("</tbody></table></div>\n");
}

fn checks(html: &mut String, run: &Run) {
    html.push_str("<h2 id=\"checks\">Checks</h2>\n<div class=\"scroll\"><table><tbody>\n");
    for verdict in &run.verdicts {
        let (class, word) = match (verdict.holds, &verdict.not_judged) {
            (true, _) => ("good", "✓ holds".to_owned()),
            (false, Some(why)) => ("warn", format!("? not judged: {}", escaped(why))),
            (false, None) => ("bad", "✗ broken".to_owned()),
        };
        let property = match verdict.property {
            Property::Safety => "safety",
            Property::Liveness => "liveness",
            Property::Target => "target",
        };
        write!(html, "<tr><th>{}</th><td>{property}</td><td class=\"{class}\">{word}", escaped(&verdict.checker))
            .expect("a string takes everything");
        for violation in verdict.violations.iter().take(VIOLATIONS_LISTED) {
            write!(html, "<br>{}", escaped(&violation.what)).expect("a string takes everything");
        }
        if verdict.violations.len() > VIOLATIONS_LISTED {
            write!(html, "<br>and {} more", verdict.violations.len() - VIOLATIONS_LISTED)
                .expect("a string takes everything");
        }
        html.push_str("</td></tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}

fn targets(html: &mut String, run: &Run, is_running: bool) {
    if run.targets.is_empty() {
        return;
    }
    let word = if run.world == World::Live { "measured" } else { "modelled" };
    write!(
        html,
        "<h2 id=\"targets\">Targets</h2>\n<div class=\"scroll\"><table><thead><tr><th>target</th><th class=\"n\">wanted</th>\
         <th class=\"n\">{word}</th><th></th></tr></thead><tbody>\n"
    )
    .expect("a string takes everything");
    for target in &run.targets {
        let (class, met) = match (target.met, target.modelled) {
            (true, _) => ("good", "✓ met"),
            (false, None) if is_running => ("warn", "not yet"),
            (false, _) => ("bad", "✗ missed"),
        };
        let modelled = target.modelled.map_or_else(|| "not known".to_owned(), number);
        writeln!(
            html,
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{modelled}</td><td class=\"{class}\">{met}</td></tr>",
            escaped(&target.name),
            number(target.wanted)
        )
        .expect("a string takes everything");
    }
    html.push_str("</tbody></table></div>\n");
}

fn faults(html: &mut String, run: &Run) {
    if run.faults.is_empty() {
        return;
    }
    html.push_str("<h2 id=\"faults\">Faults</h2>\n<ol>\n");
    for fault in &run.faults {
        let from = as_f64(fault.at_ms) / 1_000.0;
        let to = from + as_f64(fault.for_ms) / 1_000.0;
        writeln!(html, "<li>{from:.3} s to {to:.3} s: <code>{}</code></li>", escaped(&fault.text))
            .expect("a string takes everything");
    }
    html.push_str("</ol>\n");
}
