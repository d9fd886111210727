//! Malformed scenarios, and the one line each is refused with.

use scenario::{Calibration, Scenario};

/// A scenario that is read; each case spoils one part of it.
const GOOD: &str = r#"name = "trial"
description = "A trial."
probes = ["redis-lost-holds"]

[run]
duration_ms = 5_000

[shoppers]
count = 100
bot_ratio = 0.1

[[shoppers.arrivals]]
curve = "flash"
for_ms = 4_000
half_life_ms = 500

[[products]]
sku = "TV"
stock = 10

[platform.commit]
strategy = "group"

[network]
hop_mean_us = 300

[[faults]]
kind = "redis-crash"
at_ms = 1_000
for_ms = 500

[[variants]]
name = "rdb"
redis.persistence = "rdb"
"#;

/// The good scenario with one text put for another, and what it is refused with.
fn refused(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "the case does not spoil anything: {old}");
    match Scenario::parse(&GOOD.replacen(old, new, 1), "trial.toml") {
        Ok(_) => format!("{new:?} was taken"),
        Err(error) => error.to_string(),
    }
}

fn lines(cases: &[(&str, &str)]) -> String {
    let lines: Vec<_> = cases.iter().map(|(old, new)| refused(old, new)).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')), "an error is one line");
    lines.join("\n")
}

#[test]
fn the_good_one_is_read() {
    Scenario::parse(GOOD, "trial.toml").expect("a scenario");
}

