//! Runs a rule's program on the engine.

use redis_engine::Config;

use super::steps::{Step, is_like, steps};
use super::{Session, show};

/// Runs it, and fails at the first answer that is another.
#[track_caller]
pub(crate) fn run(program: &str) {
    let mut session = Session::new(Config::default());
    for (line, step) in steps(program) {
        match step.unwrap_or_else(|| panic!("cannot be read: {line}")) {
            Step::Wait { ms } => session.pass(ms.into()),
            Step::Restart => session.crash(),
            Step::Ask { words, expected } => {
                let shown = show(&session.words(&words));
                assert!(is_like(&shown, expected), "{line}\n  but got {shown}");
            }
        }
    }
}
