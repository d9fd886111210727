//! The rules of the engine's own tests, run on the server: the same files, read by the same reader, step by step, the same
//! expectations.

use std::time::Duration;

use super::wire::Connection;
use crate::Trouble;
use steps::{Step, is_like, steps};

#[path = "../../../engines/redis/tests/support/steps.rs"]
mod steps;

/// Runs a program on an empty server, which `restart` restarts; the first step whose answer is another, if there is one.
///
/// # Errors
/// The server cannot be reached, or the program is not understood.
pub fn run_on_server(address: &str, program: &str, mut restart: impl FnMut()) -> Result<Option<String>, Trouble> {
    let mut connection = Connection::open(address)?;
    for (line, step) in steps(program) {
        let unreadable = || Trouble::Unexpected { server: "the rules' file", what: format!("cannot be read: {line}") };
        match step.ok_or_else(unreadable)? {
            Step::Wait { ms } => std::thread::sleep(Duration::from_millis(ms.into())),
            Step::Restart => {
                restart();
                connection = Connection::open(address)?;
            }
            Step::Ask { words, expected } => {
                let shown = connection.run(&words)?.to_string();
                if !is_like(&shown, expected) {
                    return Ok(Some(format!("{line}\n  but got {shown}")));
                }
            }
        }
    }
    Ok(None)
}
