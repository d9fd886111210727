//! The Redis engine held to Redis 7: random programs of commands on two connections.
//!
//! `generate` draws a program (`program`), `wire` is the connection to the server, `answer` what both sides say. `rules` runs
//! the named rules of the engine's own tests on the server.
//!
//! What is compared: every answer, types and error texts included, and at the end every key with its type, its value and
//! its time to live. The platform's own scripts run with drawn arguments.
//!
//! Time. The engine's clock is set to the server's TIME when a program begins and after each pause, and stands still in
//! between; the server's moves on. So programs are drawn such that no command depends on what passes meanwhile:
//! times to live of a program lie seconds apart, or are [`SHORT_MS`], which a pause outlasts and which is never compared
//! with another (`generate::words`). Times to live and points in time that a command answers with are compared within
//! two seconds. Should the server's clock have moved by more than [`STRETCH_MS`] between two pauses, where the machine
//! was busy, a difference says nothing and the program is run again.
//!
//! The order of SMEMBERS, KEYS and HGETALL is nobody's promise.

mod answer;
mod generate;
mod program;
mod rules;
mod wire;

use std::time::Duration;

use redis_engine::{ClientId, Config, Redis};

pub use program::Program;
pub use rules::run_on_server;

use crate::{Difference, Pair, Steps, Tally, Trouble};
use answer::{Answer, Exactness};
use program::{Action, Step};
use wire::Connection;

/// Connections a program may use.
const CONNECTIONS: usize = 2;
/// How long a pause is.
const PAUSE_MS: i64 = 160;
/// A time to live that is over after a pause, and not before.
const SHORT_MS: i64 = 80;
/// How much time may pass between two pauses in a program with short deadlines, for them to be surely ahead.
const STRETCH_MS: i64 = 50;
/// The same for a program whose deadlines are all far.
const LONG_STRETCH_MS: i64 = 1_000;
/// A machine that is never fast enough in so many runs is of no use.
const RUNS: usize = 100;

/// A new engine per program, and one server, which must be this comparison's own: it is emptied again and again.
#[derive(Debug)]
pub struct RedisPair {
    connections: Vec<Connection>,
    /// For what is asked of the server beside the program.
    beside: Connection,
}

impl RedisPair {
    /// Connects.
    ///
    /// # Errors
    /// There is no server.
    pub fn open(address: &str) -> Result<Self, Trouble> {
        let connections: Result<Vec<Connection>, Trouble> =
            (0..CONNECTIONS).map(|_| Connection::open(address)).collect();
        Ok(Self { connections: connections?, beside: Connection::open(address)? })
    }
}

/// The engine during one program.
struct Engine {
    redis: Redis,
    clients: Vec<ClientId>,
    now_ms: i64,
}

impl Engine {
    fn run(&mut self, connection: usize, words: &[String]) -> Answer {
        Answer::of_engine(&self.redis.execute(self.clients[connection], words, self.now_ms))
    }

    /// Sets the clock to the server's; how far it was behind.
    fn set_clock(&mut self, server_ms: i64) -> i64 {
        let behind_ms = server_ms - self.now_ms;
        self.now_ms = server_ms;
        self.redis.advance(server_ms);
        behind_ms
    }
}

/// What came of one run of a program.
struct Run {
    difference: Option<Difference>,
    /// The longest the engine's clock stood still while the server's moved.
    stretch_ms: i64,
}

impl RedisPair {
    fn play(&mut self, program: &Program, tally: &mut Tally) -> Result<Run, Trouble> {
        for connection in &mut self.connections {
            connection.run(&["DISCARD"])?;
            connection.run(&["UNWATCH"])?;
        }
        self.beside.run(&["FLUSHALL"])?;
        self.beside.run(&["SCRIPT", "FLUSH", "SYNC"])?;
        let now_ms = self.server_time_ms()?;
        let mut redis = Redis::new(Config::default(), 7);
        redis.advance(now_ms);
        let clients = (0..CONNECTIONS).map(|_| redis.connect()).collect();
        let mut engine = Engine { redis, clients, now_ms };
        let mut run = Run { difference: None, stretch_ms: 0 };
        // What can be compared of what each connection has queued, and whether it is queueing.
        let mut exactness = [Exactness::FULL; CONNECTIONS];
        let mut queues = [false; CONNECTIONS];
        for step in &program.steps {
            let at = step.connection;
            let of_step = step.action.exactness();
            exactness[at].ordered &= of_step.ordered;
            exactness[at].to_the_digit &= of_step.to_the_digit;
            match &step.action {
                Action::Pause => {
                    tally.add("pauses");
                    run.stretch_ms = run.stretch_ms.max(self.server_time_ms()? - engine.now_ms);
                    std::thread::sleep(Duration::from_millis(u64::try_from(PAUSE_MS).unwrap_or_default()));
                    engine.set_clock(self.server_time_ms()?);
                }
                Action::Command(_) | Action::ByDigest { .. } => {
                    run.difference = self.step(&mut engine, step, exactness[at], tally)?;
                }
            }
            if run.difference.is_some() {
                break;
            }
            if let Action::Command(words) = &step.action {
                queues[at] = (queues[at] || words[0] == "MULTI") && !matches!(words[0].as_str(), "EXEC" | "DISCARD");
            }
            if !queues[at] {
                exactness[at] = Exactness::FULL;
            }
        }
        if run.difference.is_none() {
            run.difference = self.finish(&mut engine, tally)?;
        }
        run.stretch_ms = run.stretch_ms.max(engine.set_clock(self.server_time_ms()?));
        Ok(run)
    }

