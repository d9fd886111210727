//! The Postgres engine held to Postgres 15: random programs of interleaved sessions.
//!
//! `generate` draws a program over the tables of `schema`; `play` runs it on both sides (`side`), which speak of results
//! as `outcome` has them; `wire` is the connection to the server.
//!
//! What is compared: each statement's tag, columns, rows and SQLSTATE with the constraint at fault; after each step, which
//! sessions wait and which woke; at the end, every table and sequence.
//!
//! When one step wakes several sessions, the server lets them run at once, and who comes first is nobody's promise. So a
//! program whose runs differ is run again, more slowly: a difference is what no run of the server shows. Reruns are
//! counted. Left out because the engine is known to be stricter: SERIALIZABLE.

mod generate;
mod outcome;
mod play;
mod program;
mod rules;
mod schema;
mod side;
mod wire;

pub use program::Program;
pub use rules::run_on_server;

use crate::{Difference, Pair, Tally, Trouble};
use side::ServerSide;

/// Where the server is. It must let the user in without a password, as a superuser (`deadlock_timeout` is theirs to set).
#[derive(Clone, Debug)]
pub struct Address {
    /// Host and port.
    pub at: String,
    /// Who connects.
    pub user: String,
    /// To which database at first. Each worker makes one of its own, `differential_` and its number.
    pub database: String,
}

/// A new engine per program, and one server.
#[derive(Debug)]
pub struct PostgresPair {
    server: ServerSide,
}

/// How much slower the timers run in each run of a program that differed before.
const SCALES: [u32; 6] = [1, 1, 1, 4, 4, 10];

impl PostgresPair {
    /// Connects and makes the tables.
    ///
    /// # Errors
    /// There is no server, or it refuses.
    pub fn open(address: &Address, worker: usize) -> Result<Self, Trouble> {
        let mut server = ServerSide::open(address, &format!("differential_{worker}"))?;
        server.prepare(schema::SCHEMA)?;
        Ok(Self { server })
    }
}

impl Pair for PostgresPair {
    type Program = Program;

    fn draw(seed: u64) -> Program {
        generate::program(seed)
    }

    fn len(program: &Program) -> usize {
        program.steps.len()
    }

    fn without(program: &Program, from: usize, to: usize) -> Program {
        let mut shorter = program.clone();
        shorter.steps.drain(from..to);
        shorter
    }

    fn compare(&mut self, program: &Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        let mut first = None;
        for scale in SCALES {
            match play::play(program, &mut self.server, scale, tally)? {
                None => return Ok(None),
                Some(difference) => {
                    first.get_or_insert(difference);
                    tally.add("runs repeated because the server may have raced");
                }
            }
        }
        Ok(first)
    }
}
