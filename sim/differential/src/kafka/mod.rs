//! The Kafka engine held to a real broker: random programs of producers, readers and consumer groups.
//!
//! `generate` draws a program (`program`); `play` runs it on both sides (`engine`, `server`), which answer in the words of
//! `side`; `wire` is the protocol as the broker speaks it; `rules` are named programs with the answers both must give.
//!
//! What is compared: offsets and errors of every batch, sequences of idempotent producers among them; every record
//! read, with key and headers; bounds of partitions; who joins which generation when, and reads what from where; every
//! commit, and what is committed; how many members a group has and whether it rebalances.
//!
//! Not compared here. The engine keeps all records, so a program deletes none. Its producers are checked against
//! the ids handed out, which a broker does not remember, so programs use no others. That an idempotent producer waits for
//! all replicas and that an offset is not negative, the client checks, and the engine with it. Assignments are made by the
//! group's leading client; here the engine's are handed out by one.

mod engine;
mod generate;
mod play;
mod program;
mod rules;
mod server;
mod side;
mod wire;

pub use program::Program;
pub use rules::{RULES, Rule};

use crate::{Difference, Pair, Steps, Tally, Trouble};
use server::ServerSide;

/// A new engine per program, and topics of its own on a broker.
#[derive(Debug)]
pub struct KafkaPair {
    server: ServerSide,
}

impl KafkaPair {
    /// Connects, and makes topics whose names begin with `name`, which must be new to the broker.
    ///
    /// # Errors
    /// There is no broker, or it refuses.
    pub fn open(address: &str, name: &str) -> Result<Self, Trouble> {
        Ok(Self { server: ServerSide::open(address, name)? })
    }
}

impl Pair for KafkaPair {
    type Program = Program;

    fn draw(seed: u64) -> Program {
        generate::program(seed)
    }

    fn steps(program: &mut Program) -> &mut dyn Steps {
        &mut program.steps
    }

    fn compare(&mut self, program: &Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble> {
        let answers = play::play(program, Some(&mut self.server), tally)?;
        let last = answers.into_iter().last().filter(play::Answered::differs);
        Ok(last.map(|last| Difference {
            step: last.step,
            engine: last.engine,
            server: last.server.unwrap_or_default(),
        }))
    }
}