    fn step(
        &mut self,
        engine: &mut Engine,
        step: &Step,
        exactness: Exactness,
        tally: &mut Tally,
    ) -> Result<Option<Difference>, Trouble> {
        let words = match &step.action {
            Action::Pause => return Ok(None),
            Action::Command(words) => words.clone(),
            Action::ByDigest { script, words } => {
                let mut command = vec!["EVALSHA".to_owned(), sha1_smol::Sha1::from(script).digest().to_string()];
                command.extend(words.iter().cloned());
                command
            }
        };
        tally.add(format!("command {}", words[0].to_ascii_uppercase()));
        let ours = engine.run(step.connection, &words);
        let theirs = self.connections[step.connection].run(&words)?;
        if let Some(error) = theirs.error() {
            tally.add(format!("error {error}"));
        }
        let both_soon = words[0] == "PTTL" && ours.is_soon() && theirs.is_soon();
        if both_soon || ours.agrees(&theirs, exactness) {
            return Ok(None);
        }
        Ok(Some(Difference { step: step.to_string(), engine: ours.to_string(), server: theirs.to_string() }))
    }

    /// Every key with its type, value and time to live.
    fn finish(&mut self, engine: &mut Engine, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        let mut command = |pair: &mut Self, words: &[&str]| {
            let action = Action::Command(words.iter().map(ToString::to_string).collect());
            let exactness = action.exactness();
            pair.step(engine, &Step { connection: 0, action }, exactness, tally)
        };
        for words in [&["DISCARD"][..], &["KEYS", "*"]] {
            if let Some(difference) = command(self, words)? {
                return Ok(Some(difference));
            }
        }
        let Answer::Array(keys) = self.connections[0].run(&["KEYS", "*"])? else { return Ok(None) };
        for key in keys {
            let Answer::Bulk(key) = key else { continue };
            let key = String::from_utf8_lossy(&key).into_owned();
            let Answer::Status(kind) = self.connections[0].run(&["TYPE", &key])? else { continue };
            let read: &[&str] = match kind.as_str() {
                "hash" => &["HGETALL", &key],
                "set" => &["SMEMBERS", &key],
                "zset" => &["ZRANGE", &key, "0", "-1", "WITHSCORES"],
                _ => &["GET", &key],
            };
            for words in [&["TYPE", &key][..], read, &["PTTL", &key]] {
                if let Some(difference) = command(self, words)? {
                    return Ok(Some(difference));
                }
            }
        }
        Ok(None)
    }

    fn server_time_ms(&mut self) -> Result<i64, Trouble> {
        let answer = self.beside.run(&["TIME"])?;
        let number = |at: usize| answer.part(at).and_then(|text| text.parse::<i64>().ok());
        match (number(0), number(1)) {
            (Some(seconds), Some(micros)) => Ok(seconds * 1_000 + micros / 1_000),
            _ => Err(Trouble::Unexpected { server: "Redis", what: answer.to_string() }),
        }
    }
}

impl Pair for RedisPair {
    type Program = Program;

    fn draw(seed: u64) -> Program {
        generate::program(seed)
    }

    fn steps(program: &mut Program) -> &mut dyn Steps {
        &mut program.steps
    }

    fn compare(&mut self, program: &Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        let bound_ms = if program.has_short_deadlines() { STRETCH_MS } else { LONG_STRETCH_MS };
        for _ in 0..RUNS {
            let run = self.play(program, tally)?;
            if run.difference.is_none() || run.stretch_ms <= bound_ms {
                return Ok(run.difference);
            }
            tally.add("runs repeated because the machine was slow");
        }
        let what = format!("in {RUNS} runs of a program, none was faster than {bound_ms} ms");
        Err(Trouble::Unexpected { server: "Redis", what })
    }
}
