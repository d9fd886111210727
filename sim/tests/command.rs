//! The command as its users meet it: exit codes, and one clear line for each mistake.

#![cfg(madsim)]

use std::path::PathBuf;
use std::process::{Command, Output};

fn sim(args: &[&str]) -> Output {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    Command::new(env!("CARGO_BIN_EXE_sim")).current_dir(root).args(args).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A scenario file of this content, in a folder of its own.
fn scenario(name: &str, content: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scenarios");
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the temporary folder can be written");
    path
}

fn small() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios/prime-day-small.toml");
    std::fs::read_to_string(path)
        .expect("the scenario is there")
        .replace("calibration = \"calibration/prime-day.toml\"", "")
}

#[track_caller]
fn refused(args: &[&str], wanted: &[&str]) {
    let output = sim(args);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    for wanted in wanted {
        assert!(error.contains(wanted), "{error:?} does not say {wanted:?}");
    }
}

#[test]
fn a_malformed_scenario_is_one_line_and_exit_2() {
    let path = scenario("malformed.toml", "name = [");
    let output = sim(&["run", &path.to_string_lossy(), "--seed", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("malformed.toml:1"), "{}", text(&output.stderr));
}

#[test]
fn an_unknown_fault_is_named_with_its_line() {
    let path = scenario("unknown-fault.toml", &format!("{}\n[[faults]]\nkind = \"meteor\"\nat_ms = 1\n", small()));
    refused(&["run", &path.to_string_lossy()], &["unknown-fault.toml:", "meteor"]);
}

#[test]
fn a_negative_stock_is_refused() {
    let path = scenario("negative.toml", &small().replace("stock = 40", "stock = -40"));
    refused(&["run", &path.to_string_lossy()], &["negative.toml:", "stock"]);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let path = scenario("unknown-key.toml", &small().replace("\nretries = ", "\nretrys = "));
    refused(&["run", &path.to_string_lossy()], &["unknown-key.toml:", "retrys"]);
}

#[test]
fn a_missing_scenario_is_named() {
    refused(&["run", "scenarios/no-such.toml"], &["scenarios/no-such.toml"]);
}

#[test]
fn a_seed_that_is_no_number_is_refused() {
    refused(&["run", "scenarios/prime-day-small.toml", "--seed", "many"], &["many", "whole number"]);
    refused(&["run", "scenarios/prime-day-small.toml", "--seed", "-1"], &["-1", "whole number"]);
    refused(&["sweep", "scenarios/prime-day-small.toml", "--seeds", "9..=1"], &["9..=1"]);
}

#[test]
fn a_record_that_cannot_be_written_is_told_before_the_run() {
    refused(&["run", "scenarios/prime-day-small.toml", "--json", "no/such/folder/record.json"], &["no/such/folder"]);
}

#[test]
fn a_sweep_that_never_reached_a_rare_state_says_which_and_does_not_hold() {
    let output = sim(&["sweep", "scenarios/prime-day-small.toml", "--seeds", "1..=1"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let last = said.lines().last().expect("something is said");
    assert!(last.contains("never reached: ") && last.contains("fault-"), "{last}");
    assert!(!said.contains("held: "), "{said}");
}

#[test]
fn an_unknown_bug_lists_those_there_are() {
    refused(
        &["run", "scenarios/prime-day-small.toml", "--bug", "gremlin"],
        &["gremlin", "check-then-decrement", "consumer-without-deduplication"],
    );
}

#[test]
fn a_replacement_for_no_file_is_refused() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("misspelt/sql");
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    std::fs::write(folder.join("comit.sql"), "SELECT 1").expect("the temporary folder can be written");
    let folder = folder.parent().expect("it was just joined").to_string_lossy().into_owned();
    refused(&["run", "scenarios/prime-day-small.toml", "--texts", &folder], &["comit.sql"]);
}

#[test]
fn help_explains_the_exit_codes() {
    let output = sim(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for code in ["0  every check holds", "1  safety broken", "2  usage", "3  a target", "4  something did not drain"] {
        assert!(text(&output.stdout).contains(code), "{}", text(&output.stdout));
    }
}

#[test]
fn a_run_reports_faults_funnel_checks_trace_and_how_to_repeat_it() {
    let output = sim(&["run", "scenarios/prime-day-small.toml", "--seed", "5"]);
    let report = text(&output.stdout);
    for wanted in ["faults", "funnel", "committed", "checks", "stock", "money", "trace", "repeat  cargo sim run"] {
        assert!(report.contains(wanted), "no {wanted:?} in:\n{report}");
    }
}
