//! How long the engine's own work takes: a plain read, a plain write, and a reservation script with four calls.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use redis_engine::{Config, Persistence, Redis, Reply};

/// What a soft reservation does: look whether it is known, take stock, note the hold and its deadline.
const RESERVE: &str = r"
local stock = tonumber(redis.call('GET', KEYS[1]) or '0')
local quantity = tonumber(ARGV[2])
if stock < quantity then return {0, stock} end
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return {2, stock} end
local left = redis.call('DECRBY', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return {1, left}";

const NOW_MS: i64 = 1_700_000_000_000;

fn plain_commands(criterion: &mut Criterion) {
    let mut redis = Redis::new(Config::default(), 1);
    let client = redis.connect();
    for i in 0..100_000 {
        redis.execute(client, &["SET", &format!("product:{i}"), "a value of ordinary length"], NOW_MS);
    }
    criterion.bench_function("get", |bencher| {
        bencher.iter(|| redis.execute(client, black_box(&["GET", "product:4711"]), NOW_MS));
    });
    criterion.bench_function("incr", |bencher| {
        bencher.iter(|| redis.execute(client, black_box(&["INCR", "counter"]), NOW_MS));
    });
}

fn reservation(criterion: &mut Criterion) {
    for (name, persistence) in [("reserve", Persistence::None), ("reserve_everysec", Persistence::AofEverysec)] {
        let mut redis = Redis::new(Config::new(persistence), 1);
        let client = redis.connect();
        redis.execute(client, &["SET", "stock:{sku}", "1000000000000"], NOW_MS);
        let Reply::Bulk(sha) = redis.execute(client, &["SCRIPT", "LOAD", RESERVE], NOW_MS) else {
            panic!("SCRIPT LOAD answers with a digest");
        };
        let mut id = 0_u64;
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                id += 1;
                let id_text = format!("reservation-{id:016x}");
                // Twenty thousand reservations a second.
                let now_ms = NOW_MS + i64::try_from(id / 20).expect("fewer than 2^63 iterations");
                let deadline = now_ms.to_string();
                let sha: &[u8] = &sha;
                let words: [&[u8]; 9] = [
                    b"EVALSHA",
                    sha,
                    b"3",
                    b"stock:{sku}",
                    b"holds:{sku}",
                    b"deadlines:{sku}",
                    id_text.as_bytes(),
                    b"1",
                    deadline.as_bytes(),
                ];
                black_box(redis.execute(client, &words, now_ms))
            });
        });
    }
}

criterion_group!(benches, plain_commands, reservation);
criterion_main!(benches);
