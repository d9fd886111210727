//! Commands that read or change keys, by family.

use super::source::Source;
use super::words::{
    bound, far_milliseconds, increment, key, member, milliseconds, rank, score, seconds, unix_seconds, value,
};

type Words = Vec<String>;

/// One command.
pub(super) fn data(draw: &mut Source) -> Words {
    match draw.weighted(&[3, 2, 2, 1, 3]) {
        0 => strings(draw),
        1 => keys(draw),
        2 => hashes(draw),
        3 => sets(draw),
        _ => sorted_sets(draw),
    }
}

fn few(draw: &mut Source, one: impl Fn(&mut Source) -> String) -> Words {
    (0..draw.count(1, 3)).map(|_| one(draw)).collect()
}

fn pairs(draw: &mut Source, a: impl Fn(&mut Source) -> String, b: impl Fn(&mut Source) -> String) -> Words {
    (0..draw.count(1, 3)).flat_map(|_| [a(draw), b(draw)]).collect()
}

/// Some of the options, in their given order.
fn options(draw: &mut Source, all: &[&str], percent: u64) -> Words {
    all.iter().filter(|_| draw.chance(percent)).map(ToString::to_string).collect()
}

fn limit(draw: &mut Source) -> Words {
    if draw.chance(65) {
        return Vec::new();
    }
    vec!["LIMIT".into(), draw.int(-1, 3).to_string(), draw.int(-1, 3).to_string()]
}

fn command(name: &str, parts: impl IntoIterator<Item = Words>) -> Words {
    std::iter::once(name.to_owned()).chain(parts.into_iter().flatten()).collect()
}

fn set_options(draw: &mut Source) -> Words {
    let mut words = Vec::new();
    for _ in 0..draw.weighted(&[60, 30, 10]) {
        match draw.index(8) {
            0 | 1 => words.push("NX".to_owned()),
            2 => words.push("xx".to_owned()),
            3 => words.push("GET".to_owned()),
            4 => words.push("KEEPTTL".to_owned()),
            5 => words.extend(["EX".to_owned(), seconds(draw)]),
            6 => words.extend(["px".to_owned(), milliseconds(draw)]),
            _ => words.extend(["EXAT".to_owned(), unix_seconds(draw)]),
        }
    }
    words
}

fn strings(draw: &mut Source) -> Words {
    let k = vec![key(draw)];
    match draw.index(18) {
        0 | 1 => command("GET", [k]),
        2 | 3 => {
            let v = vec![value(draw)];
            let o = set_options(draw);
            command("SET", [k, v, o])
        }
        4 => command("SETNX", [k, vec![value(draw)]]),
        5 => command("SETEX", [k, vec![seconds(draw), value(draw)]]),
        6 => command("PSETEX", [k, vec![milliseconds(draw), value(draw)]]),
        7 => command("GETSET", [k, vec![value(draw)]]),
        8 => command("GETDEL", [k]),
        9 => command("GETEX", [k, options(draw, &["PERSIST"], 50)]),
        10 => command("APPEND", [k, vec![value(draw)]]),
        11 => command("STRLEN", [k]),
        12 => command("INCR", [k]),
        13 => command("DECR", [k]),
        14 => command(draw.pick(&["INCRBY", "DECRBY"]), [k, vec![increment(draw)]]),
        15 => command("MGET", [few(draw, key)]),
        16 => command("MSET", [pairs(draw, key, value)]),
        _ => command("MSETNX", [pairs(draw, key, value)]),
    }
}

