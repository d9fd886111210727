//! Two runs beside each other: what they are, their funnels and figures with the ratio, and their charts overlaid.

use std::fmt::Write as _;

use record::RunRecord;

use super::{Life, document, escaped, figure, summary};
use crate::chart::{Chart, DrawError, number};
use crate::grid::as_f64;

/// The page of a comparison; `charts` are the overlaid ones.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn comparison_page(first: &RunRecord, second: &RunRecord, charts: &[Chart]) -> Result<String, DrawError> {
    let mut body = String::from("<header>\n<h1>Two runs</h1>\n<table><tbody>\n");
    for (letter, record) in [("A", first), ("B", second)] {
        let run = &record.run;
        writeln!(
            body,
            "<tr><th>{letter}</th><td>{}, seed {}, {}</td><td class=\"{}\">{}</td><td><code>{}</code></td></tr>",
            escaped(&run.scenario),
            run.seed,
            run.git_commit.as_deref().map_or("commit not recorded", |commit| commit.get(..12).unwrap_or(commit)),
            summary::class(run.ending),
            summary::ending(run.ending),
            escaped(&run.repeat_command)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table>\n</header>\n<main>\n");
    if first.run.scenario_hash != second.run.scenario_hash {
        body.push_str("<p class=\"warn\">! The two runs played different scenarios.</p>\n");
    }
    numbers(&mut body, first, second);
    body.push_str("<div id=\"charts\"></div>\n");
    for chart in charts {
        body.push_str(&figure::figure(chart, Some(""))?);
    }
    body.push_str("</main>\n");
    Ok(document("Two runs", &body, Life::Still))
}

/// Funnel, figures and median latencies, in rows.
fn rows(record: &RunRecord) -> Vec<(String, f64)> {
    let run = &record.run;
    let funnel = run.funnel.stages().into_iter().map(|(name, count, _)| (name.to_owned(), as_f64(count)));
    let figures = run.figures.iter().map(|(name, value)| (name.clone(), *value));
    let latencies = run.latencies.iter().flat_map(|(outcome, latency)| {
        let at = |name: &str, us: u64| (format!("{} {name}, ms", outcome.name()), as_f64(us) / 1_000.0);
        [at("p50", latency.p50_us), at("p99", latency.p99_us)]
    });
    funnel.chain(figures).chain(latencies).collect()
}

fn numbers(body: &mut String, first: &RunRecord, second: &RunRecord) {
    body.push_str(
        "<h2 id=\"numbers\">Numbers</h2>\n<div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">A</th>\
         <th class=\"n\">B</th><th class=\"n\">B ÷ A</th></tr></thead><tbody>\n",
    );
    let (of_first, of_second) = (rows(first), rows(second));
    let only_second = of_second.iter().filter(|(name, _)| of_first.iter().all(|(other, _)| other != name));
    let names = of_first.iter().chain(only_second).map(|(name, _)| name);
    let value =
        |rows: &[(String, f64)], name: &str| rows.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
    for name in names {
        let (a, b) = (value(&of_first, name), value(&of_second, name));
        let told = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        let ratio = match (a, b) {
            (Some(a), Some(b)) if a != 0.0 => number(b / a),
            _ => "–".to_owned(),
        };
        writeln!(
            body,
            "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{ratio}</td></tr>",
            escaped(name),
            told(a),
            told(b)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table></div>\n");
}
