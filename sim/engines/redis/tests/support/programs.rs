//! Random programs of commands, for properties of the engine and for comparing it with a real server. Keys, fields
//! and members come from small pools, so that commands meet each other's work; some words are wrong on purpose.

#![allow(dead_code, reason = "each test file uses the part it needs")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A command as its words.
pub(crate) type Command = Vec<String>;

fn key() -> impl Strategy<Value = String> {
    select(vec!["k1", "k2", "k3", "k4", "{tag}:k5"]).prop_map(str::to_owned)
}

fn member() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "B", "aa", "1", "2", "10", "-3", ""]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-20_i64..20).prop_map(|number| number.to_string()),
        2 => select(vec!["word", "two words", "", "0x10", "01", "1.5", "9223372036854775807", "-9223372036854775808"])
            .prop_map(str::to_owned),
    ]
}

fn increment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (-5_i64..6).prop_map(|number| number.to_string()),
        1 => select(vec!["9223372036854775807", "-9223372036854775808", "1.5", "x", "+1", ""]).prop_map(str::to_owned),
    ]
}

fn score() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (-3_i64..6).prop_map(|number| number.to_string()),
        2 => select(vec!["1.5", "-0", "inf", "-inf", "1e3", "0.1", "+2", "0x10", "3.0", "1e300"]).prop_map(str::to_owned),
        1 => select(vec!["nan", "x", "", " 1", "1 "]).prop_map(str::to_owned),
    ]
}

fn bound() -> impl Strategy<Value = String> {
    (any::<bool>(), score()).prop_map(|(open, score)| if open { format!("({score}") } else { score })
}

fn rank() -> impl Strategy<Value = String> {
    prop_oneof![8 => (-7_i64..7).prop_map(|number| number.to_string()), 1 => Just("x".to_owned())]
}

/// A time far enough away that the few milliseconds between two servers do not matter, or already past.
fn ttl_s() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec!["1000", "2000", "3000"]).prop_map(str::to_owned),
        1 => select(vec!["0", "-1", "x", "9223372036854775807", "9223372036854775"]).prop_map(str::to_owned),
    ]
}

fn ttl_ms() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec!["1000000", "2000000", "3000000"]).prop_map(str::to_owned),
        1 => select(vec!["0", "-1", "x", "9223372036854775807"]).prop_map(str::to_owned),
    ]
}

fn unix_s() -> impl Strategy<Value = String> {
    select(vec!["4000000000", "4100000000", "1", "-5", "9223372036854776"]).prop_map(str::to_owned)
}

/// A command's name and then the words that the strategies give.
macro_rules! words {
    ($name:literal $(, $part:expr)*) => {{
        let parts: Vec<BoxedStrategy<Vec<String>>> = vec![$($part.into_words()),*];
        parts.prop_map(|parts| {
            let mut words = vec![$name.to_owned()];
            words.extend(parts.into_iter().flatten());
            words
        }).boxed()
    }};
}

/// What can be spliced into a command: one word or several.
trait IntoWords {
    fn into_words(self) -> BoxedStrategy<Vec<String>>;
}

impl<S: Strategy<Value = V> + 'static, V: Words + 'static> IntoWords for S {
    fn into_words(self) -> BoxedStrategy<Vec<String>> {
        self.prop_map(Words::words).boxed()
    }
}

trait Words: std::fmt::Debug {
    fn words(self) -> Vec<String>;
}

impl Words for String {
    fn words(self) -> Vec<String> {
        vec![self]
    }
}

impl Words for Vec<String> {
    fn words(self) -> Vec<String> {
        self
    }
}

impl Words for Vec<&'static str> {
    fn words(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

impl Words for Vec<(String, String)> {
    fn words(self) -> Vec<String> {
        self.into_iter().flat_map(|(first, second)| [first, second]).collect()
    }
}

impl Words for Vec<Vec<String>> {
    fn words(self) -> Vec<String> {
        self.into_iter().flatten().collect()
    }
}

fn few<S: Strategy>(element: S) -> impl Strategy<Value = Vec<S::Value>> {
    vec(element, 1..4)
}

/// Some of the options, in their given order.
fn options(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(all.to_vec(), 0..=all.len().min(3))
}

fn set_options() -> impl Strategy<Value = Vec<Vec<String>>> {
    let word = |text: &'static str| Just(vec![text.to_owned()]);
    let timed =
        |name: &'static str, time: BoxedStrategy<String>| time.prop_map(move |time| vec![name.to_owned(), time]);
    let option = prop_oneof![
        2 => word("NX"),
        2 => word("xx"),
        2 => word("GET"),
        1 => word("KEEPTTL"),
        2 => timed("EX", ttl_s().boxed()),
        1 => timed("px", ttl_ms().boxed()),
        1 => timed("EXAT", unix_s().boxed()),
    ];
    vec(option, 0..3)
}

fn limit() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        2 => Just(Vec::new()),
        1 => (-1_i64..4, -1_i64..4).prop_map(|(offset, count)| vec!["LIMIT".into(), offset.to_string(), count.to_string()]),
    ]
}

fn strings() -> BoxedStrategy<Command> {
    prop_oneof![
        words!("GET", key()),
        words!("SET", key(), value(), set_options()),
        words!("SETNX", key(), value()),
        words!("SETEX", key(), ttl_s(), value()),
        words!("PSETEX", key(), ttl_ms(), value()),
        words!("GETSET", key(), value()),
        words!("GETDEL", key()),
        words!("GETEX", key(), options(&["PERSIST"])),
        words!("APPEND", key(), value()),
        words!("STRLEN", key()),
        words!("INCR", key()),
        words!("DECR", key()),
        words!("INCRBY", key(), increment()),
        words!("DECRBY", key(), increment()),
        words!("MGET", few(key())),
        words!("MSET", few((key(), value()))),
        words!("MSETNX", few((key(), value()))),
    ]
    .boxed()
}

