//! The curves have the shapes they are named for, and the streams behind them never change.

use arrivals::{Abandon, Cohort, Crowd, Curve, Schedule, Shopper, Stage};

const SECOND_US: u64 = 1_000_000;

/// Arrivals per slice of time.
fn counts(curve: Curve, for_us: u64, count: u64, slices: usize) -> Vec<u64> {
    let mut counts = vec![0; slices];
    for time_us in Schedule::new(&[Stage { curve, for_us }], count, 7).expect("a schedule") {
        counts[usize::try_from(time_us * slices as u64 / for_us).expect("a slice")] += 1;
    }
    counts
}

/// Variance over mean of arrivals per slice: 1 for independent arrivals, near 0 for paced ones.
fn dispersion(counts: &[u64]) -> f64 {
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    let squares: f64 = counts.iter().map(|count| (*count as f64 - mean).powi(2)).sum();
    squares / counts.len() as f64 / mean
}

#[test]
fn a_constant_rate_is_paced_and_a_poisson_rate_is_not() {
    let paced = dispersion(&counts(Curve::Constant { level: 1 }, SECOND_US, 100_000, 1_000));
    let memoryless = dispersion(&counts(Curve::Poisson { level: 1 }, SECOND_US, 100_000, 1_000));
    assert!(paced < 0.05, "paced arrivals bunch: {paced}");
    assert!((0.85..1.15).contains(&memoryless), "independent arrivals do not: {memoryless}");
}

#[test]
fn a_flash_halves_every_half_life() {
    let curve = Curve::Flash { level: 1, half_life_us: SECOND_US };
    let per_second = counts(curve, 4 * SECOND_US, 150_000, 4);
    // 80,000, 40,000, 20,000 and 10,000 expected.
    for (second, count) in (0..).zip(per_second) {
        let expected = f64::from(80_000_u32 >> second);
        assert!((count as f64 - expected).abs() < 4.0 * expected.sqrt(), "second {second}: {count}");
    }
}

#[test]
fn a_ramp_from_nothing_sends_three_quarters_in_its_second_half() {
    let halves = counts(Curve::Ramp { level: 0, to_level: 10 }, SECOND_US, 100_000, 2);
    assert!(halves[1].abs_diff(75_000) < 20, "{halves:?}");
}

#[test]
fn a_staircase_has_its_steps() {
    let steps = counts(Curve::Step { level: 10, to_level: 40, steps: 4 }, SECOND_US, 100_000, 4);
    for (step, count) in (1..).zip(steps) {
        assert!(count.abs_diff(step * 10_000) <= 1, "step {step}: {count}");
    }
}

#[test]
fn stages_share_the_total_by_rate_and_length() {
    let stage = |level, for_us| Stage { curve: Curve::Constant { level }, for_us };
    let stages = [stage(1, SECOND_US), stage(0, SECOND_US), stage(6, SECOND_US / 2)];
    let schedule = Schedule::new(&stages, 1_000, 1).expect("a schedule");
    let (early, late): (Vec<_>, Vec<_>) = schedule.partition(|time_us| *time_us < SECOND_US);
    assert_eq!((early.len(), late.len()), (250, 750));
    assert!(late.iter().all(|time_us| *time_us >= 2 * SECOND_US), "nobody comes in a silent stage");
}

#[test]
fn a_silent_schedule_is_refused() {
    let silent = Stage { curve: Curve::Ramp { level: 0, to_level: 0 }, for_us: SECOND_US };
    assert_eq!(Schedule::new(&[silent], 1, 0).err(), Some(arrivals::ScheduleError::Silent));
    assert_eq!(Schedule::new(&[], 1, 0).err(), Some(arrivals::ScheduleError::Silent));
}

