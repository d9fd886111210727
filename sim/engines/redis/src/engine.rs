//! The engine's face: connections, one command at a time, the passing of time, and the two ways to lose data.

use crate::client::ClientId;
use crate::commands::{self, Run, Spec};
use crate::config::Config;
use crate::errors::{EMPTY_COMMAND, NO_SUCH_CLIENT};
use crate::lua::ScriptHost;
use crate::reply::Reply;
use crate::server::{Identity, Server};

/// Commands with at most this many arguments are run without an allocation for their list.
const INLINE_ARGS: usize = 16;

/// A Redis server and its clients' connections.
///
/// All times are Unix milliseconds and come from whoever drives the engine. They may jump; deadlines of keys are judged by the
/// time of the call at hand.
pub struct Redis {
    /// Absent only while a script runs: the script host holds it then.
    server: Option<Box<Server>>,
    scripts: ScriptHost,
    seed: u64,
    boots: u64,
}

impl Redis {
    /// An empty server. Its identity (`run_id`) comes from `run_id_seed` and the number of starts, so that it
    /// repeats from run to run and changes with every restart or failover.
    pub fn new(config: Config, run_id_seed: u64) -> Self {
        let identity = Identity::new(run_id_seed, 0, 0);
        Self {
            server: Some(Box::new(Server::new(config, identity))),
            scripts: ScriptHost::new(config.script_instruction_limit),
            seed: run_id_seed,
            boots: 0,
        }
    }

    /// Opens a connection.
    pub fn connect(&mut self) -> ClientId {
        self.server_mut().connect()
    }

    /// Closes a connection; its transaction and its watches go with it. A connection that is not open is ignored.
    pub fn disconnect(&mut self, client: ClientId) {
        self.server_mut().disconnect(client);
    }

    /// Runs one command, given as its words. The answer has the shape of the connection's protocol version (RESP 2 until
    /// `HELLO 3`). A connection that a crash or a failover has closed gets an error.
    pub fn execute<A: AsRef<[u8]>>(&mut self, client: ClientId, args: &[A], now_ms: i64) -> Reply {
        if args.len() <= INLINE_ARGS {
            let mut words: [&[u8]; INLINE_ARGS] = [&[]; INLINE_ARGS];
            for (word, arg) in words.iter_mut().zip(args) {
                *word = arg.as_ref();
            }
            self.execute_words(client, &words[..args.len()], now_ms)
        } else {
            let words: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
            self.execute_words(client, &words, now_ms)
        }
    }

    /// Does what was due by `now_ms`: flushes or snapshots, replication, collection of expired keys. Running a command does so
    /// too; calling this at [`Redis::next_deadline`] keeps it from being late.
    pub fn advance(&mut self, now_ms: i64) {
        self.server_mut().advance(now_ms);
    }

    /// When [`Redis::advance`] next has something to do, if no command comes before. May lie in the past.
    pub fn next_deadline(&self) -> Option<i64> {
        self.server().next_deadline()
    }

    /// The node loses power and starts again: what the disk had is there, the rest is gone, and so are all connections and
    /// loaded scripts. The `run_id` is a new one.
    pub fn crash_and_restart(&mut self, now_ms: i64) {
        let identity = self.next_identity(now_ms);
        self.scripts.restart();
        self.server_mut().restart(identity);
    }

    /// The server is lost and its replica takes over: the writes of the last `lag_ms` are gone, and so are all connections
    /// and loaded scripts. `run_id` and `master_replid` are new ones. A new replica with the same lag follows. Without a
    /// replica this is [`Redis::crash_and_restart`].
    pub fn fail_over(&mut self, now_ms: i64) {
        let identity = self.next_identity(now_ms);
        self.scripts.restart();
        self.server_mut().fail_over(identity);
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("the server is away only while a script runs")
    }

    pub(crate) fn server_mut(&mut self) -> &mut Server {
        self.server.as_mut().expect("the server is away only while a script runs")
    }

    pub(crate) fn scripts(&self) -> &ScriptHost {
        &self.scripts
    }

    pub(crate) fn scripts_mut(&mut self) -> &mut ScriptHost {
        &mut self.scripts
    }

    /// Lends the server to the script host for the length of one script.
    pub(crate) fn with_scripts<T>(&mut self, run: impl FnOnce(&mut ScriptHost, Box<Server>) -> (T, Box<Server>)) -> T {
        let server = self.server.take().expect("scripts do not run within scripts");
        let (result, server) = run(&mut self.scripts, server);
        self.server = Some(server);
        result
    }

    fn next_identity(&mut self, now_ms: i64) -> Identity {
        self.boots += 1;
        Identity::new(self.seed, self.boots, now_ms)
    }

    fn execute_words(&mut self, client: ClientId, args: &[&[u8]], now_ms: i64) -> Reply {
        let server = self.server_mut();
        server.advance(now_ms);
        let Some(state) = server.clients.get(&client) else {
            return NO_SUCH_CLIENT.into();
        };
        let speaks_resp3 = state.speaks_resp3;
        let is_queueing = state.transaction.is_some();
        server.caller = client;
        server.answers_resp3 = speaks_resp3;
        let reply = match commands::admit(args) {
            _ if args.is_empty() => EMPTY_COMMAND.into(),
            Err(error) => {
                commands::transactions::break_open_transaction(self.server_mut());
                error.into()
            }
            Ok(spec) if is_queueing && !spec.runs_inside_multi() => {
                commands::transactions::enqueue(self.server_mut(), args)
            }
            Ok(spec) => self.run(spec, args),
        };
        // HELLO may just have changed the version; its own answer has the new one.
        if self.server().answers_resp3 { reply } else { reply.into_resp2() }
    }

    /// Runs a command that has been admitted.
    pub(crate) fn run(&mut self, spec: &Spec, args: &[&[u8]]) -> Reply {
        let outcome = match spec.run {
            Run::Plain(handler) => handler(self.server_mut(), args),
            Run::Whole(handler) => handler(self, args),
        };
        outcome.unwrap_or_else(Reply::from)
    }
}
