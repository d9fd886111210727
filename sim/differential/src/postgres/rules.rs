//! The rules of the engine's own tests, run on the server: the same files, step by step, the same expectations.
//!
//! One step per line: `session: statement => outcome`; `session! => outcome` for a statement that had been blocked;
//! `wait 1200ms`; `setup:` for statements outside all sessions. Outcomes as in the engine's `tests/program`.

use std::time::Duration;

use super::Address;
use super::outcome::Outcome;
use super::server::{NEVER, ServerSide, Timeouts};
use super::side::{Ended, SESSIONS};
use crate::Trouble;

/// The deadlock timeout that the rules are written for, a server's default.
const DEADLOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// How many times longer all times of a rule are in each run of it, for a machine that was too busy before.
const SCALES: [u32; 3] = [1, 4, 16];

/// Runs a program in a database of this name, made anew; the first step whose outcome is another, if there is one.
///
/// # Errors
/// The server cannot be reached, the machine is too busy, or the program is not understood.
pub fn run_on_server(address: &Address, database: &str, program: &str) -> Result<Option<String>, Trouble> {
    for scale in SCALES {
        let mut server = ServerSide::open(address, database)?;
        let problem = run(&mut server, &stretched(program, scale), DEADLOCK_TIMEOUT * scale)?;
        if !server.raced() {
            return Ok(problem);
        }
    }
    let what = "this machine is too busy: timers go off before a session that waits can be stopped".to_owned();
    Err(Trouble::Unexpected { server: "Postgres", what })
}

fn run(server: &mut ServerSide, program: &str, deadlock: Duration) -> Result<Option<String>, Trouble> {
    let timeouts = program.split('\'').filter_map(milliseconds).min().map_or(NEVER, Duration::from_millis);
    server.reset(Timeouts { lock: NEVER, deadlock, others: timeouts })?;
    let mut ended = Ended::new();
    for (number, line) in program.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("--") {
            continue;
        }
        if let Some(problem) = step(server, &mut ended, line)? {
            return Ok(Some(format!("line {}: {line}\n  {problem}", number + 1)));
        }
    }
    if let Some((session, outcome)) = ended.first_key_value() {
        return Ok(Some(format!("a result nobody asked for, of session {session}: {outcome}")));
    }
    Ok(None)
}

/// `200` of `200ms`.
fn milliseconds(word: &str) -> Option<u64> {
    word.strip_suffix("ms")?.parse().ok()
}

/// The program with every time in it so many times as long: those it waits, and the timeouts it sets.
fn stretched(program: &str, scale: u32) -> String {
    let stretch = |word: &str| match milliseconds(word) {
        Some(ms) => format!("{}ms", ms * u64::from(scale)),
        None => word.to_owned(),
    };
    let quoted = |word: &str| word.split('\'').map(stretch).collect::<Vec<_>>().join("'");
    let line = |line: &str| line.split(' ').map(quoted).collect::<Vec<_>>().join(" ");
    program.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn step(server: &mut ServerSide, ended: &mut Ended, line: &str) -> Result<Option<String>, Trouble> {
    let unreadable = || Trouble::Unexpected { server: "the rules' file", what: format!("cannot be read: {line}") };
    if let Some(ms) = line.strip_prefix("wait ") {
        server.pass_by(Duration::from_millis(milliseconds(ms).ok_or_else(unreadable)?), ended)?;
        return Ok(None);
    }
    if let Some(sql) = line.strip_prefix("setup:") {
        server.prepare(sql)?;
        return Ok(None);
    }
    let (action, expected) = line.rsplit_once("=>").ok_or_else(unreadable)?;
    let expected = expected.trim();
    if let Some(name) = action.trim().strip_suffix('!') {
        let session = session(name).ok_or_else(unreadable)?;
        return Ok(match ended.remove(&session) {
            None => Some("it is still blocked".to_owned()),
            Some(outcome) => compare(&shown(&outcome, expected), expected),
        });
    }
    let (name, sql) = action.split_once(':').ok_or_else(unreadable)?;
    let session = session(name).ok_or_else(unreadable)?;
    server.submit(session, sql.trim(), &[], 0, ended)?;
    Ok(match ended.remove(&session) {
        None => compare("blocked", expected),
        Some(outcome) => compare(&shown(&outcome, expected), expected),
    })
}

/// `a` is the first session.
fn session(name: &str) -> Option<usize> {
    let [letter] = name.trim().as_bytes() else { return None };
    letter.checked_sub(b'a').map(usize::from).filter(|session| *session < SESSIONS)
}

fn compare(actual: &str, expected: &str) -> Option<String> {
    (actual != expected).then(|| format!("expected {expected}\n  but got  {actual}"))
}

/// A result in the words of the expectation.
fn shown(outcome: &Outcome, expected: &str) -> String {
    match outcome {
        Outcome::Error { sqlstate, message, .. } => {
            if expected.starts_with("error") {
                format!("error {sqlstate}")
            } else {
                format!("error {sqlstate}: {message}")
            }
        }
        Outcome::Done { rows, .. } if expected.starts_with("rows") => {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
            let rows: Vec<String> =
                rows.iter().map(|row| row.iter().map(value).collect::<Vec<_>>().join(",")).collect();
            format!("rows {}", rows.join(" | ")).trim_end().to_owned()
        }
        Outcome::Done { tag, .. } if expected.parse::<u64>().is_ok() => {
            tag.rsplit(' ').next().unwrap_or_default().to_owned()
        }
        Outcome::Done { tag, .. } if expected.chars().all(|letter| letter.is_ascii_uppercase()) => tag.clone(),
        Outcome::Done { .. } => "ok".to_owned(),
    }
}
