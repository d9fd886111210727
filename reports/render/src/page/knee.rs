//! How much a platform holds, on one page: the knee with its interval, the chart, and every probe.

use std::fmt::Write as _;

use record::Knee;

use super::{Life, document, escaped, figure};
use crate::chart::{Chart, DrawError, number};

/// The page of a knee. `prefix` begins the name of its PNG file.
///
/// # Errors
/// When a chart cannot be drawn: a defect of this program.
pub fn knee_page(knee: &Knee, chart: &Chart, prefix: &str) -> Result<String, DrawError> {
    let title = format!("{} · knee at {} arrivals/s", knee.scenario, number(knee.knee_per_s));
    let mut body = format!("<header>\n<h1>{}</h1>\n<dl class=\"facts\">\n", escaped(&title));
    let commit = knee.git_commit.as_deref().map_or("not recorded", |commit| commit.get(..12).unwrap_or(commit));
    let high = knee.high_per_s.map_or_else(|| "not reached".to_owned(), number);
    let law = knee.scaling.map_or_else(
        || "none fits".to_owned(),
        |law| format!("λ {} /s, σ {:.4}, κ {:.6}", number(law.lambda_per_s), law.sigma, law.kappa),
    );
    let facts = [
        ("every search held", number(knee.low_per_s)),
        ("no search held", high),
        ("searches", knee.held_per_s.len().to_string()),
        ("broke on", knee.broke_on.clone()),
        ("bound by", knee.bound_by.clone()),
        ("scaling law", law),
        ("cores", knee.cores.map_or_else(|| "not recorded".to_owned(), |cores| cores.to_string())),
        ("seed", knee.seed.to_string()),
        ("git commit", commit.to_owned()),
        ("repeat", knee.repeat_command.clone()),
    ];
    for (name, fact) in facts {
        writeln!(body, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&fact)).expect("a string takes everything");
    }
    body.push_str("</dl>\n</header>\n<main>\n<div id=\"charts\"></div>\n");
    body.push_str(&figure::figure(chart, Some(prefix))?);
    probes(&mut body, knee);
    body.push_str("</main>\n");
    Ok(document(&title, &body, Life::Still))
}

fn probes(body: &mut String, knee: &Knee) {
    body.push_str(
        "<h2 id=\"probes\">Every probe</h2>\n<div class=\"scroll\"><table><thead><tr><th class=\"n\">offered /s</th>\
         <th class=\"n\">answered /s</th><th class=\"n\">under way</th><th class=\"n\">p99, ms</th><th></th></tr></thead><tbody>\n",
    );
    for point in &knee.points {
        let (class, word) = if point.held { ("good", "held") } else { ("bad", point.why.as_str()) };
        writeln!(
            body,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"{class}\">{}</td></tr>",
            number(point.offered_per_s),
            number(point.achieved_per_s),
            number(point.concurrency),
            number(point.response_p99_ms),
            escaped(word)
        )
        .expect("a string takes everything");
    }
    body.push_str("</tbody></table></div>\n");
}
