//! The HTML pages: one file each, no network, readable without their script.
//!
//! | file | what it holds |
//! |---|---|
//! | `summary.rs` | the first screen: verdict, seed, scenario, commit, repeat command, funnel |
//! | `figure.rs` | a chart with its cursor's data and its table |
//! | `timeline.rs`, `lanes.rs` | one order's way, or one violation's, in lanes |
//! | `sweep.rs` | many seeds: endings, failing seeds, probes, known bugs |
//! | `knee.rs` | how much a platform holds |
//! | `comparison.rs` | two runs beside each other |
//! | `page.css`, `page.js` | how it looks, and what it does beyond showing |

mod comparison;
mod figure;
mod knee;
mod lanes;
mod summary;
mod sweep;
mod timeline;

use std::fmt::Write as _;

use record::{Knee, RunRecord};

pub use comparison::comparison_page;
pub use knee::knee_page;
pub use sweep::sweep_page;

use crate::chart::{Chart, DrawError, palette_css};
use timeline::{Timeline, timeline};

/// Violations drawn per checker; the checks above list more.
const DRAWN_PER_CHECKER: usize = 2;

/// Whether a page asks for news.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It loads nothing.
    Still,
    /// It asks the server that it came from.
    Live,
}

/// The page of one run while it goes on: it asks its server for news, and has no pictures beside it.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn live_page(record: &RunRecord, charts: &[Chart]) -> Result<String, DrawError> {
    Ok(document(&title(record), &run_body(record, charts, None)?, Life::Live))
}

/// A live page before there is a record.
#[must_use]
pub fn waiting_page(why: &str) -> String {
    let body = format!("<header><h1>Waiting</h1></header>\n<main id=\"charts\"><p>{}</p></main>\n", escaped(why));
    document("waiting", &body, Life::Live)
}

fn title(record: &RunRecord) -> String {
    format!("{} · seed {}", record.run.scenario, record.run.seed)
}

/// The page of one run. `prefix` begins the names of its PNG files.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn run_page(record: &RunRecord, charts: &[Chart], prefix: &str) -> Result<String, DrawError> {
    Ok(document(&title(record), &run_body(record, charts, Some(prefix))?, Life::Still))
}

fn run_body(record: &RunRecord, charts: &[Chart], prefix: Option<&str>) -> Result<String, DrawError> {
    let run = &record.run;
    let mut body = summary::summary(record);
    body.push_str(&violations(run));
    body.push_str("<div id=\"charts\"></div>\n");
    if charts.is_empty() {
        body.push_str("<p>The record holds no series, so there are no charts.</p>\n");
    }
    for chart in charts {
        body.push_str(&figure::figure(chart, prefix)?);
    }
    body.push_str(&samples(run));
    body.push_str("</main>\n");
    Ok(body)
}

fn violations(run: &record::Run) -> String {
    let mut html = String::new();
    for verdict in &run.verdicts {
        for (number, violation) in verdict.violations.iter().take(DRAWN_PER_CHECKER).enumerate() {
            let section = timeline(&Timeline {
                id: format!("violation-{}-{number}", slug(&verdict.checker)),
                title: format!("{}: {}", verdict.checker, violation.what),
                order_id: violation.order_id.as_deref(),
                history: &violation.history,
                open: html.is_empty(),
            });
            html.push_str(&section);
        }
    }
    if html.is_empty() { html } else { format!("<h2 id=\"violations\">What was broken, and how</h2>\n{html}") }
}

fn samples(run: &record::Run) -> String {
    if run.samples.is_empty() {
        return String::new();
    }
    let mut html = String::from("<h2 id=\"samples\">Some orders' ways</h2>\n");
    for (number, sample) in run.samples.iter().enumerate() {
        html.push_str(&timeline(&Timeline {
            id: format!("sample-{number}"),
            title: format!("{}: {}", sample.what, sample.order_id),
            order_id: Some(&sample.order_id),
            history: &sample.history,
            open: number == 0,
        }));
    }
    html
}

/// A name that can stand in an anchor.
fn slug(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

/// A page of links to the pages of several records: name, what it is, how it ended.
#[must_use]
pub fn overview_page(pages: &[(String, &RunRecord)], knees: &[(String, &Knee)], with_sweep: Option<&str>) -> String {
    let mut body = String::from("<header><h1>Records</h1></header>\n<main id=\"charts\">\n<table><tbody>\n");
    if let Some(name) = with_sweep {
        writeln!(
            body,
            "<tr><th><a href=\"{name}\">sweep</a></th><td colspan=\"2\">many seeds, and known bugs</td></tr>"
        )
        .expect("a string takes everything");
    }
    for (name, knee) in knees {
        writeln!(
            body,
            "<tr><th><a href=\"{name}\">{}</a></th><td>seed {}</td><td>holds {} arrivals per second</td></tr>",
            escaped(&knee.scenario),
            knee.seed,
            crate::chart::number(knee.knee_per_s)
        )
        .expect("a string takes everything");
    }
    for (name, record) in pages {
        let run = &record.run;
        writeln!(
            body,
            "<tr><th><a href=\"{name}\">{}</a></th><td>seed {}</td><td class=\"{}\">{}</td></tr>",
            escaped(&run.scenario),
            run.seed,
            summary::class(run.ending),
            summary::ending(run.ending)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table>\n</main>\n");
    document("records", &body, Life::Still)
}

fn document(title: &str, body: &str, life: Life) -> String {
    let mut page = String::new();
    let (asks, marked) = match life {
        Life::Still => ("", ""),
        Life::Live => ("; connect-src 'self'", " data-live"),
    };
    let title = escaped(title);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:{asks}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n\
         <style>\n{}@media (prefers-color-scheme: dark) {{\n{}}}\n</style>\n</head>\n<body{marked}>\n\
         <a class=\"skip\" href=\"#charts\">Skip to the charts</a>\n{body}\
         <footer>Keyboard: Tab moves from chart to chart; on a chart, the arrow keys, Page Up, Page Down, Home and End move \
         the cursor, Escape hides it; on a timeline, up and down go from event to event.</footer>\n\
         <script>\n{}</script>\n</body>\n</html>\n",
        include_str!("page.css"),
        palette_css(),
        include_str!("page.js"),
    )
    .expect("a string takes everything");
    page
}

/// Text for HTML's elements and attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
