//! How a rule's program is written: read in one place for the engine and for the server.
//!
//! One step per line: `WORDS => ANSWER`, where a word in double quotes may hold spaces and a `*` in the answer stands for
//! any text; `wait 20ms`; `restart`. Lines that begin with `--` are comments.

/// A step of a program.
pub(crate) enum Step<'a> {
    /// Time passes.
    Wait {
        /// How much.
        ms: u32,
    },
    /// The server ends and comes back.
    Restart,
    /// A command and what is expected to come of it.
    Ask {
        /// The command.
        words: Vec<&'a str>,
        /// The answer, as it is shown.
        expected: &'a str,
    },
}

/// The steps, each with its line. None for a line that cannot be read.
pub(crate) fn steps(program: &str) -> impl Iterator<Item = (&str, Option<Step<'_>>)> {
    program.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).map(|line| (line, read(line)))
}

fn read(line: &str) -> Option<Step<'_>> {
    if let Some(ms) = line.strip_prefix("wait ").and_then(|rest| rest.strip_suffix("ms")) {
        return ms.parse().ok().map(|ms| Step::Wait { ms });
    }
    if line == "restart" {
        return Some(Step::Restart);
    }
    line.split_once(" => ").map(|(command, expected)| Step::Ask { words: words(command), expected })
}

/// Words parted by spaces; one in double quotes may hold some.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('"').enumerate();
    let words = parts.map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
    words.flatten().collect()
}

/// Whether an answer is the expected one.
pub(crate) fn is_like(shown: &str, expected: &str) -> bool {
    match expected.split_once('*') {
        None => shown == expected,
        Some((start, "")) => shown.starts_with(start),
        Some((start, rest)) => shown
            .strip_prefix(start)
            .is_some_and(|shown| shown.char_indices().any(|(at, _)| is_like(&shown[at..], rest))),
    }
}