/// FNV-1a over the times: one number that pins every one of them.
fn fingerprint(stages: &[Stage], count: u64, seed: u64) -> u64 {
    let schedule = Schedule::new(stages, count, seed).expect("a schedule");
    schedule
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_streams_are_the_ones_that_old_seeds_were_run_with() {
    let curves = [
        Curve::Constant { level: 3 },
        Curve::Poisson { level: 5 },
        Curve::Ramp { level: 1, to_level: 9 },
        Curve::Step { level: 9, to_level: 2, steps: 5 },
        Curve::Flash { level: 20, half_life_us: 300_000 },
    ];
    let stages = curves.map(|curve| Stage { curve, for_us: 700_001 });
    assert_eq!(fingerprint(&stages, 50_000, 42), 1_118_545_849_527_566_685);
}

fn crowd() -> Crowd {
    Crowd {
        timeout_ms: (2_000, 5_000),
        retries: 3,
        duplicate_click_ratio: 0.1,
        duplicate_click_within_ms: 400,
        abandon_ratio: 0.2,
        abandon_within_ms: 1_500,
        respond_async_ratio: 0.3,
        decline_ratio: 0.05,
        bot_ratio: 0.01,
        bot_retries: 10,
        slow_network_ratio: 0.25,
        max_quantity: 2,
    }
}

#[test]
fn a_shopper_is_the_one_that_old_seeds_met() {
    let shopper = Shopper {
        index: 499_999,
        cohort: Cohort::SlowNetwork,
        timeout_ms: 2_316,
        retries: 0,
        second_click_after_ms: None,
        abandon: Some(Abandon::Disconnects { after_ms: 661 }),
        prefers_async: false,
        card_declined: false,
        quantity: 2,
        product_draw: 3_005_581_885,
        key: 135_971_854_174_465_785_236_066_193_252_416_344_111,
    };
    assert_eq!(Shopper::draw(&crowd(), 42, 499_999), shopper);
}

#[test]
fn the_crowd_has_its_shares() {
    let crowd = crowd();
    let shoppers: Vec<_> = (0..20_000).map(|index| Shopper::draw(&crowd, 3, index)).collect();
    let share = |is: &dyn Fn(&Shopper) -> bool| {
        shoppers.iter().filter(|shopper| is(shopper)).count() as f64 / shoppers.len() as f64
    };
    let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.02, "{found} for {wanted}");
    near(share(&|shopper| shopper.second_click_after_ms.is_some()), 0.1);
    near(share(&|shopper| shopper.abandon.is_some()), 0.2);
    near(share(&|shopper| shopper.abandon == Some(Abandon::NeverPays)), 0.1);
    near(share(&|shopper| shopper.prefers_async), 0.3);
    near(share(&|shopper| shopper.card_declined), 0.05);
    near(share(&|shopper| shopper.cohort == Cohort::Bot), 0.01);
    near(share(&|shopper| shopper.cohort == Cohort::SlowNetwork), 0.25);
    near(share(&|shopper| shopper.quantity == 2), 0.5);
    assert!(shoppers.iter().all(|shopper| (2_000..=5_000).contains(&shopper.timeout_ms)));
    let mut keys: Vec<_> = shoppers.iter().map(|shopper| shopper.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), shoppers.len(), "two shoppers share a key");
}

#[test]
fn ratios_of_zero_and_one_are_never_and_always() {
    let never = Crowd { abandon_ratio: 0.0, bot_ratio: 0.0, slow_network_ratio: 0.0, ..crowd() };
    let always = Crowd { abandon_ratio: 1.0, bot_ratio: 0.0, slow_network_ratio: 1.0, ..crowd() };
    for index in 0..2_000 {
        assert_eq!(Shopper::draw(&never, 5, index).abandon, None);
        assert_eq!(Shopper::draw(&never, 5, index).cohort, Cohort::Ordinary);
        assert!(Shopper::draw(&always, 5, index).abandon.is_some());
        assert_eq!(Shopper::draw(&always, 5, index).cohort, Cohort::SlowNetwork);
    }
}

#[test]
fn one_ratio_moves_no_other_answer() {
    let other = Crowd { duplicate_click_ratio: 0.9, ..crowd() };
    for index in 0..2_000 {
        let (before, after) = (Shopper::draw(&crowd(), 5, index), Shopper::draw(&other, 5, index));
        let after = Shopper { second_click_after_ms: before.second_click_after_ms, ..after };
        assert_eq!(before, after);
    }
}
