//! Rules 21 to 24 of the engines' semantics, each as seen on Redis 7.0.15.

mod support;

use redis_engine::{Config, Reply};
use support::{Session, check, show};

fn session() -> Session {
    Session::new(Config::default())
}

#[test]
fn rule_21_a_failing_command_inside_exec_undoes_nothing_before_it() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("MULTI", "OK"),
            ("SET a 1", "QUEUED"),
            ("LPUSH a x", "(error) ERR unsupported by this engine: LPUSH"),
            ("EXEC", "(error) EXECABORT Transaction discarded because of previous errors."),
            ("GET a", "(nil)"),
            ("MULTI", "OK"),
            ("SET a word", "QUEUED"),
            ("INCR a", "QUEUED"),
            ("SET b 2", "QUEUED"),
            ("EXEC", "[OK (error) ERR value is not an integer or out of range OK]"),
            ("MGET a b", "[\"word\" \"2\"]"),
        ],
    );
}

#[test]
fn rule_21_a_failing_command_inside_a_script_undoes_nothing_before_it() {
    let mut s = session();
    let reply =
        s.eval("redis.call('set', KEYS[1], 'x') redis.call('incr', KEYS[1]) redis.call('set', KEYS[1], 'y')", "k", "");
    assert!(show(&reply).starts_with("(error) ERR value is not an integer or out of range script: "), "{reply:?}");
    assert!(show(&reply).ends_with(", on @user_script:1."), "{reply:?}");
    check(&mut s, &[("GET k", "\"x\"")]);
}

#[test]
fn rule_21_an_error_while_queueing_makes_exec_abort() {
    for broken in ["NOSUCH", "GET", "LPUSH a b"] {
        let mut s = session();
        check(&mut s, &[("MULTI", "OK"), ("SET a 1", "QUEUED")]);
        assert!(s.run(broken).is_error());
        check(
            &mut s,
            &[("EXEC", "(error) EXECABORT Transaction discarded because of previous errors."), ("EXISTS a", "0")],
        );
    }
}

#[test]
fn rule_22_lua_values_become_answers_as_redis_converts_them() {
    for (script, expected) in [
        ("return 3.99", "3"),
        ("return -3.99", "-3"),
        ("return 1e20", "-9223372036854775808"),
        ("return {1, 2, nil, 4}", "[1 2]"),
        ("return redis.call('get', 'missing')", "(nil)"),
        ("return redis.call('get', 'missing') == false", "1"),
        ("return redis.call('mget', 'missing', 'gone')", "[(nil) (nil)]"),
        ("return true", "1"),
        ("return false", "(nil)"),
        ("return nil", "(nil)"),
        ("return {ok='FINE'}", "FINE"),
        ("return {err='MY mistake'}", "(error) MY mistake"),
        ("return redis.status_reply('FINE')", "FINE"),
        ("return redis.error_reply('MY mistake')", "(error) MY mistake"),
        ("return redis.error_reply('mistake')", "(error) ERR mistake"),
        ("return redis.call('set', 'k', 'v')", "OK"),
        ("return redis.call('set', 'k', 'v').ok", "\"OK\""),
        ("return redis.pcall('incr', 'k')", "(error) ERR value is not an integer or out of range"),
        ("return redis.pcall('incr', 'k').err", "\"ERR value is not an integer or out of range\""),
        ("return {1, {2, {'three'}}, {a = 1}}", "[1 [2 [\"three\"]] []]"),
        ("return function() end", "(nil)"),
        ("return tostring(0.1)", "\"0.1\""),
        ("return redis.call('echo', 0.1)", "\"0.10000000000000001\""),
    ] {
        let mut s = session();
        check(&mut s, &[("SET k word", "OK")]);
        assert_eq!(show(&s.eval(script, "", "")), expected, "{script}");
    }
}

