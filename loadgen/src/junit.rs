//! The verdicts as JUnit's XML, for build machines: a test per check and per target.

use record::{RunRecord, Verdict};

/// The file's text. `invalid` is why the load was not the one that was asked for.
#[must_use]
pub fn render(record: &RunRecord, invalid: Option<&str>) -> String {
    let run = &record.run;
    let mut cases = String::new();
    let mut counts = (0, 0, 0, 0);
    let mut case = |name: &str, inside: Inside<'_>| {
        counts.0 += 1;
        let (tag, text) = match inside {
            Inside::Passed => ("", String::new()),
            Inside::Failed(text) => ("failure", text),
            Inside::Error(text) => ("error", text.to_owned()),
            Inside::Skipped(text) => ("skipped", text.to_owned()),
        };
        match tag {
            "failure" => counts.1 += 1,
            "error" => counts.2 += 1,
            "skipped" => counts.3 += 1,
            _ => {}
        }
        let class = escaped(&run.scenario);
        cases.push_str(&format!("  <testcase classname=\"{class}\" name=\"{}\"", escaped(name)));
        if tag.is_empty() {
            cases.push_str("/>\n");
        } else {
            cases.push_str(&format!("><{tag} message=\"{}\"/></testcase>\n", escaped(&text)));
        }
    };
    case("the load was the one that was asked for", invalid.map_or(Inside::Passed, Inside::Error));
    for verdict in run.verdicts.iter().filter(|verdict| verdict.checker != "targets") {
        case(&verdict.checker, inside(verdict));
    }
    for target in &run.targets {
        let seen = target.modelled.map_or_else(|| "unknown".to_owned(), |seen| format!("{seen:.3}"));
        let missed = format!("wanted {:.3}, measured {seen}", target.wanted);
        case(&target.name, if target.met { Inside::Passed } else { Inside::Failed(missed) });
    }
    let (tests, failures, errors, skipped) = counts;
    let seconds = record.host.wall_ms / 1_000;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" \
         errors=\"{errors}\" skipped=\"{skipped}\" time=\"{seconds}\">\n{cases}</testsuite>\n",
        escaped(&format!("{} seed {}", run.scenario, run.seed)),
    )
}

enum Inside<'a> {
    Passed,
    Failed(String),
    Error(&'a str),
    Skipped(&'a str),
}

fn inside(verdict: &Verdict) -> Inside<'_> {
    match &verdict.not_judged {
        Some(why) => Inside::Skipped(why),
        None if verdict.holds => Inside::Passed,
        None => {
            let what: Vec<&str> = verdict.violations.iter().map(|violation| violation.what.as_str()).collect();
            Inside::Failed(what.join("; "))
        }
    }
}

/// Text as it may stand in an attribute; what XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            control if control.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_text_ends_its_attribute() {
        assert_eq!(escaped("a \"b\" <c> & \u{1}\nd"), "a &quot;b&quot; &lt;c&gt; &amp; \u{fffd} d");
    }
}
