//! Scripts: compiled once per digest, kept until the cache is flushed or the server is lost, and run one at a time
//! in a sandbox that has no clock, no addresses and no global state.
//!
//! While a script runs, the server is lent to the callbacks through a cell that both sides share. Nobody else can
//! reach it in that time, so the lock on the cell is never waited for.

mod call;
mod cjson;
mod convert;
mod random;
mod sandbox;
mod sha;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mlua::{Function, Lua, Table, Value};
use rustc_hash::FxBuildHasher;

use crate::errors::{CommandError, Outcome};
use crate::reply::Reply;
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

/// The Lua machine and the scripts it knows.
pub(crate) struct ScriptHost {
    lua: Lua,
    shared: SharedCell,
    scripts: Scripts,
    /// Lua's own `run(script)`: gives whether it succeeded, and its value or its error.
    runner: Function,
    /// The globals that scripts see.
    environment: Table,
    keys: ArgumentTable,
    argv: ArgumentTable,
}

/// `KEYS` or `ARGV`: one table for all runs.
struct ArgumentTable {
    table: Table,
    length: usize,
}

impl ArgumentTable {
    /// Fills the table with the words of this run and clears what is left of the last one.
    fn fill(&mut self, words: &[&[u8]]) -> mlua::Result<()> {
        for (at, word) in words.iter().enumerate() {
            self.table.raw_seti(at + 1, mlua::BString::from(*word))?;
        }
        for at in words.len()..self.length {
            self.table.raw_seti(at + 1, Value::Nil)?;
        }
        self.length = words.len();
        Ok(())
    }
}

impl ScriptHost {
    /// A machine without scripts. One that runs longer than `instruction_limit` Lua instructions is stopped.
    pub(crate) fn new(instruction_limit: u64) -> Self {
        let most_checks = instruction_limit / u64::from(crate::Config::SCRIPT_CHECK_INTERVAL);
        let shared = Shared { server: None, random: Random::new(), checks: 0, most_checks };
        let shared = SharedCell(Arc::new(Mutex::new(shared)));
        let (lua, parts) = sandbox::build(&shared).expect("the sandbox's own Lua is correct");
        Self {
            lua,
            shared,
            scripts: Scripts::default(),
            runner: parts.runner,
            environment: parts.environment,
            keys: ArgumentTable { table: parts.keys, length: 0 },
            argv: ArgumentTable { table: parts.argv, length: 0 },
        }
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
        let was_stopped = shared.checks > shared.most_checks;
        let mut server = shared.server.take().expect("callbacks leave the server where it is");
        server.answers_resp3 = answers_resp3;
        let outcome = if was_stopped { Err(self.too_long(sha)) } else { result };
        (outcome, server)
    }

    fn call(&mut self, sha: &Sha, keys: &[&[u8]], argv: &[&[u8]]) -> Outcome {
        let machine_error = |error: mlua::Error| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            CommandError(format!("ERR Error running script {sha}: {line}").into())
        };
        self.keys.fill(keys).map_err(machine_error)?;
        self.argv.fill(argv).map_err(machine_error)?;
        let script = self.scripts.get(sha).expect("the caller has loaded the script");
        let (succeeded, value): (bool, Value) = self.runner.call(script).map_err(machine_error)?;
        if succeeded {
            Ok(convert::to_reply(&value))
        } else {
            Err(convert::raised_error(&value, sha))
        }
    }

    fn too_long(&self, sha: &Sha) -> CommandError {
        let most = self.shared.lock().most_checks * u64::from(crate::Config::SCRIPT_CHECK_INTERVAL);
        CommandError(format!("ERR script {sha} stopped by this engine after {most} instructions").into())
    }
}

/// What a stopped script or a callback outside of any script would otherwise hide.
fn no_server() -> Reply {
    Reply::Error("ERR redis.call works only while a script runs".to_owned())
}
