//! Scripts: compiled once per digest, kept until the cache is flushed or the server is lost, and run one at a time
//! in a sandbox that has no clock, no addresses and no global state.
//!
//! While a script runs, the server is lent to the callbacks through a cell that both sides share. Nobody else can
//! reach it in that time, so the lock on the cell is never waited for.

mod call;
mod cjson;
mod convert;
mod library;
mod raise;
mod random;
mod sandbox;
mod scalar;
mod sha;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::{BString, Either, Function, Lua, MultiValue, Table, Value};
use rustc_hash::FxBuildHasher;

use crate::errors::{CommandError, Outcome};
use crate::server::Server;

use random::Random;
pub(crate) use sha::Sha;

#[expect(clippy::disallowed_types, reason = "looked up by digest only, never iterated")]
type Scripts = std::collections::HashMap<Sha, Function, FxBuildHasher>;

/// What the callbacks share with the host.
struct Shared {
    /// Here while a script runs.
    server: Option<Box<Server>>,
    random: Random,
    /// Looks at the instruction count since the script began.
    checks: u64,
    /// How many such looks a script may take.
    most_checks: u64,
}

/// The cell behind the callbacks.
#[derive(Clone)]
struct SharedCell(Arc<Mutex<Shared>>);

impl SharedCell {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runner gives the error that the script raised. Any other kind than these two comes with the script's value.
const RAISED: u8 = 0;
/// The runner gives the elements of the plain array that the script returned.
const ELEMENTS: u8 = 2;

/// The Lua machine and the scripts it knows.
pub(crate) struct ScriptHost {
    lua: Lua,
    shared: SharedCell,
    scripts: Scripts,
    /// The sandbox's `run(script, keys, argv)`: gives one of the kinds below, and what goes with it.
    runner: Function,
    /// The globals that scripts see.
    environment: Table,
}

/// `KEYS` or `ARGV`. Each run has tables of its own, so that nothing written into them is left behind.
fn sequence(lua: &Lua, words: &[&[u8]]) -> mlua::Result<Table> {
    // Text takes a shorter way into Lua than bytes do.
    lua.create_sequence_from(words.iter().map(|word| match std::str::from_utf8(word) {
        Ok(text) => Either::Left(text),
        Err(_) => Either::Right(BString::from(*word)),
    }))
}

impl ScriptHost {
    /// A machine without scripts. One that runs longer than `instruction_limit` Lua instructions is stopped.
    pub(crate) fn new(instruction_limit: u64) -> Self {
        let most_checks = instruction_limit / u64::from(crate::Config::SCRIPT_CHECK_INTERVAL);
        let shared = Shared { server: None, random: Random::new(), checks: 0, most_checks };
        let shared = SharedCell(Arc::new(Mutex::new(shared)));
        let (lua, parts) = sandbox::build(&shared).expect("the sandbox's own Lua is correct");
        Self { lua, shared, scripts: Scripts::default(), runner: parts.runner, environment: parts.environment }
    }

    /// Forgets all scripts.
    pub(crate) fn forget(&mut self) {
        self.scripts.clear();
    }

    /// The machine of a server that has just started: no scripts (rule 24), `math.random` from its beginning.
    pub(crate) fn restart(&mut self) {
        self.forget();
        self.shared.lock().random = Random::new();
    }

    pub(crate) fn has(&self, sha: &Sha) -> bool {
        self.scripts.contains_key(sha)
    }

    /// Compiles a script unless it is known already.
    pub(crate) fn load(&mut self, source: &[u8]) -> Result<Sha, CommandError> {
        let sha = Sha::of(source);
        if !self.has(&sha) {
            let script = sandbox::compile(&self.lua, source, &self.environment)?;
            self.scripts.insert(sha, script);
        }
        Ok(sha)
    }

    /// Runs a script that [`ScriptHost::has`] has been asked for, and gives the server back.
    pub(crate) fn run(
        &mut self,
        sha: &Sha,
        keys: &[&[u8]],
        argv: &[&[u8]],
        mut server: Box<Server>,
    ) -> (Outcome, Box<Server>) {
        let answers_resp3 = std::mem::replace(&mut server.answers_resp3, false);
        {
            let mut shared = self.shared.lock();
            shared.server = Some(server);
            shared.checks = 0;
        }
        let result = self.call(sha, keys, argv);
        let mut shared = self.shared.lock();
        let most_checks = shared.most_checks;
        let was_stopped = shared.checks > most_checks;
        let mut server = shared.server.take().expect("callbacks leave the server where it is");
        server.answers_resp3 = answers_resp3;
        let outcome = if was_stopped { Err(too_long(sha, most_checks)) } else { result };
        (outcome, server)
    }

    fn call(&mut self, sha: &Sha, keys: &[&[u8]], argv: &[&[u8]]) -> Outcome {
        let machine_error = |error: mlua::Error| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            CommandError(format!("ERR Error running script {sha}: {line}").into())
        };
        let keys = sequence(&self.lua, keys).map_err(machine_error)?;
        let argv = sequence(&self.lua, argv).map_err(machine_error)?;
        let script = self.scripts.get(sha).expect("the caller has loaded the script");
        let (kind, values): (u8, MultiValue) = self.runner.call((script, keys, argv)).map_err(machine_error)?;
        let first = values.front().unwrap_or(&Value::Nil);
        match kind {
            RAISED => Err(convert::raised_error(first, sha)),
            ELEMENTS => Ok(convert::to_array(&values)),
            _ => Ok(convert::to_reply(first)),
        }
    }
}

fn too_long(sha: &Sha, most_checks: u64) -> CommandError {
    let most = most_checks * u64::from(crate::Config::SCRIPT_CHECK_INTERVAL);
    CommandError(format!("ERR script {sha} stopped by this engine after {most} instructions").into())
}
