//! What a scenario means once it is read: variants, the hash, who wants what, who comes when.

use std::path::{Path, PathBuf};

use arrivals::Curve;
use proptest::prelude::*;
use scenario::{CommitStrategy, Persistence, Scenario};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

const SMALL: &str = r#"
name = "small"
description = "A small one."
run.duration_ms = 3_000
shoppers.count = 500

[[products]]
sku = "TV"
stock = 10
weight = 3

[[products]]
sku_prefix = "BOOK-"
skus = 4
stock = 7
zipf_exponent = 1.0

[[variants]]
name = "calm"
network.hop_min_us = 1
platform.commit.group_max = 9

[[variants]]
name = "empty"
"#;

fn parse(text: &str) -> Scenario {
    Scenario::parse(text, "small.toml").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn each_variant_changes_what_it_names_and_nothing_else() {
    let variants = Scenario::load_variants(&file("redis-crash.toml")).expect("variants");
    let modes: Vec<_> = variants.iter().map(|scenario| scenario.redis.persistence).collect();
    assert_eq!(modes, Persistence::ALL);
    let titles: Vec<_> = variants.iter().map(Scenario::title).collect();
    assert_eq!(titles[2], "redis-crash/aof-everysec");

    let base = Scenario::load(&file("redis-crash.toml")).expect("a scenario");
    assert_eq!((base.variant.as_deref(), base.title().as_str()), (None, "redis-crash"));
    for mut variant in variants {
        variant.options.redis.persistence = base.redis.persistence;
        variant.variant = None;
        assert_eq!(variant, base);
    }
}

#[test]
fn a_variant_is_found_by_name_or_the_names_are_told() {
    let version = Scenario::load_variant(&file("hot-sku.toml"), "version").expect("a variant");
    assert_eq!(version.platform.commit.strategy, CommitStrategy::Version);
    let error = Scenario::load_variant(&file("hot-sku.toml"), "verison").expect_err("no such variant");
    let error = error.to_string();
    assert!(error.ends_with("no variant `verison`; its variants are version, conditional, buckets, group"), "{error}");
    let error = Scenario::load_variant(&file("prime-day.toml"), "x").expect_err("no variants").to_string();
    assert!(error.ends_with("no variant `x`; the file has no variants"), "{error}");
}

#[test]
fn a_file_without_variants_stands_for_itself() {
    let all = Scenario::load_variants(&file("prime-day.toml")).expect("a scenario");
    assert_eq!(all, [Scenario::load(&file("prime-day.toml")).expect("a scenario")]);
}

#[test]
fn the_hash_is_of_what_is_said_not_of_how() {
    let hash = parse(SMALL).hash();
    let same = SMALL.replace("stock = 10\n", "stock = 10 # ten\nprice_cents = 9_900\n");
    assert_eq!(parse(&same).hash(), hash, "a comment and a default written out change nothing");
    let elsewhere = Scenario::parse(SMALL, "other.toml").expect("a scenario");
    assert_eq!(elsewhere.hash(), hash, "the file's name changes nothing");
    assert_ne!(parse(&SMALL.replace("stock = 10\n", "stock = 11\n")).hash(), hash);

    let mut variants: Vec<_> =
        Scenario::load_variants(&file("redis-crash.toml")).expect("variants").iter().map(Scenario::hash).collect();
    variants.sort_unstable();
    variants.dedup();
    assert_eq!(variants.len(), 4, "each variant has a hash of its own");
}

#[test]
fn products_are_wanted_by_weight_and_rank() {
    let catalogue = parse(SMALL).catalogue();
    let skus: Vec<_> = catalogue.products.iter().map(|product| product.sku.as_str()).collect();
    assert_eq!(skus, ["TV", "BOOK-0001", "BOOK-0002", "BOOK-0003", "BOOK-0004"]);
    let mut picked = [0_u32; 5];
    for draw in (0..=u32::MAX).step_by(1 << 16) {
        picked[catalogue.pick(draw)] += 1;
    }
    picked[catalogue.pick(u32::MAX)] += 1;
    // 3 to 100 between the entries; among the books, 1 to 1/2 to 1/3 to 1/4.
    let share = |place: usize| f64::from(picked[place]) / 65_537.0;
    assert!((share(0) - 3.0 / 103.0).abs() < 1e-3, "{picked:?}");
    for rank in 1..=4_u32 {
        let expected = 100.0 / 103.0 / f64::from(rank) / (25.0 / 12.0);
        let place = usize::try_from(rank).expect("a small number");
        assert!((share(place) - expected).abs() < 1e-3, "{picked:?}");
    }
}

#[test]
fn shoppers_without_stages_come_at_one_rate_over_the_sale() {
    let scenario = parse(SMALL);
    let stages = scenario.shoppers.stages(scenario.run.duration_ms);
    assert_eq!(stages.len(), 1);
    assert!(matches!(stages[0].curve, Curve::Poisson { .. }));
    assert_eq!(stages[0].for_us, 3_000_000);
}

#[test]
fn prime_day_is_the_one_that_was_promised() {
    let scenario = Scenario::load(&file("prime-day.toml")).expect("a scenario");
    let units: u64 = scenario.catalogue().products.iter().map(|product| product.stock).sum();
    assert_eq!((scenario.shoppers.count, units), (500_000, 1_000));
    assert_eq!(scenario.platform.gateway.per_sku_rate_per_s, 10_000);
    let schedule = scenario.shoppers.schedule(scenario.run.duration_ms, 42).expect("a schedule");
    assert_eq!(schedule.len(), 500_000);
    assert!(schedule.last().is_some_and(|time_us| (9_900_000..10_000_000).contains(&time_us)));
    let small = Scenario::load(&file("prime-day-small.toml")).expect("a scenario");
    let units: u64 = small.catalogue().products.iter().map(|product| product.stock).sum();
    assert_eq!((small.shoppers.count, units), (2_000, 50));
}

proptest! {
    /// Whatever a slip of the hand makes of a file, it is read or refused in one line.
    #[test]
    fn a_spoilt_file_is_never_a_panic(place in 0..SMALL.len(), length in 0..12_usize, put in "[a-z0-9_=.\\[\\]{}\"\n -]{0,6}") {
        let end = (place + length).min(SMALL.len());
        let text = format!("{}{put}{}", &SMALL[..place], &SMALL[end..]);
        if let Err(error) = Scenario::parse(&text, "spoilt.toml") {
            let error = error.to_string();
            prop_assert!(error.starts_with("spoilt.toml:"), "{}", error);
            prop_assert!(!error.contains('\n'), "{}", error);
        }
    }
}