fn keys() -> BoxedStrategy<Command> {
    let conditions = || options(&["NX", "xx", "GT", "lt"]);
    prop_oneof![
        words!("DEL", few(key())),
        words!("UNLINK", key()),
        words!("EXISTS", few(key())),
        words!("TYPE", key()),
        words!("EXPIRE", key(), ttl_s(), conditions()),
        words!("PEXPIRE", key(), ttl_ms(), conditions()),
        words!("EXPIREAT", key(), unix_s(), conditions()),
        words!("PEXPIREAT", key(), unix_s(), conditions()),
        words!("TTL", key()),
        words!("PERSIST", key()),
        words!("EXPIRETIME", key()),
        words!("RENAME", key(), key()),
        words!("RENAMENX", key(), key()),
        words!("DBSIZE"),
    ]
    .boxed()
}

fn hashes() -> BoxedStrategy<Command> {
    prop_oneof![
        words!("HSET", key(), few((member(), value()))),
        words!("HSETNX", key(), member(), value()),
        words!("HGET", key(), member()),
        words!("HMGET", key(), few(member())),
        words!("HGETALL", key()),
        words!("HDEL", key(), few(member())),
        words!("HEXISTS", key(), member()),
        words!("HLEN", key()),
        words!("HSTRLEN", key(), member()),
        words!("HINCRBY", key(), member(), increment()),
        words!("HKEYS", key()),
        words!("HVALS", key()),
    ]
    .boxed()
}

fn sets() -> BoxedStrategy<Command> {
    prop_oneof![
        words!("SADD", key(), few(member())),
        words!("SREM", key(), few(member())),
        words!("SISMEMBER", key(), member()),
        words!("SMISMEMBER", key(), few(member())),
        words!("SMEMBERS", key()),
        words!("SCARD", key()),
    ]
    .boxed()
}

fn sorted_sets() -> BoxedStrategy<Command> {
    let flags = || options(&["NX", "xx", "GT", "lt", "CH", "INCR"]);
    let scores = || options(&["WITHSCORES"]);
    prop_oneof![
        3 => words!("ZADD", key(), few((score(), member()))),
        2 => words!("ZADD", key(), flags(), few((score(), member()))),
        1 => words!("ZREM", key(), few(member())),
        1 => words!("ZSCORE", key(), member()),
        1 => words!("ZMSCORE", key(), few(member())),
        1 => words!("ZCARD", key()),
        1 => words!("ZCOUNT", key(), bound(), bound()),
        1 => words!("ZINCRBY", key(), score(), member()),
        1 => words!("ZRANK", key(), member()),
        1 => words!("ZREVRANK", key(), member()),
        1 => words!("ZRANGE", key(), rank(), rank(), options(&["REV", "WITHSCORES"])),
        1 => words!("ZRANGE", key(), bound(), bound(), Just(vec!["BYSCORE"]), options(&["REV", "WITHSCORES"]), limit()),
        1 => words!("ZRANGE", key(), rank(), rank(), limit()),
        1 => words!("ZREVRANGE", key(), rank(), rank(), scores()),
        1 => words!("ZRANGEBYSCORE", key(), bound(), bound(), scores(), limit()),
        1 => words!("ZREVRANGEBYSCORE", key(), bound(), bound(), scores(), limit()),
        1 => words!("ZREMRANGEBYSCORE", key(), bound(), bound()),
        1 => words!("ZREMRANGEBYRANK", key(), rank(), rank()),
    ]
    .boxed()
}

fn transactions() -> BoxedStrategy<Command> {
    prop_oneof![
        3 => words!("MULTI"),
        3 => words!("EXEC"),
        1 => words!("DISCARD"),
        1 => words!("WATCH", few(key())),
        1 => words!("UNWATCH"),
    ]
    .boxed()
}

/// Words that no command takes, or too few of them.
fn mistakes() -> BoxedStrategy<Command> {
    prop_oneof![
        words!("NOSUCH", few(value())),
        words!("GET"),
        words!("SET", key()),
        words!("HSET", key(), member()),
        words!("ZADD", key(), member()),
        words!("SET", key(), value(), value()),
        words!("ECHO", value()),
        words!("PING"),
    ]
    .boxed()
}

/// The same command, run from a script by `redis.call` or `redis.pcall`.
fn in_script(command: BoxedStrategy<Command>) -> BoxedStrategy<Command> {
    (command, any::<bool>())
        .prop_map(|(command, raising)| {
            let function = if raising { "call" } else { "pcall" };
            let script = format!("local reply = redis.{function}(unpack(ARGV)) return reply");
            let mut words = vec!["EVAL".to_owned(), script, "0".to_owned()];
            words.extend(command);
            words
        })
        .boxed()
}

/// One command of any family.
pub(crate) fn command() -> BoxedStrategy<Command> {
    prop_oneof![
        5 => data_command(),
        1 => in_script(data_command()),
        1 => transactions(),
        1 => mistakes(),
    ]
    .boxed()
}

/// One command that reads or changes keys.
pub(crate) fn data_command() -> BoxedStrategy<Command> {
    prop_oneof![3 => strings(), 2 => keys(), 2 => hashes(), 1 => sets(), 3 => sorted_sets()].boxed()
}

/// A program of up to `longest` commands.
pub(crate) fn program(longest: usize) -> impl Strategy<Value = Vec<Command>> {
    vec(command(), 1..longest)
}
