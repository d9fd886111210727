//! The HTML page: one file, no network, readable without its script.
//!
//! | file | what it holds |
//! |---|---|
//! | `summary.rs` | the first screen: verdict, seed, scenario, commit, repeat command, funnel |
//! | `figure.rs` | a chart with its cursor's data and its table |
//! | `page.css`, `page.js` | how it looks, and what it does beyond showing |

mod figure;
mod summary;

use std::fmt::Write as _;

use record::RunRecord;

use crate::chart::{Chart, DrawError, palette_css};

/// The page of one run.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn run_page(record: &RunRecord, charts: &[Chart]) -> Result<String, DrawError> {
    let run = &record.run;
    let mut body = summary::summary(record);
    if charts.is_empty() {
        body.push_str("<p>The record holds no series, so there are no charts.</p>\n");
    }
    for chart in charts {
        body.push_str(&figure::figure(chart)?);
    }
    Ok(document(&format!("{} · seed {}", run.scenario, run.seed), &body))
}

fn document(title: &str, body: &str) -> String {
    let mut page = String::new();
    let title = escaped(title);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:\">\n<title>{title}</title>\n\
         <style>\n{}@media (prefers-color-scheme: dark) {{\n{}}}\n</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#charts\">Skip to the charts</a>\n{body}\
         <footer>Keyboard: Tab moves from chart to chart; on a chart, the arrow keys, Page Up, Page Down, Home and End move \
         the cursor, Escape hides it.</footer>\n<script>\n{}</script>\n</body>\n</html>\n",
        include_str!("page.css"),
        palette_css(),
        include_str!("page.js"),
    )
    .expect("a string takes everything");
    page
}

/// Text for HTML's elements and attributes.
pub(crate) fn escaped(text: &str) -> String {
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
