//! A chart on the page: its two drawings, the data its cursor reads out, and the same as a table.

use std::fmt::Write as _;

use serde_json::json;

use super::escaped;
use crate::chart::{Body, Chart, DrawError, Drawn, Size, Unit, svg};

/// Rows of the table beneath a chart.
const TABLE_ROWS: usize = 40;

/// The chart's section.
/// `prefix` begins the names of the PNG files beside the page; `None` where there are none.
pub(super) fn figure(chart: &Chart, prefix: Option<&str>) -> Result<String, DrawError> {
    let (id, title, alt) = (chart.id, escaped(&chart.title), escaped(&chart.alt));
    let wide = drawing(&svg(chart, Size::Wide)?, "wide", id, &chart.title, &chart.alt);
    let narrow = drawing(&svg(chart, Size::Narrow)?, "narrow", id, &chart.title, &chart.alt);
    let mut html = format!("<h2 id=\"{id}\">{title}</h2>\n<figure>\n<figcaption>{alt}</figcaption>\n");
    if chart.lines().is_empty() {
        write!(html, "<div class=\"plot\">\n{wide}{narrow}</div>\n").expect("a string takes everything");
    } else {
        write!(
            html,
            "<div class=\"plot\" tabindex=\"0\" role=\"group\" aria-label=\"{title}: arrow keys read the values out\" \
             data-chart=\"{id}-data\">\n{wide}{narrow}</div>\n<output class=\"readout\"></output>\n\
             <script type=\"application/json\" id=\"{id}-data\">{}</script>\n",
            cursor_data(chart)
        )
        .expect("a string takes everything");
    }
    write!(html, "<details><summary>As a table</summary>\n<div class=\"scroll\">{}</div></details>\n", table(chart))
        .expect("a string takes everything");
    if let Some(prefix) = prefix {
        let name = format!("{prefix}{id}.png");
        writeln!(
            html,
            "<details><summary>As a picture</summary><p>Beside this page: <a href=\"{name}\">{name}</a></p></details>"
        )
        .expect("a string takes everything");
    }
    html.push_str("</figure>\n");
    Ok(html)
}

fn drawing(drawn: &Drawn, class: &str, id: &str, title: &str, alt: &str) -> String {
    let ((width, height), (left, right), (top, bottom)) = (drawn.size, drawn.x, drawn.y);
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-{class}-t {id}-{class}-d\" \
         data-width=\"{width}\" data-left=\"{left}\" data-right=\"{right}\" data-top=\"{top}\" data-bottom=\"{bottom}\">\n\
         <title id=\"{id}-{class}-t\">{}</title><desc id=\"{id}-{class}-d\">{}</desc>\n{}\n</svg>\n",
        escaped(title),
        escaped(alt),
        drawn.content
    )
}

/// Read by page.js.
fn cursor_data(chart: &Chart) -> String {
    let lines: Vec<_> = chart
        .lines()
        .iter()
        .map(|line| {
            let values: Vec<_> = line.values.iter().map(|value| value.map(|value| chart.y.write(value))).collect();
            json!({ "name": line.name, "values": values })
        })
        .collect();
    let xs: Vec<f64> = chart.xs.iter().map(|x| (x * 1e4).round() / 1e4).collect();
    let step = xs.get(1).map_or(1.0, |second| second - xs[0]);
    let digits = if step < 0.1 { 2 } else { 1 };
    let unit = if chart.x.unit == Unit::Seconds { "s" } else { &chart.x.label };
    let data =
        json!({ "from": chart.x.from, "to": chart.x.to, "digits": digits, "unit": unit, "xs": xs, "lines": lines });
    // Within a script element only this could end it.
    data.to_string().replace("</", "<\\/")
}

fn table(chart: &Chart) -> String {
    if let Body::Bars(bars) = &chart.body {
        let mut html = String::from("<table><tbody>\n");
        for bar in bars {
            let value = chart.x.write(bar.value);
            writeln!(html, "<tr><th>{}</th><td class=\"n\">{value}</td></tr>", escaped(&bar.name))
                .expect("a string takes everything");
        }
        html.push_str("</tbody></table>\n");
        return html;
    }
    let unit = if chart.x.unit == Unit::Seconds { "s" } else { &chart.x.label };
    let mut html = format!("<table><thead><tr><th class=\"n\">{}</th>", escaped(unit));
    for line in chart.lines() {
        write!(html, "<th class=\"n\">{}</th>", escaped(&line.name)).expect("a string takes everything");
    }
    html.push_str("</tr></thead><tbody>\n");
    let every = chart.xs.len().div_ceil(TABLE_ROWS).max(1);
    for (row, x) in chart.xs.iter().enumerate().step_by(every) {
        write!(html, "<tr><td class=\"n\">{x:.2}</td>").expect("a string takes everything");
        for line in chart.lines() {
            let value = line.values.get(row).copied().flatten();
            let value = value.map_or_else(|| "–".to_owned(), |value| chart.y.write(value));
            write!(html, "<td class=\"n\">{value}</td>").expect("a string takes everything");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>\n");
    html
}
