//! Deadlines: when a key is gone, who notices, and what transactions make of it.

mod support;

use redis_engine::{Config, Persistence};
use support::{Session, check, show};

fn session() -> Session {
    Session::new(Config::default())
}

#[test]
fn a_key_lives_through_the_millisecond_of_its_deadline() {
    let mut s = session();
    check(&mut s, &[("SET k v PX 50", "OK")]);
    s.now_ms += 50;
    check(&mut s, &[("GET k", "\"v\""), ("PTTL k", "0")]);
    s.now_ms += 1;
    check(&mut s, &[("GET k", "(nil)"), ("TTL k", "-2")]);
}

#[test]
fn expired_keys_count_in_dbsize_until_the_cycle_collects_them() {
    let mut s = session();
    check(&mut s, &[("SET k v PX 10", "OK"), ("SET stays v", "OK")]);
    s.now_ms += 60;
    check(&mut s, &[("DBSIZE", "2"), ("KEYS *", "[\"stays\"]")]);
    assert_eq!(s.redis.next_deadline(), Some(support::START_MS + 100));
    s.pass(40);
    check(&mut s, &[("DBSIZE", "1")]);
    assert_eq!(s.redis.next_deadline(), None);
}

#[test]
fn observers_see_no_expired_key_and_change_nothing() {
    let mut s = session();
    check(&mut s, &[("SET k v PX 10", "OK"), ("HSET h f v", "1")]);
    s.now_ms += 60;
    check(&mut s, &[("PING", "PONG")]);
    assert_eq!(s.redis.get_string(b"k"), None);
    assert_eq!(s.redis.keys_with_prefix(b""), vec!["h"]);
    assert_eq!(s.redis.hash_field(b"h", b"f").unwrap(), "v");
    check(&mut s, &[("DBSIZE", "2")]);
}

#[test]
fn deadlines_survive_a_crash_and_go_on_while_the_server_is_down() {
    let mut s = Session::new(Config::new(Persistence::AofAlways));
    check(&mut s, &[("SET k v PX 500", "OK"), ("SET long v EX 100", "OK")]);
    s.now_ms += 600;
    s.crash();
    check(&mut s, &[("GET k", "(nil)"), ("TTL long", "99")]);
}

#[test]
fn the_conditions_of_expire_hold() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("SET k v", "OK"),
            ("EXPIRE k 100 XX", "0"),
            ("EXPIRE k 100 GT", "0"),
            ("EXPIRE k 100 LT", "1"),
            ("EXPIRE k 50 NX", "0"),
            ("EXPIRE k 50 GT", "0"),
            ("EXPIRE k 200 GT", "1"),
            ("EXPIRE k 100 NX GT", "(error) ERR NX and XX, GT or LT options at the same time are not compatible"),
            ("EXPIRE k 100 GT LT", "(error) ERR GT and LT options at the same time are not compatible"),
            ("EXPIRE k 100 ZZ", "(error) ERR Unsupported option ZZ"),
            ("EXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'expire' command"),
            ("SET k v EX 0", "(error) ERR invalid expire time in 'set' command"),
            ("SETEX k -1 v", "(error) ERR invalid expire time in 'setex' command"),
            ("TTL k", "200"),
            ("GETEX k PERSIST", "\"v\""),
            ("TTL k", "-1"),
        ],
    );
}

#[test]
fn a_watched_key_that_changes_or_expires_stops_exec() {
    let mut s = session();
    let other = s.redis.connect();
    check(&mut s, &[("SET k 1 PX 50", "OK"), ("WATCH k", "OK"), ("MULTI", "OK"), ("INCR k", "QUEUED")]);
    s.now_ms += 51;
    check(&mut s, &[("EXEC", "(nil array)"), ("EXISTS k", "0")]);
    check(&mut s, &[("SET k 1", "OK"), ("WATCH k", "OK")]);
    assert_eq!(show(&s.redis.execute(other, &["SET", "k", "2"], s.now_ms)), "OK");
    check(&mut s, &[("MULTI", "OK"), ("INCR k", "QUEUED"), ("EXEC", "(nil array)"), ("GET k", "\"2\"")]);
    check(
        &mut s,
        &[
            ("WATCH k", "OK"),
            ("RENAME k k", "OK"),
            ("MULTI", "OK"),
            ("INCR k", "QUEUED"),
            ("EXEC", "[3]"),
            ("WATCH k", "OK"),
            ("UNWATCH", "OK"),
            ("SET k 9", "OK"),
            ("MULTI", "OK"),
            ("EXEC", "[]"),
        ],
    );
}

#[test]
fn a_key_already_expired_when_watched_may_be_collected_without_stopping_exec() {
    let mut s = session();
    check(&mut s, &[("SET k 1 PX 10", "OK")]);
    s.now_ms += 20;
    check(&mut s, &[("WATCH k", "OK"), ("GET k", "(nil)"), ("MULTI", "OK"), ("PING", "QUEUED"), ("EXEC", "[PONG]")]);
}

#[test]
fn resp_3_is_spoken_once_hello_asks_for_it() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("HSET h f v", "1"),
            ("ZADD z 1.5 m", "1"),
            ("HGETALL h", "[\"f\" \"v\"]"),
            ("ZRANGE z 0 -1 WITHSCORES", "[\"m\" \"1.5\"]"),
            ("HELLO 4", "(error) NOPROTO unsupported protocol version"),
        ],
    );
    assert!(show(&s.run("HELLO 3")).starts_with("{\"server\": \"redis\""));
    check(
        &mut s,
        &[
            ("HGETALL h", "{\"f\": \"v\"}"),
            ("ZSCORE z m", "(double) 1.5"),
            ("ZRANGE z 0 -1 WITHSCORES", "[[\"m\" (double) 1.5]]"),
        ],
    );
    assert_eq!(show(&s.eval("return redis.call('hgetall', 'h')", "", "")), "[\"f\" \"v\"]");
}
