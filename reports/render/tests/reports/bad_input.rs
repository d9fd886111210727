//! What is no record is refused with file and line, and exit code 2; what is merely odd still gives a page.

use std::io::Write as _;
use std::path::Path;

use crate::sample::{file, record, reports};
use record::{Funnel, Series};

/// What the command says of a file that it refuses, with the folder left out.
fn refusal(folder: &Path, name: &str, text: &str) -> String {
    let path = file(folder, name, text);
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), folder.join("out").as_os_str()]);
    assert_eq!(output.status.code(), Some(2), "{name} is refused");
    assert!(!folder.join("out").join("index.html").exists(), "no page of {name}");
    let said = String::from_utf8(output.stderr).expect("words");
    said.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn what_is_no_record_is_refused_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pretty = record(1).to_json();
    let line = record(1).to_sweep_line();
    let said = [
        refusal(folder.path(), "empty.json", ""),
        refusal(folder.path(), "cut.json", &pretty[..pretty.len() / 2]),
        refusal(folder.path(), "text.json", "plain text\nof two lines\n"),
        refusal(folder.path(), "other.json", "[1, 2]\n"),
        refusal(folder.path(), "old.json", &pretty.replacen("\"schema_version\": 2", "\"schema_version\": 1", 1)),
        refusal(folder.path(), "shape.json", &pretty.replacen("\"virtual_ms\"", "\"virtual_time\"", 1)),
        refusal(folder.path(), "cut.jsonl", &format!("{line}\n{line}\n{}", &line[..100])),
        refusal(folder.path(), "mixed.jsonl", &format!("{line}\n{{\"bug\": \"x\", \"schema_version\": 1}}\n")),
    ];
    insta::assert_snapshot!(said.concat());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = reports(["render", "no/such/record.json"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no/such/record.json"), "{said}");
}

#[test]
fn a_sweep_cannot_be_compared() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sweep = file(folder.path(), "sweep.jsonl", &format!("{0}\n{0}\n", record(1).to_sweep_line()));
    let output = reports(["compare".as_ref(), sweep.as_os_str(), sweep.as_os_str()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("wants one run"));
}

#[test]
fn a_record_in_which_nothing_happened_still_gives_a_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut record = record(1);
    record.run.series = Series::default();
    record.run.funnel = Funnel::default();
    record.run.samples.clear();
    record.run.verdicts.clear();
    let path = file(folder.path(), "nothing.json", &record.to_json());
    let out = folder.path().join("out");
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(out.join("index.html")).expect("the page");
    assert!(page.contains("there are no charts"));
}

#[test]
fn extreme_numbers_do_not_break_a_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut record = record(1);
    record.run.faults[0].at_ms = u64::MAX;
    record.run.faults[0].for_ms = u64::MAX;
    record.run.virtual_ms = u64::MAX;
    record.run.funnel.clicked = u64::MAX;
    record.run.series.step_ms = 0;
    for counts in record.run.series.counts.values_mut() {
        counts.push(u64::MAX);
        counts.push(u64::MAX);
    }
    record.run.series.latencies[0].insert(u64::MAX, u64::MAX);
    let path = file(folder.path(), "extreme.json", &record.to_json());
    let out = folder.path().join("out");
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_sweep_of_100_000_seeds_gives_a_page_that_still_opens() {
    const SEEDS: u64 = 100_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("sweep.jsonl");
    let mut lines = std::io::BufWriter::new(std::fs::File::create(&path).expect("a temporary file"));
    let line = record(424_242).to_sweep_line();
    for seed in 0..SEEDS {
        writeln!(lines, "{}", line.replace("424242", &seed.to_string())).expect("a temporary file takes lines");
    }
    lines.into_inner().expect("a temporary file is flushed").sync_all().expect("a temporary file is written");
    let out = folder.path().join("out");
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(out.join("index.html")).expect("the page");
    assert!(page.contains("100,000 (0 to 99999)"), "all seeds are counted");
    assert!(page.contains("and 99,900 more failing seeds"), "not all are listed");
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}
