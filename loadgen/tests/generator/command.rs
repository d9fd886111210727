//! The command as a build machine sees it: its first line, its exit code, and mistakes told in one line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tokio::task::block_in_place;

use crate::server::{Server, Stall};

/// A scenario file of a hundred shoppers within a second, with these lines more.
fn scenario(folder: &Path, more: &str) -> PathBuf {
    let file = folder.join("trial.toml");
    let text = format!(
        "name = \"trial\"\ndescription = \"A trial.\"\n[run]\nduration_ms = 1_000\n[shoppers]\ncount = 100\nretries = 0\n\
         [[products]]\nsku = \"TV\"\nstock = 10\nflash = true\n{more}"
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn loadgen(words: &[&str]) -> Output {
    block_in_place(|| Command::new(env!("CARGO_BIN_EXE_loadgen")).args(words).output().unwrap())
}

fn run(scenario: &Path, url: &str, words: &[&str]) -> Output {
    loadgen(&[&["run", scenario.to_str().unwrap(), "--host", url, "--no-audit"], words].concat())
}

/// A short search, from 40 arrivals a second to 80.
fn knee(scenario: &Path, url: &str, words: &[&str]) -> Output {
    let plan = ["--from-per-s=40", "--most-per-s=80", "--probe-s=1", "--hold-s=1", "--searches=1"];
    loadgen(&[&["knee", scenario.to_str().unwrap(), "--host", url], &plan[..], words].concat())
}

fn first_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_held_begins_with_its_scenario_and_exits_with_0() {
    let (server, folder) = (Server::start(None).await, tempfile::tempdir().unwrap());
    // What only the stores know is not judged without them, and so not missed.
    let more = "[targets]\norders_per_s = 1_000_000\nsell_everything = true\np99_ms.sold_out = 600_000\n";
    let output = run(&scenario(folder.path(), more), &server.url, &[]);
    assert!(first_line(&output).starts_with("trial · seed 42 · measured at"), "{output:?}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_run_says_so_in_its_first_line_and_exits_with_6() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_secs(2) };
    let (server, folder) = (Server::start(Some(stall)).await, tempfile::tempdir().unwrap());
    let junit = folder.path().join("load.xml");
    let words = ["--connections", "10", "--junit", junit.to_str().unwrap()];
    let output = run(&scenario(folder.path(), ""), &server.url, &words);
    assert!(first_line(&output).starts_with("INVALID RUN: only "), "{output:?}");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert!(std::fs::read_to_string(junit).unwrap().contains("errors=\"1\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missed_target_is_named_and_exits_with_3() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_secs(2) };
    let (server, folder) = (Server::start(Some(stall)).await, tempfile::tempdir().unwrap());
    let output = run(&scenario(folder.path(), "[targets]\np99_ms.sold_out = 500\n"), &server.url, &[]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("p99_ms.sold_out") && told.contains("MISSED"), "{told}");
    assert_eq!(output.status.code(), Some(3), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_windowed_target_ends_a_load_early() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_millis(500) };
    let (server, folder) = (Server::start(Some(stall)).await, tempfile::tempdir().unwrap());
    let more = "[[targets.windows]]\nendpoint = \"checkout\"\nwindow_ms = 100\np99_ms = 20\nin_a_row = 1\n";
    let text = std::fs::read_to_string(scenario(folder.path(), more)).unwrap();
    let long = folder.path().join("long.toml");
    std::fs::write(
        &long,
        text.replace("duration_ms = 1_000", "duration_ms = 60_000").replace("= 100\nret", "= 6_000\nret"),
    )
    .unwrap();
    let output = run(&long, &server.url, &[]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("ended early: 1 windows of 100 ms in a row"), "{told}");
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(
        server.checkouts() < 3_000,
        "{} checkouts of a load that was to end within its first seconds",
        server.checkouts()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (good, url) = (scenario(folder.path(), ""), "http://127.0.0.1:9");
    let missing = folder.path().join("missing.toml");
    let cases = [
        (run(&missing, url, &[]), 2, "missing.toml"),
        (run(&good, url, &[]), 5, "does not answer"),
        (run(&good, "https://shop", &[]), 2, "plain http"),
        (run(&good, "shop", &[]), 2, "http://host:port"),
        (run(&good, url, &["--variant", "none-such"]), 2, "none-such"),
        (run(&good, "http://no-such-host.invalid", &[]), 5, "no-such-host.invalid"),
        (loadgen(&["run", good.to_str().unwrap(), "--host", url]), 2, "or say --no-audit"),
        (run(&scenario(folder.path(), "[journeys]\nbrowze = 1\n"), url, &[]), 2, "unknown key `browze`"),
    ];
    for (output, code, what) in cases {
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{what}: {told}");
        assert!(told.contains(what) && told.lines().count() == 1 && told.starts_with("loadgen: "), "{what}: {told}");
        assert!(output.stdout.is_empty(), "{what}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_knee_that_was_not_reached_is_the_highest_rate_that_was_tried() {
    let (server, folder) = (Server::start(None).await, tempfile::tempdir().unwrap());
    let json = folder.path().join("knee.json");
    let output = knee(&scenario(folder.path(), ""), &server.url, &["--json", json.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(told.contains("knee      80 arrivals/s; every search held 80 (1 searches)"), "{told}");
    let record = record::KneeRecord::from_json(&std::fs::read_to_string(json).unwrap()).unwrap();
    let offered: Vec<f64> = record.knee.points.iter().map(|point| point.offered_per_s).collect();
    assert_eq!(offered, [40.0, 80.0, 80.0], "a probe, its double, and the one that is to last");
    assert_eq!(server.checkouts(), 200, "each for its second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_holds_no_rate_has_no_knee() {
    let stall = Stall { from: Duration::ZERO, until: Duration::from_secs(3_600) };
    let (server, folder) = (Server::start(Some(stall)).await, tempfile::tempdir().unwrap());
    let more = "[targets]\nerror_budget_ratio = 0.5\n";
    let text = std::fs::read_to_string(scenario(folder.path(), more)).unwrap();
    let file = folder.path().join("impatient.toml");
    std::fs::write(&file, text.replace("retries = 0", "retries = 0\ntimeout_min_ms = 200\ntimeout_max_ms = 200"))
        .unwrap();
    let output = knee(&file, &server.url, &[]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("no rate held"), "{output:?}");
}
