//! The rules of the engine's own tests, run on the server: the same files, step by step, the same expectations. How they
//! are written is said in the engine's `tests/support/program.rs`.

use std::time::Duration;

use super::wire::Connection;
use crate::Trouble;

/// Runs a program on an empty server, which `restart` restarts; the first step whose answer is another, if there is one.
///
/// # Errors
/// The server cannot be reached, or the program is not understood.
pub fn run_on_server(address: &str, program: &str, mut restart: impl FnMut()) -> Result<Option<String>, Trouble> {
    let mut connection = Connection::open(address)?;
    for line in program.lines().filter(|line| !line.is_empty() && !line.starts_with("--")) {
        let unreadable = || Trouble::Unexpected { server: "the rules' file", what: format!("cannot be read: {line}") };
        if let Some(ms) = line.strip_prefix("wait ").and_then(|rest| rest.strip_suffix("ms")) {
            std::thread::sleep(Duration::from_millis(ms.parse().map_err(|_| unreadable())?));
        } else if line == "restart" {
            restart();
            connection = Connection::open(address)?;
        } else {
            let (command, expected) = line.split_once(" => ").ok_or_else(unreadable)?;
            let shown = connection.run(&words(command))?.to_string();
            if !is_like(&shown, expected) {
                return Ok(Some(format!("{line}\n  but got {shown}")));
            }
        }
    }
    Ok(None)
}

/// Words parted by spaces; one in double quotes may hold some.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('"').enumerate();
    let words = parts.map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
    words.flatten().collect()
}

/// `*` stands for any text.
fn is_like(shown: &str, expected: &str) -> bool {
    match expected.split_once('*') {
        None => shown == expected,
        Some((start, "")) => shown.starts_with(start),
        Some((start, rest)) => shown
            .strip_prefix(start)
            .is_some_and(|shown| shown.char_indices().any(|(at, _)| is_like(&shown[at..], rest))),
    }
}
