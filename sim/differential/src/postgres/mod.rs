//! The Postgres engine held to Postgres 15: random programs of interleaved sessions.
//!
//! `generate` draws a program over the tables of `schema`; `play` runs it on both sides (`side`, `server`), which speak of
//! results as `outcome` has them; `wire` is the connection to the server, `process` what stops and continues its processes.
//!
//! What is compared: each statement's tag, columns, rows and SQLSTATE with the constraint at fault; after each step, which
//! sessions wait and which woke; at the end, every table and sequence.
//!
//! When one step wakes several sessions, a server lets them run at once. Here they run one after the other on both sides
//! (see `server`), so that one run decides. The one thing left to real time are timers: a run in which one may have gone
//! off before its turn is no evidence, whatever it showed; it is repeated with longer timers, and counted. A machine too
//! busy for the longest is an error. Left out because the engine is known to be stricter: SERIALIZABLE.

mod generate;
mod outcome;
mod play;
mod process;
mod program;
mod rules;
mod schema;
mod server;
mod side;
mod wire;

pub use program::Program;
pub use rules::run_on_server;

use crate::{Difference, Pair, Steps, Tally, Trouble};
use server::ServerSide;

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

/// How many times longer the timers are in each run of a program, for a machine that was too busy before.
const SCALES: [u32; 4] = [1, 8, 60, 400];

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

    fn steps(program: &mut Program) -> &mut dyn Steps {
        &mut program.steps
    }

    fn compare(&mut self, program: &Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        for scale in SCALES {
            let difference = play::play(program, &mut self.server, scale, tally)?;
            if !self.server.raced() {
                return Ok(difference);
            }
            tally.add("runs that count for nothing, a timer having gone off too early");
        }
        let what = "this machine is too busy: timers go off before a session that waits can be stopped".to_owned();
        Err(Trouble::Unexpected { server: "Postgres", what })
    }
}
