//! Whatever commands ran, a crash or a failover leaves exactly the state that stood at the last flush, snapshot or
//! replicated write: the same as if nothing had been run after it.

mod support;

use proptest::prelude::*;
use redis_engine::{Config, Persistence, Redis};
use support::programs::{Command, program};
use support::{START_MS, Session, show};

/// Everything that can be read of every key, in one text.
fn state(redis: &mut Redis, now_ms: i64) -> String {
    let client = redis.connect();
    let keys: Vec<Vec<u8>> = redis.keys_with_prefix(b"").into_iter().map(|key| key.to_vec()).collect();
    let mut text = String::new();
    for key in keys {
        let mut ask = |words: &[&[u8]]| show(&redis.execute(client, words, now_ms));
        let kind = ask(&[b"TYPE", &key]);
        let value = match kind.as_str() {
            "string" => ask(&[b"GET", &key]),
            "hash" => ask(&[b"HGETALL", &key]),
            "set" => ask(&[b"SMEMBERS", &key]),
            "zset" => ask(&[b"ZRANGE", &key, b"0", b"-1", b"WITHSCORES"]),
            other => panic!("an unknown type: {other}"),
        };
        let deadline = ask(&[b"PEXPIRETIME", &key]);
        text.push_str(&format!("{} {kind} {value} {deadline}\n", String::from_utf8_lossy(&key)));
    }
    text
}

fn run_all(session: &mut Session, program: &[Command]) {
    for command in program {
        session.redis.execute(session.client, command, session.now_ms);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_crash_goes_back_to_the_last_flush(kept in program(40), lost in program(40), replica in any::<bool>()) {
        let config = Config::new(Persistence::AofEverysec);
        let mut s = Session::new(if replica { config.with_replica(5_000) } else { config });
        run_all(&mut s, &kept);
        s.pass(1_000);
        let before = state(&mut s.redis, s.now_ms);
        s.pass(1);
        run_all(&mut s, &lost);
        s.crash();
        prop_assert_eq!(state(&mut s.redis, s.now_ms), before);
    }

    #[test]
    fn a_crash_goes_back_to_the_last_snapshot(kept in program(40), lost in program(40)) {
        let mode = Persistence::Rdb { save_every_ms: 1_000, after_changes: 1 };
        let mut s = Session::new(Config::new(mode));
        // Without a change there would be no snapshot to go back to.
        s.run("SET some change");
        run_all(&mut s, &kept);
        s.pass(1_000);
        let before = state(&mut s.redis, s.now_ms);
        run_all(&mut s, &lost);
        s.pass(999);
        s.crash();
        prop_assert_eq!(state(&mut s.redis, s.now_ms), before);
    }

    #[test]
    fn a_failover_goes_back_by_the_lag(kept in program(40), lost in program(40), which in 0..4_usize) {
        let mode = [
            Persistence::None,
            Persistence::AofAlways,
            Persistence::AofEverysec,
            Persistence::Rdb { save_every_ms: 100, after_changes: 1 },
        ][which];
        let mut s = Session::new(Config::new(mode).with_replica(300));
        run_all(&mut s, &kept);
        s.pass(300);
        let before = state(&mut s.redis, s.now_ms);
        s.pass(1);
        run_all(&mut s, &lost);
        s.pass(299);
        s.fail_over();
        prop_assert_eq!(state(&mut s.redis, s.now_ms), before.clone());
        // What the new server has is no less durable than it was: a crash right away loses nothing that was replicated
        // and flushed before.
        s.fail_over();
        prop_assert_eq!(state(&mut s.redis, s.now_ms), before);
    }

    #[test]
    fn one_program_gives_the_same_answers_and_state_twice(program in program(60)) {
        let run = || {
            let mut s = Session::new(Config::new(Persistence::AofEverysec).with_replica(50));
            let mut answers = String::new();
            for command in &program {
                answers.push_str(&show(&s.redis.execute(s.client, command, s.now_ms)));
                answers.push('\n');
            }
            answers + &state(&mut s.redis, START_MS)
        };
        prop_assert_eq!(run(), run());
    }
}
