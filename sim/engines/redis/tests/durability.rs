//! What each persistence mode keeps through a crash, and what a failover loses.

mod support;

use redis_engine::{Config, Persistence};
use support::{Session, check, show};

#[test]
fn without_persistence_a_crash_loses_everything() {
    let mut s = Session::new(Config::new(Persistence::None));
    check(&mut s, &[("SET a 1", "OK")]);
    s.pass(10_000);
    s.crash();
    check(&mut s, &[("DBSIZE", "0"), ("GET a", "(nil)")]);
}

#[test]
fn aof_always_loses_nothing_that_was_answered() {
    let mut s = Session::new(Config::new(Persistence::AofAlways));
    check(&mut s, &[("SET a 1", "OK"), ("HSET h f v", "1")]);
    s.crash();
    check(&mut s, &[("GET a", "\"1\""), ("HGET h f", "\"v\"")]);
}

#[test]
fn aof_everysec_loses_what_came_after_the_last_flush() {
    let mut s = Session::new(Config::new(Persistence::AofEverysec));
    check(&mut s, &[("SET a 1", "OK"), ("HSET h f 1 g 2", "2"), ("ZADD z 1 m", "1"), ("SADD s x", "1")]);
    s.pass(1_000);
    check(
        &mut s,
        &[
            ("SET a 2", "OK"),
            ("SET b 1", "OK"),
            ("HSET h f 9 new 1", "1"),
            ("HDEL h g", "1"),
            ("ZADD z 5 m 6 n", "1"),
            ("SREM s x", "1"),
            ("EXPIRE a 100", "1"),
            ("RENAME a c", "OK"),
        ],
    );
    s.pass(999);
    s.crash();
    check(
        &mut s,
        &[
            ("GET a", "\"1\""),
            ("TTL a", "-1"),
            ("EXISTS b c", "0"),
            ("HGETALL h", "[\"f\" \"1\" \"g\" \"2\"]"),
            ("ZRANGE z 0 -1 WITHSCORES", "[\"m\" \"1\"]"),
            ("SMEMBERS s", "[\"x\"]"),
        ],
    );
}

#[test]
fn aof_everysec_keeps_what_came_before_the_last_flush() {
    let mut s = Session::new(Config::new(Persistence::AofEverysec));
    s.pass(400);
    check(&mut s, &[("SET a 1", "OK")]);
    s.pass(600);
    s.crash();
    check(&mut s, &[("GET a", "\"1\"")]);
}

#[test]
fn rdb_goes_back_to_the_last_snapshot() {
    let mode = Persistence::Rdb { save_every_ms: 60_000, after_changes: 3 };
    let mut s = Session::new(Config::new(mode));
    check(&mut s, &[("SET a 1", "OK"), ("SET b 1", "OK")]);
    s.pass(60_000);
    s.crash();
    check(&mut s, &[("DBSIZE", "0"), ("MSET a 1 b 1 c 1", "OK")]);
    s.pass(60_000);
    check(&mut s, &[("SET a 2", "OK"), ("FLUSHALL", "OK"), ("SET d 1", "OK")]);
    s.pass(59_999);
    s.crash();
    check(&mut s, &[("MGET a b c d", "[\"1\" \"1\" \"1\" (nil)]")]);
}

#[test]
fn a_failover_loses_the_writes_of_the_lag() {
    let mut s = Session::new(Config::new(Persistence::AofAlways).with_replica(200));
    check(&mut s, &[("SET stock 10", "OK")]);
    s.pass(100);
    check(&mut s, &[("DECR stock", "9")]);
    s.pass(150);
    check(&mut s, &[("DECR stock", "8")]);
    s.pass(50);
    let before = s.redis.run_id().to_owned();
    s.fail_over();
    check(&mut s, &[("GET stock", "\"9\"")]);
    assert_ne!(s.redis.run_id(), before);
}

#[test]
fn a_crash_or_a_failover_never_keeps_half_a_script() {
    let script = "for i = 1, 10 do redis.call('incr', KEYS[1]) redis.call('hset', KEYS[2], i, i) end return 1";
    for persistence in [Persistence::AofEverysec, Persistence::Rdb { save_every_ms: 1_000, after_changes: 1 }] {
        for crash_after_ms in [0, 300, 999, 1_000, 1_500] {
            let mut s = Session::new(Config::new(persistence).with_replica(500));
            s.eval(script, "counter fields", "");
            s.pass(crash_after_ms);
            if crash_after_ms % 2 == 0 {
                s.crash()
            } else {
                s.fail_over()
            }
            let counter = s.redis.get_integer(b"counter").unwrap_or(0);
            let fields = s.redis.hash(b"fields").count();
            assert!(matches!((counter, fields), (0, 0) | (10, 10)), "{counter} {fields} {persistence:?}");
        }
    }
}

#[test]
fn the_run_id_repeats_from_run_to_run_and_changes_at_every_start() {
    let ids = || {
        let mut s = Session::new(Config::default().with_replica(10));
        let mut ids = vec![s.redis.run_id().to_owned()];
        s.crash();
        ids.push(s.redis.run_id().to_owned());
        s.fail_over();
        ids.push(s.redis.run_id().to_owned());
        ids
    };
    let first = ids();
    assert_eq!(first, ids());
    assert!(first.iter().all(|id| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    let mut s = Session::new(Config::default());
    assert!(show(&s.run("INFO server")).contains(&format!("run_id:{}", s.redis.run_id())));
}

#[test]
fn connections_from_before_a_crash_are_closed() {
    let mut s = Session::new(Config::default());
    let old = s.client;
    s.crash();
    assert!(s.redis.execute(old, &["PING"], s.now_ms).is_error());
    check(&mut s, &[("PING", "PONG")]);
}