#[test]
fn keys_that_are_unknown_missing_or_twice_are_refused() {
    let refused = lines(&[
        ("hop_mean_us", "latncy_ms"),
        ("[network]", "[netwrok]"),
        ("strategy = \"group\"", "stratgy = \"group\""),
        ("bot_ratio", "robot_ratio"),
        ("half_life_ms", "halflife_ms"),
        ("for_ms = 500", "down_ms = 500"),
        ("redis.persistence", "redis.persistance"),
        ("name = \"trial\"\n", ""),
        ("duration_ms = 5_000", ""),
        ("stock = 10", ""),
        ("at_ms = 1_000", ""),
        ("kind = \"redis-crash\"\n", ""),
        ("name = \"rdb\"\n", ""),
        ("sku = \"TV\"", "sku = \"TV\"\nsku = \"TV\""),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    let refused = lines(&[
        ("count = 100", "count = \"many\""),
        ("count = 100", "count = 1.5"),
        ("bot_ratio = 0.1", "bot_ratio = \"10%\""),
        ("\"group\"", "3"),
        ("name = \"trial\"", "name = 7"),
        ("probes = [\"redis-lost-holds\"]", "probes = \"redis-lost-holds\""),
        ("probes = [\"redis-lost-holds\"]", "probes = [1]"),
        ("[network]\nhop_mean_us = 300", "[[network]]"),
        ("[run]", "[[run]]"),
        ("[[products]]", "[products]"),
        ("[[faults]]", "[faults]"),
        ("duration_ms = 5_000", "duration_ms = 2026-11-27"),
        ("sku = \"TV\"", "sku = \"\""),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let refused = lines(&[
        ("stock = 10", "stock = -5"),
        ("stock = 10", "stock = 0"),
        ("stock = 10", "stock = 99999999999999999999"),
        ("count = 100", "count = 0"),
        ("count = 100", "count = 10_000_001"),
        ("bot_ratio = 0.1", "bot_ratio = 1.01"),
        ("bot_ratio = 0.1", "bot_ratio = -0.1"),
        ("bot_ratio = 0.1", "bot_ratio = nan"),
        ("bot_ratio = 0.1", "bot_ratio = inf"),
        ("duration_ms = 5_000", "duration_ms = 0"),
        ("stock = 10", "stock = 10\nprice_cents = -100"),
        ("for_ms = 500", "for_ms = 0"),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn names_that_do_not_exist_are_refused() {
    let refused = lines(&[
        ("kind = \"redis-crash\"", "kind = \"redis-crush\""),
        ("\"group\"", "\"groups\""),
        ("curve = \"flash\"", "curve = \"flush\""),
        ("curve = \"flash\"", "curve = \"fl\\nash\""),
        ("redis.persistence = \"rdb\"", "redis.persistence = \"disk\""),
        ("kind = \"redis-crash\"", "kind = \"service-crash\"\nrole = \"oders\""),
        ("kind = \"redis-crash\"", "kind = \"partition\"\na = \"orders\"\nb = \"mongodb\""),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let refused = lines(&[
        ("at_ms = 1_000", "at_ms = 4_600"),
        ("kind = \"redis-crash\"\nat_ms = 1_000\nfor_ms = 500", "kind = \"clock-jump\"\nat_ms = 5_001"),
        ("kind = \"redis-crash\"\nat_ms = 1_000\nfor_ms = 500", "kind = \"clock-jump\"\nat_ms = 5\nfor_ms = 5"),
        ("kind = \"redis-crash\"", "kind = \"service-crash\"\nrole = \"gateway\"\nreplica = 2"),
        ("kind = \"redis-crash\"", "kind = \"partition\"\na = \"redis\"\nb = \"redis\""),
        ("for_ms = 4_000", "for_ms = 5_001"),
        ("half_life_ms = 500", ""),
        ("half_life_ms = 500", "half_life_ms = 500\nto_level = 3"),
        ("half_life_ms = 500", "half_life_ms = 500\nlevel = 0"),
        ("bot_ratio = 0.1", "bot_ratio = 0.6\nslow_network_ratio = 0.5"),
        ("bot_ratio = 0.1", "timeout_min_ms = 9_000"),
        ("sku = \"TV\"", "sku_prefix = \"TV-\""),
        ("sku = \"TV\"", "sku = \"TV\"\nskus = 3"),
        ("sku = \"TV\"", "skus = 3"),
        ("sku = \"TV\"", ""),
        ("sku = \"TV\"", "sku = \"T'V\""),
        ("sku = \"TV\"", "sku_prefix = \"A/\"\nskus = 2"),
        ("sku = \"TV\"", "sku = \"TV\"\nsku_prefix = \"TV-\"\nskus = 3"),
        ("[platform.commit]", "[[products]]\nsku = \"TV\"\nstock = 1\n\n[platform.commit]"),
        ("[[products]]\nsku = \"TV\"\nstock = 10", "[redis]"),
        ("hop_mean_us = 300", "hop_mean_us = 300\nhop_min_us = 301"),
        ("[[variants]]", "[faults_drawn]\nat_least = 3\nat_most = 2\n\n[[variants]]"),
        ("[[variants]]", "[faults_drawn]\nkinds = []\n\n[[variants]]"),
        ("[[variants]]", "[faults_drawn]\nfrom_ms = 5_000\n\n[[variants]]"),
        ("[[variants]]", "[faults_drawn]\nuntil_ms = 5_001\n\n[[variants]]"),
        ("kind = \"redis-crash\"", "kind = \"catalog-crash\""),
        ("kind = \"redis-crash\"", "kind = \"service-pause\"\nrole = \"catalog\""),
        ("kind = \"redis-crash\"", "kind = \"partition\"\na = \"gateway\"\nb = \"catalog\""),
        ("[[variants]]", "[faults_drawn]\nkinds = [\"catalog-crash\"]\n\n[[variants]]"),
        ("[[variants]]", "[[browsing.changes]]\nat_ms = 1\nsku = \"KETTLE\"\nshown = true\n\n[[variants]]"),
        ("[[variants]]", "[[browsing.changes]]\nat_ms = 5_001\nsku = \"TV\"\nshown = true\n\n[[variants]]"),
        ("[[variants]]", "[[browsing.changes]]\nat_ms = 1\nsku = \"TV\"\n\n[[variants]]"),
        ("[[variants]]", "[platform.catalog]\nlock_ms = 500\n\n[[variants]]"),
        ("name = \"trial\"", "name = \"Trial Run\""),
        ("\"redis-lost-holds\"", "\"redis-lost-holds\", \"redis-lost-holds\""),
        ("[[variants]]", "[[variants]]\nname = \"rdb\"\n\n[[variants]]"),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn a_mistake_in_a_variant_is_found_on_its_own_line() {
    let refused = lines(&[
        ("redis.persistence = \"rdb\"", "shoppers.count = 0"),
        ("redis.persistence = \"rdb\"", "run.duration_ms = 1_200"),
        ("redis.persistence = \"rdb\"", "description = \"Another.\""),
        ("redis.persistence = \"rdb\"", "platform = 3"),
        ("redis.persistence = \"rdb\"", "faults = [{ kind = \"redis-crash\" }]"),
    ]);
    insta::assert_snapshot!(refused);
}

#[test]
fn what_is_not_toml_is_refused() {
    let refused = lines(&[("count = 100", "count = "), ("[run]", "[run"), ("\"TV\"", "\"TV"), ("[network]", "[run]")]);
    insta::assert_snapshot!(refused);
}

#[test]
fn a_calibration_that_cannot_be_read_is_found_where_it_is_named() {
    let line = refused("[network]", "[cost_model]\ncalibration = \"none/such.toml\"\n\n[network]");
    insta::assert_snapshot!(line);
}

#[test]
fn a_calibration_is_read_as_strictly() {
    let good = include_str!("../../calibration/two-core.toml");
    let refused = |old: &str, new: &str| {
        assert!(good.contains(old), "the case does not spoil anything: {old}");
        Calibration::parse(&good.replacen(old, new, 1), "two.toml").expect_err("a spoilt calibration").to_string()
    };
    insta::assert_snapshot!(
        [
            refused("statement_us = 150", "statement_us = 0"),
            refused("script_us", "skript_us"),
            refused("[kafka]", "[kafka.brokers]"),
            refused("measured = true\n", ""),
        ]
        .join("\n")
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Scenario::load(std::path::Path::new("no/such.toml")).expect_err("no file").to_string();
    assert!(error.starts_with("no/such.toml: cannot be read: "), "{error}");
}
