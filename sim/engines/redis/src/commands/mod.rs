//! The commands: one file per family, and how a name finds its handler. Handlers read their words, change the keyspace
//! through its own methods and answer; they know nothing of the disk, the replica or the journal.

mod arguments;
mod glob;
mod hashes;
mod keys;
mod scripting;
mod server;
mod sets;
mod sorted_ranges;
mod sorted_sets;
mod strings;
mod table;
pub(crate) mod transactions;
mod ttl;

use crate::engine::Redis;
use crate::errors::{self, CommandError, Outcome};
use crate::server::Server;
pub(crate) use server::VERSION;

/// How a command is run.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// With the keys and the connections; also from scripts and transactions.
    Plain(fn(&mut Server, &[&[u8]]) -> Outcome),
    /// With the whole engine: scripts and transactions themselves.
    Whole(fn(&mut Redis, &[&[u8]]) -> Outcome),
}

/// What the dispatcher knows of a command.
pub(crate) struct Spec {
    /// Lower case.
    pub(crate) name: &'static str,
    /// How many words the command takes, its name included; negative: at least that many.
    pub(crate) arity: i8,
    /// Whether scripts may call it.
    pub(crate) in_scripts: bool,
    pub(crate) run: Run,
}

impl Spec {
    const fn plain(name: &'static str, arity: i8, handler: fn(&mut Server, &[&[u8]]) -> Outcome) -> Self {
        Self { name, arity, in_scripts: true, run: Run::Plain(handler) }
    }

    const fn connection(name: &'static str, arity: i8, handler: fn(&mut Server, &[&[u8]]) -> Outcome) -> Self {
        Self { name, arity, in_scripts: false, run: Run::Plain(handler) }
    }

    const fn whole(name: &'static str, arity: i8, handler: fn(&mut Redis, &[&[u8]]) -> Outcome) -> Self {
        Self { name, arity, in_scripts: false, run: Run::Whole(handler) }
    }

    /// Whether the command acts at once although a transaction is open.
    pub(crate) fn runs_inside_multi(&self) -> bool {
        matches!(self.name, "multi" | "exec" | "discard" | "watch" | "quit")
    }

    /// Whether that many words fit.
    pub(crate) fn takes(&self, words: usize) -> bool {
        let arity = usize::from(self.arity.unsigned_abs());
        if self.arity < 0 { words >= arity } else { words == arity }
    }
}

/// Finds the command for these words and checks their number.
pub(crate) fn admit(args: &[&[u8]]) -> Result<&'static Spec, CommandError> {
    let name = args.first().copied().unwrap_or_default();
    match table::find(name) {
        Some(spec) if spec.takes(args.len()) => Ok(spec),
        Some(spec) => Err(errors::wrong_arity(spec.name)),
        None => match table::unsupported_name(name) {
            Some(known) => Err(errors::unsupported(&known.to_ascii_uppercase())),
            None => Err(errors::unknown_command(args)),
        },
    }
}

/// Finds the command that a script names, whatever the number of words.
pub(crate) fn find(name: &[u8]) -> Option<&'static Spec> {
    table::find(name)
}

/// Whether Redis has a command of that name which this engine lacks.
pub(crate) fn is_unsupported(name: &[u8]) -> bool {
    table::unsupported_name(name).is_some()
}
