//! A connection to an engine with a clock, so that tests read like a session at a prompt.

#![allow(dead_code, reason = "each test file uses the part it needs")]

pub(crate) mod program;
pub(crate) mod programs;
pub(crate) mod steps;

use redis_engine::{ClientId, Config, Redis, Reply};

/// The time at which every session starts, Unix milliseconds.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// An engine, a connection to it, and the time.
pub(crate) struct Session {
    pub(crate) redis: Redis,
    pub(crate) client: ClientId,
    pub(crate) now_ms: i64,
}

impl Session {
    pub(crate) fn new(config: Config) -> Self {
        let mut redis = Redis::new(config, 7);
        redis.advance(START_MS);
        let client = redis.connect();
        Self { redis, client, now_ms: START_MS }
    }

    /// Runs a command whose words are separated by spaces.
    pub(crate) fn run(&mut self, line: &str) -> Reply {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.redis.execute(self.client, &words, self.now_ms)
    }

    /// Runs a command given as words.
    pub(crate) fn words(&mut self, words: &[&str]) -> Reply {
        self.redis.execute(self.client, words, self.now_ms)
    }

    /// Runs a script with keys and arguments separated by spaces.
    pub(crate) fn eval(&mut self, script: &str, keys: &str, args: &str) -> Reply {
        let keys: Vec<&str> = keys.split_whitespace().collect();
        let count = keys.len().to_string();
        let mut words = vec!["EVAL", script, &count];
        words.extend(keys);
        words.extend(args.split_whitespace());
        self.words(&words)
    }

    /// Lets time pass, stopping wherever the engine has something to do.
    pub(crate) fn pass(&mut self, ms: i64) {
        let end = self.now_ms + ms;
        while let Some(at) = self.redis.next_deadline().filter(|at| *at <= end) {
            self.now_ms = self.now_ms.max(at);
            self.redis.advance(self.now_ms);
            assert_ne!(self.redis.next_deadline(), Some(at), "a deadline that advance() does not meet");
        }
        self.now_ms = end;
        self.redis.advance(end);
    }

    pub(crate) fn crash(&mut self) {
        self.redis.crash_and_restart(self.now_ms);
        self.client = self.redis.connect();
    }

    pub(crate) fn fail_over(&mut self) {
        self.redis.fail_over(self.now_ms);
        self.client = self.redis.connect();
    }
}

/// An answer in one line: `OK`, `(nil)`, `7`, `"text"`, `[…]`, `(error) …`.
pub(crate) fn show(reply: &Reply) -> String {
    let list = |replies: &[Reply]| replies.iter().map(show).collect::<Vec<_>>().join(" ");
    match reply {
        Reply::Nil => "(nil)".to_owned(),
        Reply::NilArray => "(nil array)".to_owned(),
        Reply::Ok => "OK".to_owned(),
        Reply::Status(text) => text.to_string(),
        Reply::Int(number) => number.to_string(),
        Reply::Bulk(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Reply::Array(replies) => format!("[{}]", list(replies)),
        Reply::Error(text) => format!("(error) {text}"),
        Reply::Double(number) => format!("(double) {number}"),
        Reply::Map(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{}: {}", show(k), show(v))).collect();
            format!("{{{}}}", pairs.join(" "))
        }
        Reply::Set(replies) => format!("({})", list(replies)),
    }
}

/// Runs each line and compares the answer with what is written behind it.
#[track_caller]
pub(crate) fn check(session: &mut Session, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        assert_eq!(&show(&session.run(line)), expected, "{line}");
    }
}
