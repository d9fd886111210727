//! Drawing from the seed: the same list for ever, always within the scenario's own limits.

use std::collections::BTreeSet;

use scenario::{CommitStrategy, FaultKind, Scenario, ScheduledFault};

/// A sale with drawn faults, and whatever else is laid under it.
fn sale(more: &str) -> Scenario {
    let text = format!(
        r#"
name = "sale"
description = "A sale."
run.duration_ms = 4_000
shoppers.count = 100
platform.replicas.orders = 1
platform.commit.strategy = "drawn"
{more}

[[products]]
sku = "TV"
stock = 10
"#
    );
    Scenario::parse(&text, "sale.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn lines(scenario: &Scenario, seed: u64) -> Vec<String> {
    scenario.draw(seed).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_seed_draws_the_list_it_always_drew() {
    let drawn = lines(&sale("faults_drawn = { at_least = 24, at_most = 24 }"), 42);
    insta::assert_snapshot!(drawn.join("\n"));
}

#[test]
fn a_drawn_list_can_be_scheduled_as_printed() {
    let drawing = sale("faults_drawn = { at_least = 20, at_most = 20 }");
    for seed in 0..100 {
        let drawn = drawing.draw(seed).faults;
        let printed: Vec<_> = drawn.iter().map(ToString::to_string).collect();
        let scheduled = sale(&format!("faults = [{}]", printed.join(",\n")));
        assert_eq!(scheduled.draw(0).faults, drawn, "seed {seed}");
    }
}

#[test]
fn every_kind_and_every_strategy_is_drawn_by_some_seed() {
    let drawing = sale("faults_drawn = { at_most = 5 }");
    let drawn: Vec<_> = (0..200).map(|seed| drawing.draw(seed)).collect();
    let faults = drawn.iter().flat_map(|drawn| drawn.faults.clone());
    let of_bytes = (0..200).flat_map(|seed| drawing.draw_byte_faults(seed));
    let kinds_of = |faults: &mut dyn Iterator<Item = ScheduledFault>| -> BTreeSet<_> {
        faults.map(|fault| fault.fault.kind()).collect()
    };
    let all_of = |bytes: bool, shop: bool| -> BTreeSet<_> {
        let all = FaultKind::ALL.iter().copied().filter(|kind| kind.needs_bytes() == bytes);
        all.filter(|kind| shop || !kind.is_of_the_shop()).collect()
    };
    assert_eq!(kinds_of(&mut faults.into_iter()), all_of(false, false), "no catalog is there to be struck");
    assert_eq!(kinds_of(&mut of_bytes.into_iter()), all_of(true, false));
    let shop = sale("browsing = {}\nfaults_drawn = { at_most = 5 }");
    let drawn_in_shop: Vec<_> = (0..200).flat_map(|seed| shop.draw(seed).faults).collect();
    assert_eq!(kinds_of(&mut drawn_in_shop.iter().cloned()), all_of(false, true));
    let struck: Vec<String> = drawn_in_shop.iter().map(ToString::to_string).collect();
    for wanted in ["role = \"catalog\"", "b = \"catalog-database\""] {
        assert!(struck.iter().any(|fault| fault.contains(wanted)), "{wanted} was never drawn");
    }
    let strategies: BTreeSet<_> = drawn.iter().map(|drawn| drawn.commit_strategy).collect();
    assert_eq!(strategies.len(), 4);
    assert!(!strategies.contains(&CommitStrategy::Drawn));
    let counts: BTreeSet<_> = drawn.iter().map(|drawn| drawn.faults.len()).collect();
    assert_eq!(counts, (0..=5).collect());
}

#[test]
fn drawn_faults_keep_to_their_window_and_kinds() {
    let options = r#"faults_drawn = { at_least = 9, at_most = 9, from_ms = 1_000, until_ms = 1_300, kinds = ["latency", "clock-jump"] }"#;
    let drawing = sale(options);
    for fault in (0..100).flat_map(|seed| drawing.draw(seed).faults) {
        assert!(fault.at_ms >= 1_000 && fault.until_ms() <= 1_300, "{fault}");
        assert!(matches!(fault.fault.kind(), FaultKind::Latency | FaultKind::ClockJump), "{fault}");
    }
}

#[test]
fn scheduled_and_drawn_faults_are_one_list_in_order_of_time() {
    let both = sale(
        r#"faults = [{ kind = "redis-stall", at_ms = 2_000 }, { kind = "redis-crash", at_ms = 1_000 }]
faults_drawn = { at_least = 5, at_most = 5 }"#,
    );
    let faults = both.draw(7).faults;
    assert_eq!(faults.len(), 7);
    assert!(faults.is_sorted_by_key(|fault| fault.at_ms));
}

#[test]
fn the_strategy_does_not_depend_on_the_number_of_faults() {
    let (none, many) = (sale(""), sale("faults_drawn = { at_least = 9, at_most = 9 }"));
    for seed in 0..50 {
        assert_eq!(none.draw(seed).commit_strategy, many.draw(seed).commit_strategy);
    }
}

#[test]
fn a_kind_has_one_name_in_files_and_in_json() {
    let drawing = sale("faults_drawn = { at_least = 50, at_most = 50 }");
    for fault in drawing.draw(1).faults {
        let json = serde_json::to_value(&fault).expect("JSON");
        assert_eq!(json["kind"], fault.fault.kind().name());
    }
}
