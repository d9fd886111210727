//! What a sale of 500,000 shoppers costs before anything is simulated: their times, and who they are.

use std::hint::black_box;

use arrivals::{Crowd, Curve, Schedule, Shopper, Stage};
use criterion::{Criterion, criterion_group, criterion_main};

const SHOPPERS: u64 = 500_000;

fn schedules(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedule of 500,000");
    group.sample_size(20);
    let curves =
        [("constant", Curve::Constant { level: 1 }), ("flash", Curve::Flash { level: 1, half_life_us: 3_000_000 })];
    for (name, curve) in curves {
        let stages = [Stage { curve, for_us: 10_000_000 }];
        group.bench_function(name, |bencher| {
            bencher.iter(|| Schedule::new(&stages, SHOPPERS, 42).map(|schedule| schedule.fold(0, u64::wrapping_add)));
        });
    }
    group.finish();
}

fn shoppers(criterion: &mut Criterion) {
    let crowd = Crowd {
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
        max_quantity: 1,
    };
    let mut index = 0;
    criterion.bench_function("one shopper", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(Shopper::draw(&crowd, 42, index))
        });
    });
}

criterion_group!(benches, schedules, shoppers);
criterion_main!(benches);