#[test]
fn rule_22_new_globals_are_refused() {
    for (script, expected) in [
        ("x = 1", "(error) ERR user_script:1: Attempt to modify a readonly table script: "),
        ("return x", "(error) ERR user_script:1: Script attempted to access nonexistent global variable 'x' script: "),
        ("redis.call = nil", "(error) ERR user_script:1: Attempt to modify a readonly table script: "),
        ("_G.x = 1", "(error) ERR user_script:1: Attempt to modify a readonly table script: "),
        ("rawset(_G, 'x', 1)", "(error) ERR Attempt to modify a readonly table script: "),
        ("setmetatable(_G, {})", "(error) ERR Attempt to modify a readonly table script: "),
    ] {
        let mut s = session();
        let shown = show(&s.eval(script, "", ""));
        assert!(shown.starts_with(expected) && shown.ends_with(", on @user_script:1."), "{script}: {shown}");
    }
}

#[test]
fn rule_23_expiry_stands_still_inside_a_script_while_time_moves() {
    let mut s = session();
    check(&mut s, &[("SET k v PX 1", "OK")]);
    let script = "
        local first = redis.call('time')
        for i = 1, 5000 do redis.call('get', KEYS[1]) end
        local second = redis.call('time')
        local moved = second[1] ~= first[1] or second[2] ~= first[2]
        return {tostring(moved), redis.call('get', KEYS[1]), redis.call('pttl', KEYS[1])}";
    assert_eq!(show(&s.eval(script, "k", "")), "[\"true\" \"v\" 1]");
}

#[test]
fn rule_23_set_clears_a_deadline_incr_keeps_it_and_a_negative_one_deletes() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("SET k 1 EX 100", "OK"),
            ("INCR k", "2"),
            ("TTL k", "100"),
            ("APPEND k 0", "2"),
            ("TTL k", "100"),
            ("SET k 5", "OK"),
            ("TTL k", "-1"),
            ("SET k 1 EX 100", "OK"),
            ("SET k 2 KEEPTTL", "OK"),
            ("TTL k", "100"),
            ("GETSET k 3", "\"2\""),
            ("TTL k", "-1"),
            ("EXPIRE k -1", "1"),
            ("EXISTS k", "0"),
            ("EXPIRE k 10", "0"),
        ],
    );
}

#[test]
fn rule_24_decrby_past_64_bits_errors_and_changes_nothing() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("SET k -9223372036854775807", "OK"),
            ("DECRBY k 2", "(error) ERR increment or decrement would overflow"),
            ("GET k", "\"-9223372036854775807\""),
            ("DECRBY k 1", "-9223372036854775808"),
            ("DECR k", "(error) ERR increment or decrement would overflow"),
            ("DECRBY k -9223372036854775808", "(error) ERR decrement would overflow"),
            ("GET k", "\"-9223372036854775808\""),
        ],
    );
}

#[test]
fn rule_24_sorted_set_ties_are_ordered_by_bytes() {
    let mut s = session();
    check(
        &mut s,
        &[
            ("ZADD z 1 b 1 a 1 B 0 z 1 aa", "5"),
            ("ZRANGE z 0 -1", "[\"z\" \"B\" \"a\" \"aa\" \"b\"]"),
            ("ZRANGEBYSCORE z 1 1 LIMIT 1 2", "[\"a\" \"aa\"]"),
        ],
    );
}

#[test]
fn rule_24_the_script_cache_does_not_survive_a_restart() {
    let mut s = session();
    let Reply::Bulk(sha) = s.words(&["SCRIPT", "LOAD", "return 1"]) else { panic!("a digest is a bulk string") };
    let sha = String::from_utf8(sha.to_vec()).unwrap();
    assert_eq!(show(&s.words(&["EVALSHA", &sha, "0"])), "1");
    s.crash();
    assert_eq!(show(&s.words(&["EVALSHA", &sha, "0"])), "(error) NOSCRIPT No matching script. Please use EVAL.");
    assert_eq!(show(&s.words(&["SCRIPT", "EXISTS", &sha])), "[0]");
}
