//! What is wrong is said in one line on stderr, with an exit code of its own, before anything is served.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use crate::process::{platform, run, run_within, text};

/// The command must fail with `code` and one line that contains all of `words`, and must not have served.
fn refused(args: &[&str], code: i32, words: &[&str]) {
    let ended = run(args);
    let (said, told) = (text(&ended.stderr), text(&ended.stdout));
    assert_eq!(ended.status.code(), Some(code), "{args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
    assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    assert!(!told.contains("serving at") && !said.contains("panicked"), "{args:?}: {said} {told}");
}

/// Without this, a test of a refusal that the platform has unlearnt would wait for ever.
#[test]
fn a_run_that_serves_where_it_should_have_ended_is_ended() {
    let said = run_within(Duration::from_secs(5), &SERVE).unwrap_err();
    assert!(!said.contains("panicked"), "{said}");
}

const SERVE: [&str; 4] = ["serve", "--embedded", "--listen", "127.0.0.1:0"];

#[test]
fn a_wrong_setting_is_named_with_where_it_is_from() {
    let with = |set: &'static str| [&SERVE[..], &["--set", set]].concat();
    refused(&with("gate.hold_ttl_ms=soon"), 2, &["flag --set", "gate.hold_ttl_ms", "\"soon\"", "whole number"]);
    refused(&with("gate.hold_ttl=1"), 2, &["flag --set", "there is no key \"gate.hold_ttl\""]);
    refused(&with("commit.strategy=hope"), 2, &["commit.strategy", "one of version, conditional, buckets, group"]);
    refused(&with("no-equals-sign"), 2, &["\"no-equals-sign\" is not KEY=VALUE"]);
    refused(&with("log.filter=a=b=c"), 2, &["flag --set", "log.filter"]);
    refused(&["serve", "--embedded", "--listen", "nowhere"], 2, &["flag --listen", "listen", "host:port"]);
}

#[test]
fn a_wrong_file_is_named_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.toml");
    let file = path.to_str().unwrap();
    fs::write(&path, "[gate]\nhold_ttl_ms = 5000\n[commit\n").unwrap();
    refused(&["serve", "--embedded", "--config", file], 2, &[file, "line 3"]);
    fs::write(&path, "[gate]\nhold_ttl_ms = 5000\nhope = 1\n").unwrap();
    refused(&["serve", "--embedded", "--config", file], 2, &[file, "there is no key \"gate.hope\""]);
    fs::write(&path, "[gate]\nhold_ttl_ms = [1]\n").unwrap();
    refused(&["serve", "--embedded", "--config", file], 2, &[file, "gate.hold_ttl_ms"]);
    refused(&["serve", "--embedded", "--config", "/nowhere.toml"], 2, &["/nowhere.toml"]);
}

#[test]
fn a_wrong_variable_is_named() {
    let ended = platform(&SERVE).env("DOORBUSTER_PAYMENT_TIMEOUT_MS", "-1").output().unwrap();
    let said = text(&ended.stderr);
    assert_eq!((ended.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("environment DOORBUSTER_PAYMENT_TIMEOUT_MS: payment.timeout_ms"), "{said}");
    let ended = platform(&SERVE).env("DOORBUSTER_PAYMENTS", "1").output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(text(&ended.stderr).contains("DOORBUSTER_PAYMENTS"));
}

#[test]
fn a_catalog_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.json");
    let file = path.to_str().unwrap();
    fs::write(&path, r#"{"products": [{"sku": "TV", "price_cents": 0, "stock": 1}]}"#).unwrap();
    refused(&[&SERVE[..], &["--catalog", file]].concat(), 2, &["product \"TV\"", "price_cents must be at least 1"]);
    fs::write(&path, r#"{"products": [{"sku": "TV", "price": 1, "stock": 1}]}"#).unwrap();
    refused(&[&SERVE[..], &["--catalog", file]].concat(), 2, &[file, "price"]);
}

#[test]
fn a_port_in_use_is_said_to_be_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&["serve", "--embedded", "--listen", &address], 5, &["listen", &address, "in use", "flag --listen"]);
}

#[test]
fn a_port_in_use_is_found_before_any_server_is_asked() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let postgres = "postgres.url=postgres://shop@127.0.0.1:1/shop";
    let secret = "card_gateway.webhook_secret=whsec_test";
    let serve = ["serve", "--role", "payments", "--listen", &address, "--set", secret, "--set", postgres];
    refused(&serve, 5, &["listen", &address, "in use", "flag --listen"]);
}

#[test]
fn texts_that_replace_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let texts = format!("texts.folder={}", folder.path().display());
    fs::write(folder.path().join("reserv.lua"), "return 1").unwrap();
    refused(&[&SERVE[..], &["--set", &texts]].concat(), 2, &["texts.folder", "reserv.lua", "no such file"]);
    refused(&[&SERVE[..], &["--set", "texts.folder=/nowhere"]].concat(), 2, &["texts.folder", "/nowhere"]);
}

#[test]
fn what_is_needed_and_not_set_is_asked_for() {
    refused(&["serve"], 2, &["postgres.url is not set", "DOORBUSTER_POSTGRES_URL"]);
    refused(&["serve", "--role", "inventory"], 2, &["postgres.url is not set", "DOORBUSTER_POSTGRES_URL"]);
    refused(&["serve", "--role", "gateway"], 2, &["services.orders is not set"]);
    refused(&["migrate"], 2, &["postgres.url is not set"]);
    refused(&["audit"], 2, &["postgres.url is not set"]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let postgres = format!("postgres.url=postgres://shop@{free}/shop");
    refused(&["migrate", "--set", &postgres], 5, &["postgres.url", "cannot be reached", "flag --set"]);
    let secret = "card_gateway.webhook_secret=whsec_test";
    let serve = ["serve", "--role", "payments", "--listen", "127.0.0.1:0", "--set", secret, "--set", &postgres];
    refused(&serve, 5, &["postgres.url", "cannot be reached"]);
}

#[test]
fn a_role_that_is_none_is_refused_with_those_there_are() {
    let ended = run(&["serve", "--role", "cashier"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(text(&ended.stderr).contains("outbox-relay"), "{}", text(&ended.stderr));
}

#[test]
fn no_secret_is_printed() {
    let args = ["config", "print", "--set", "card_gateway.api_key=sk_live_7", "--set", "redis.url=redis://:pw7@r:1"];
    let printed = text(&run(&args).stdout);
    assert!(printed.contains("card_gateway.api_key = \"…\"  # flag --set"), "{printed}");
    assert!(!printed.contains("sk_live_7") && !printed.contains("pw7"), "{printed}");
}

#[test]
fn every_key_is_documented() {
    let readme = include_str!("../../README.md");
    let table = text(&run(&["config", "keys"]).stdout);
    for row in table.lines() {
        assert!(readme.contains(row), "README.md lacks {row}\nit is printed by `platform config keys`");
    }
}
