//! Interleaved programs as text, so that the same file can be run on this engine and on a real server.
//!
//! One step per line: `session: statement => outcome`. Outcomes: `ok`; a number of affected rows; `rows` and the rows
//! separated by `|`, their values by `,`; `error` and an SQLSTATE; `blocked`. `session! => outcome` is the result of a
//! statement that had been blocked. `wait 1200ms` lets time pass. Lines before the first step of a session are its
//! schema when they begin with `setup:`. `--` begins a comment line.

use postgres_engine::{Config, PgError, Postgres, Reply, SessionId, Step};
use std::collections::BTreeMap;

/// Runs a program and panics at the first step whose outcome differs.
pub(crate) fn run(program: &str) {
    let mut world = World::new();
    for (number, line) in program.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("--") {
            continue;
        }
        world.step(line).unwrap_or_else(|problem| panic!("line {}: {line}\n  {problem}", number + 1));
    }
    assert!(world.done.is_empty(), "results nobody asked for: {:?}", world.done);
}

struct World {
    server: Postgres,
    sessions: BTreeMap<String, SessionId>,
    done: BTreeMap<SessionId, Result<Reply, PgError>>,
    now_us: i64,
}

impl World {
    fn new() -> Self {
        Self {
            server: Postgres::new(Config::default()),
            sessions: BTreeMap::new(),
            done: BTreeMap::new(),
            now_us: 1_795_000_000_000_000,
        }
    }

    fn session(&mut self, name: &str) -> SessionId {
        if let Some(id) = self.sessions.get(name) {
            return *id;
        }
        let id = self.server.connect().expect("there is room for a few sessions");
        self.sessions.insert(name.to_owned(), id);
        id
    }

    fn step(&mut self, line: &str) -> Result<(), String> {
        self.now_us += 1_000;
        if let Some(ms) = line.strip_prefix("wait ").and_then(|rest| rest.strip_suffix("ms")) {
            self.now_us += ms.parse::<i64>().map_err(|e| e.to_string())? * 1_000;
            self.server.advance(self.now_us);
            self.collect();
            return Ok(());
        }
        if let Some(sql) = line.strip_prefix("setup:") {
            let session = self.session("setup");
            return self.server.execute_script(session, sql, self.now_us).map_err(|e| e.to_string());
        }
        let (action, expected) = line.rsplit_once("=>").ok_or("a step needs an outcome")?;
        let expected = expected.trim();
        if let Some(name) = action.trim().strip_suffix('!') {
            let session = self.session(name);
            let result = self.done.remove(&session).ok_or("it is still blocked")?;
            return compare(&shown(&result, expected), expected);
        }
        let (name, sql) = action.split_once(':').ok_or("a step needs a session")?;
        let session = self.session(name);
        let step = self.server.submit(session, sql.trim(), &[], self.now_us);
        self.collect();
        match step {
            Step::Blocked => compare("blocked", expected),
            Step::Done(result) => compare(&shown(&result, expected), expected),
        }
    }

    fn collect(&mut self) {
        self.done.extend(self.server.take_completions());
    }
}

fn compare(actual: &str, expected: &str) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("expected {expected}\n  but got  {actual}")) }
}

/// A result in the words of the expectation.
fn shown(result: &Result<Reply, PgError>, expected: &str) -> String {
    match result {
        Err(error) if expected.starts_with("error") => format!("error {}", error.sqlstate),
        Err(error) => format!("error {error}"),
        Ok(reply) if expected.starts_with("rows") => {
            let rows: Vec<String> = reply
                .rows
                .iter()
                .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
                .collect();
            format!("rows {}", rows.join(" | ")).trim_end().to_owned()
        }
        Ok(reply) if expected.parse::<u64>().is_ok() => reply.affected.to_string(),
        Ok(reply) if expected.chars().all(|c| c.is_ascii_uppercase()) => reply.command.to_owned(),
        Ok(_) => "ok".to_owned(),
    }
}