fn keys(draw: &mut Source) -> Words {
    let k = vec![key(draw)];
    let conditions = options(draw, &["NX", "xx", "GT", "lt"], 15);
    let compares = conditions.iter().any(|word| word == "GT" || word == "lt");
    match draw.index(16) {
        0 => command("DEL", [few(draw, key)]),
        1 => command("UNLINK", [k]),
        2 => command("EXISTS", [few(draw, key)]),
        3 => command("TYPE", [k]),
        4 => command("EXPIRE", [k, vec![seconds(draw)], conditions]),
        5 => {
            // Which of two short deadlines is the later would hang on the last few milliseconds.
            let time = if compares { far_milliseconds(draw) } else { milliseconds(draw) };
            command("PEXPIRE", [k, vec![time], conditions])
        }
        6 => command("EXPIREAT", [k, vec![unix_seconds(draw)], conditions]),
        7 => command("PEXPIREAT", [k, vec![unix_seconds(draw) + "000"], conditions]),
        8 => command("TTL", [k]),
        9 => command(if draw.pauses() { "TTL" } else { "PTTL" }, [k]),
        10 => command("PERSIST", [k]),
        11 => command("EXPIRETIME", [k]),
        12 => command("RENAME", [k, vec![key(draw)]]),
        13 => command("RENAMENX", [k, vec![key(draw)]]),
        14 => command("KEYS", [vec![draw.pick(&["*", "k?", "k[1-2]", "{tag}*", "[^k]*"]).to_owned()]]),
        // It counts what has expired until the server comes round to dropping it.
        _ if draw.pauses() => command("EXISTS", [k]),
        _ => command("DBSIZE", []),
    }
}

fn hashes(draw: &mut Source) -> Words {
    let k = vec![key(draw)];
    match draw.index(13) {
        0 | 1 => command("HSET", [k, pairs(draw, member, value)]),
        2 => command("HSETNX", [k, vec![member(draw), value(draw)]]),
        3 => command("HGET", [k, vec![member(draw)]]),
        4 => command("HMGET", [k, few(draw, member)]),
        5 => command("HGETALL", [k]),
        6 => command("HDEL", [k, few(draw, member)]),
        7 => command("HEXISTS", [k, vec![member(draw)]]),
        8 => command("HLEN", [k]),
        9 => command("HSTRLEN", [k, vec![member(draw)]]),
        10 => command("HINCRBY", [k, vec![member(draw), increment(draw)]]),
        11 => command("HKEYS", [k]),
        _ => command("HVALS", [k]),
    }
}

fn sets(draw: &mut Source) -> Words {
    let k = vec![key(draw)];
    match draw.index(7) {
        0 | 1 => command("SADD", [k, few(draw, member)]),
        2 => command("SREM", [k, few(draw, member)]),
        3 => command("SISMEMBER", [k, vec![member(draw)]]),
        4 => command("SMISMEMBER", [k, few(draw, member)]),
        5 => command("SMEMBERS", [k]),
        _ => command("SCARD", [k]),
    }
}

fn sorted_sets(draw: &mut Source) -> Words {
    let k = vec![key(draw)];
    let with_scores = options(draw, &["WITHSCORES"], 50);
    match draw.index(21) {
        0..=3 => command("ZADD", [k, pairs(draw, score, member)]),
        4 | 5 => {
            let flags = options(draw, &["NX", "xx", "GT", "lt", "CH", "INCR"], 20);
            command("ZADD", [k, flags, pairs(draw, score, member)])
        }
        6 => command("ZREM", [k, few(draw, member)]),
        7 => command("ZSCORE", [k, vec![member(draw)]]),
        8 => command("ZMSCORE", [k, few(draw, member)]),
        9 => command("ZCARD", [k]),
        10 => command("ZCOUNT", [k, vec![bound(draw), bound(draw)]]),
        11 => command("ZINCRBY", [k, vec![score(draw), member(draw)]]),
        12 => command(draw.pick(&["ZRANK", "ZREVRANK"]), [k, vec![member(draw)]]),
        13 => {
            let range = vec![rank(draw), rank(draw)];
            command("ZRANGE", [k, range, options(draw, &["REV"], 40), with_scores])
        }
        14 => {
            let range = vec![bound(draw), bound(draw), "BYSCORE".to_owned()];
            let reverse = options(draw, &["REV"], 40);
            command("ZRANGE", [k, range, reverse, with_scores, limit(draw)])
        }
        15 => command("ZRANGE", [k, vec![rank(draw), rank(draw)], limit(draw)]),
        16 => command("ZREVRANGE", [k, vec![rank(draw), rank(draw)], with_scores]),
        17 => command("ZRANGEBYSCORE", [k, vec![bound(draw), bound(draw)], with_scores, limit(draw)]),
        18 => command("ZREVRANGEBYSCORE", [k, vec![bound(draw), bound(draw)], with_scores, limit(draw)]),
        19 => command("ZREMRANGEBYSCORE", [k, vec![bound(draw), bound(draw)]]),
        _ => command("ZREMRANGEBYRANK", [k, vec![rank(draw), rank(draw)]]),
    }
}
