//! What every schedule promises, whatever its stages.

use arrivals::{Curve, Schedule, Stage};
use proptest::prelude::*;

fn curve() -> impl Strategy<Value = Curve> {
    let level = 0..5_000_u32;
    prop_oneof![
        level.clone().prop_map(|level| Curve::Constant { level }),
        level.clone().prop_map(|level| Curve::Poisson { level }),
        (level.clone(), level.clone()).prop_map(|(level, to_level)| Curve::Ramp { level, to_level }),
        (level.clone(), level.clone(), 2..50_u32)
            .prop_map(|(level, to_level, steps)| { Curve::Step { level, to_level, steps } }),
        (1..5_000_u32, 1_000..20_000_000_u64).prop_map(|(level, half_life_us)| Curve::Flash { level, half_life_us }),
    ]
}

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let stage = (curve(), 1..20_000_000_u64).prop_map(|(curve, for_us)| Stage { curve, for_us });
    prop::collection::vec(stage, 1..5)
}

proptest! {
    #[test]
    fn times_ascend_within_the_stages_and_their_number_is_exact(
        stages in stages(), count in 0..3_000_u64, seed: u64,
    ) {
        let Ok(schedule) = Schedule::new(&stages, count, seed) else { return Ok(()) };
        prop_assert_eq!(schedule.len() as u64, count);
        let times: Vec<_> = schedule.collect();
        prop_assert_eq!(times.len() as u64, count);
        prop_assert!(times.is_sorted());
        let end_us: u64 = stages.iter().map(|stage| stage.for_us).sum();
        prop_assert!(times.iter().all(|time_us| *time_us < end_us));
    }

    #[test]
    fn one_seed_is_one_schedule_however_it_is_read(
        stages in stages(), count in 0..1_000_u64, seed: u64, cut in 0..1_000_usize,
    ) {
        let Ok(schedule) = Schedule::new(&stages, count, seed) else { return Ok(()) };
        let whole: Vec<_> = schedule.clone().collect();
        let mut parts: Vec<_> = schedule.clone().take(cut).collect();
        parts.extend(schedule.clone().skip(cut));
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(schedule.len() as u64, count);
    }

    #[test]
    fn shards_together_are_the_whole(stages in stages(), count in 0..1_000_u64, seed: u64, shards in 1..7_usize) {
        let Ok(schedule) = Schedule::new(&stages, count, seed) else { return Ok(()) };
        let mut dealt: Vec<_> = (0..shards).flat_map(|shard| schedule.clone().skip(shard).step_by(shards)).collect();
        dealt.sort_unstable();
        prop_assert_eq!(dealt, schedule.collect::<Vec<_>>());
    }
}
