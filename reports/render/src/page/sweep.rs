//! Many seeds on one page: how they ended, which failed and how to repeat them, probes, known bugs.

use std::fmt::Write as _;

use super::timeline::{Timeline, timeline};
use super::{Life, document, escaped, figure, summary};
use crate::chart::{Chart, DrawError, number};
use crate::grid::as_f64;
use crate::sweep::Sweep;

/// The page of a sweep. `prefix` begins the names of its PNG files.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn sweep_page(sweep: &Sweep, charts: &[Chart], prefix: &str) -> Result<String, DrawError> {
    let mut body = String::from("<header>\n");
    let names: Vec<&str> = sweep.scenarios.iter().take(5).map(String::as_str).collect();
    let title = if names.is_empty() { "Known bugs".to_owned() } else { names.join(", ") };
    if sweep.seeds > 0 {
        heading(&mut body, sweep, &title);
    } else {
        writeln!(body, "<h1>{title}</h1>").expect("a string takes everything");
    }
    body.push_str("</header>\n<main>\n");
    failures(&mut body, sweep);
    body.push_str("<div id=\"charts\"></div>\n");
    for chart in charts {
        body.push_str(&figure::figure(chart, Some(prefix))?);
        if chart.id == "bugs" {
            bugs(&mut body, sweep);
        }
    }
    probes(&mut body, sweep);
    body.push_str("</main>\n");
    Ok(document(&format!("{title} · {} seeds", sweep.seeds), &body, Life::Still))
}

fn heading(body: &mut String, sweep: &Sweep, title: &str) {
    let (low, high) = sweep.span.unwrap_or_default();
    let commits: Vec<&str> = sweep.commits.iter().take(3).map(|commit| commit.get(..12).unwrap_or(commit)).collect();
    write!(
        body,
        "<h1>{} <span class=\"verdict {}\">{}</span></h1>\n<dl class=\"facts\">\n",
        escaped(title),
        summary::class(sweep.ending()),
        summary::ending(sweep.ending())
    )
    .expect("a string takes everything");
    let [held, unsafe_, missed, undrained] = sweep.endings.map(|seeds| number(as_f64(seeds)));
    let facts = [
        ("seeds", format!("{} ({low} to {high})", number(as_f64(sweep.seeds)))),
        ("held", held),
        ("safety broken", unsafe_),
        ("target missed", missed),
        ("did not drain", undrained),
        ("git commit", commits.join(", ")),
    ];
    for (name, fact) in facts {
        writeln!(body, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&fact)).expect("a string takes everything");
    }
    body.push_str("</dl>\n");
}

fn failures(body: &mut String, sweep: &Sweep) {
    if sweep.failures.is_empty() {
        return;
    }
    body.push_str(
        "<h2 id=\"failures\">Failing seeds</h2>\n<div class=\"scroll\"><table><thead><tr><th class=\"n\">seed</th>\
         <th>ending</th><th>what broke first</th></tr></thead><tbody>\n",
    );
    for failure in &sweep.failures {
        writeln!(
            body,
            "<tr><td class=\"n\">{}</td><td class=\"{}\">{}</td><td>{}<br><code>{}</code></td></tr>",
            failure.seed,
            summary::class(failure.ending),
            summary::ending(failure.ending),
            escaped(&failure.what),
            escaped(&failure.repeat_command)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table></div>\n");
    let unlisted = sweep.failed().saturating_sub(sweep.failures.len() as u64);
    if unlisted > 0 {
        writeln!(body, "<p>and {} more failing seeds.</p>", number(as_f64(unlisted)))
            .expect("a string takes everything");
    }
    for failure in &sweep.failures {
        let Some(violation) = &failure.violation else { continue };
        body.push_str(&timeline(&Timeline {
            id: format!("seed-{}", failure.seed),
            title: format!("Seed {}: {}", failure.seed, failure.what),
            order_id: violation.order_id.as_deref(),
            history: &violation.history,
            open: false,
        }));
    }
}

fn bugs(body: &mut String, sweep: &Sweep) {
    body.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>known bug</th><th class=\"n\">seeds</th><th class=\"n\">wall time</th>\
         <th>what gave it away</th></tr></thead><tbody>\n",
    );
    for score in &sweep.bugs {
        let class = if score.found { "" } else { " class=\"bad\"" };
        writeln!(
            body,
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{} s</td><td{class}>{}</td></tr>",
            escaped(&score.bug),
            number(as_f64(score.seeds)),
            number(score.wall_s),
            escaped(&score.what)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table></div>\n");
}

fn probes(body: &mut String, sweep: &Sweep) {
    if sweep.probes.is_empty() {
        return;
    }
    body.push_str(
        "<details><summary>How often each rare state was reached</summary><table><thead><tr><th>rare state</th>\
         <th class=\"n\">times</th><th class=\"n\">in seeds</th></tr></thead><tbody>\n",
    );
    for (name, probe) in &sweep.probes {
        writeln!(
            body,
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escaped(name),
            number(as_f64(probe.times)),
            number(as_f64(probe.seeds))
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table></details>\n");
}
