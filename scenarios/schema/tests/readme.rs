//! The tables of `scenarios/README.md` are made from the declarations, so that they cannot be wrong.
//!
//! `UPDATE_README=1 cargo test -p scenario --test readme` writes them anew.

use std::fmt::Write;
use std::path::Path;

use scenario::{Calibration, FaultKind, KeyDoc, Scenario};

const BEGIN: &str = "<!-- keys: made by `UPDATE_README=1 cargo test -p scenario --test readme` -->\n";
const END: &str = "<!-- end of keys -->\n";

/// A table of keys, and then one for each table below it.
fn section(text: &mut String, path: &str, is_list: bool, about: &str, keys: &[KeyDoc]) {
    let heading = match (path, is_list) {
        ("", _) => "Top level".to_owned(),
        (path, true) => format!("`[[{path}]]`"),
        (path, false) => format!("`[{path}]`"),
    };
    let (plain, tables): (Vec<_>, Vec<_>) = keys.iter().partition(|key| (key.keys)().is_empty());
    write!(text, "#### {heading}\n\n{about}\n\n").expect("a string");
    if !plain.is_empty() {
        rows(text, &plain);
    }
    for table in tables {
        let path = if path.is_empty() { table.name.to_owned() } else { format!("{path}.{}", table.name) };
        let need = if table.default.is_none() { " Must be given." } else { "" };
        section(text, &path, table.is_list, &format!("{}{need}", table.doc.trim()), &(table.keys)());
    }
}

fn rows(text: &mut String, keys: &[&KeyDoc]) {
    text.push_str("| key | value | default | what it sets |\n|---|---|---|---|\n");
    for key in keys {
        let range = key.range.replace("..=", " to ").replace("- ", "-");
        let value = match ((key.value)(), range.as_str()) {
            (value, "") if value.len() > 200 => "names from the table of faults".to_owned(),
            (value, "") => value,
            (value, range) => format!("{value}, {range}"),
        };
        let default = match key.default.map(|text| text()) {
            None => "must be given".to_owned(),
            Some(text) if text.is_empty() => "none".to_owned(),
            Some(text) => format!("`{text}`"),
        };
        writeln!(text, "| `{}` | {value} | {default} | {} |", key.name, key.doc.trim()).expect("a string");
    }
    text.push('\n');
}

fn faults(text: &mut String) {
    text.push_str("#### Faults\n\n");
    text.push_str("`for_ms` is how long a fault lasts; an instant has none. Parameters with their defaults:\n\n");
    text.push_str("| kind | what it does | `for_ms` | parameters |\n|---|---|---|---|\n");
    for kind in FaultKind::ALL {
        let parameters: Vec<_> = kind
            .parameters()
            .iter()
            .map(|key| {
                let default = key.default.map(|text| text()).filter(|text| !text.is_empty());
                let default = default.map_or_else(String::new, |text| format!(" = {text}"));
                format!("`{}{default}`: {}", key.name, key.doc.trim())
            })
            .collect();
        let lasts = match kind.default_for_ms() {
            0 => "instant".to_owned(),
            for_ms => for_ms.to_string(),
        };
        writeln!(text, "| `{kind}` | {} | {lasts} | {} |", kind.about().trim(), parameters.join("<br>"))
            .expect("a string");
    }
    text.push('\n');
}

fn tables() -> String {
    let mut text = String::from("### Scenario files\n\n");
    section(&mut text, "", false, "Everything else stands in the sections below.", &Scenario::keys());
    faults(&mut text);
    text.push_str("### Calibration files\n\n");
    section(&mut text, "", false, "A file that `calibration` in `[cost_model]` names.", &Calibration::keys());
    text
}

#[test]
fn the_readme_lists_every_key_as_it_is_declared() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&file).expect("scenarios/README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the README marks where the tables begin");
    let (written, after) = rest.split_once(END).expect("the README marks where the tables end");
    let made = format!("\n{}", tables());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{made}{END}{after}")).expect("scenarios/README.md written");
        return;
    }
    assert!(
        written == made,
        "the README's tables are old; `UPDATE_README=1 cargo test -p scenario --test readme` writes them anew"
    );
}
