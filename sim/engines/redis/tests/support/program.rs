//! Runs a rule's program on the engine.
//!
//! One step per line: `WORDS => ANSWER`, where a word in double quotes may hold spaces and a `*` in the answer stands for
//! any text; `wait 20ms`; `restart`. Lines that begin with `--` are comments.

use redis_engine::Config;

use super::{Session, show};

/// Runs it, and fails at the first answer that is another.
#[track_caller]
pub(crate) fn run(program: &str) {
    let mut session = Session::new(Config::default());
    for line in program.lines().filter(|line| !line.is_empty() && !line.starts_with("--")) {
        if let Some(ms) = line.strip_prefix("wait ").and_then(|rest| rest.strip_suffix("ms")) {
            session.pass(ms.parse().expect("a number of milliseconds"));
        } else if line == "restart" {
            session.crash();
        } else {
            let (command, expected) = line.split_once(" => ").expect("a step has an expectation");
            let shown = show(&session.words(&words(command)));
            assert!(is_like(&shown, expected), "{line}\n  but got {shown}");
        }
    }
}

fn words(command: &str) -> Vec<&str> {
    let parts = command.split('"').enumerate();
    let words = parts.map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
    words.flatten().collect()
}

fn is_like(shown: &str, expected: &str) -> bool {
    match expected.split_once('*') {
        None => shown == expected,
        Some((start, "")) => shown.starts_with(start),
        Some((start, rest)) => shown
            .strip_prefix(start)
            .is_some_and(|shown| shown.char_indices().any(|(at, _)| is_like(&shown[at..], rest))),
    }
}
