//! The server without its scripts: keys, connections, disk and replica, and the clockwork that drives them. Running
//! Lua is left to `lua`, which borrows the server for each `redis.call`.

use std::collections::BTreeMap;

use crate::client::{Client, ClientId};
use crate::config::Config;
use crate::keyspace::Keyspace;
use crate::persistence::{Disk, Journal};
use crate::replication::Replica;

/// Everything that a plain command can touch.
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) keyspace: Keyspace,
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) disk: Disk,
    pub(crate) replica: Option<Replica>,
    pub(crate) identity: Identity,
    /// Whose command is running.
    pub(crate) caller: ClientId,
    /// Whether the running command's answer is in RESP 3. Scripts always see RESP 2.
    pub(crate) answers_resp3: bool,
    /// The last reading that `TIME` gave, microseconds, and the time of the command it was given to.
    last_reading: (i64, i64),
    next_client: u64,
}

/// Who this server is: fixed at its start, another one after a restart or a failover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Forty hexadecimal digits, new at every start.
    pub(crate) run_id: String,
    /// Forty hexadecimal digits that name the replication stream.
    pub(crate) replication_id: String,
    /// When the server started.
    pub(crate) started_ms: i64,
}

impl Identity {
    /// The identity of the `boot`-th server started from `seed`.
    pub(crate) fn new(seed: u64, boot: u64, started_ms: i64) -> Self {
        let digest = |purpose: &str| {
            let mut hash = sha1_smol::Sha1::new();
            hash.update(purpose.as_bytes());
            hash.update(&seed.to_be_bytes());
            hash.update(&boot.to_be_bytes());
            hash.digest().to_string()
        };
        Self { run_id: digest("run id"), replication_id: digest("replication id"), started_ms }
    }
}

impl Server {
    pub(crate) fn new(config: Config, identity: Identity) -> Self {
        let disk = Disk::new(config.persistence);
        let replica = config.replica.map(Replica::new);
        let journal = Journal::new(disk.needs_journal());
        let journal = if replica.is_some() { journal.with_replica() } else { journal };
        Self {
            config,
            keyspace: Keyspace::new(journal),
            clients: BTreeMap::new(),
            disk,
            replica,
            identity,
            caller: ClientId(0),
            answers_resp3: false,
            last_reading: (0, i64::MIN),
            next_client: 1,
        }
    }

    /// Opens a connection.
    pub(crate) fn connect(&mut self) -> ClientId {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        self.clients.insert(client, Client::default());
        client
    }

    /// Closes a connection; its transaction and its watches go with it.
    pub(crate) fn disconnect(&mut self, client: ClientId) {
        if let Some(state) = self.clients.remove(&client) {
            self.keyspace.watches.remove(client, &state.watched);
        }
    }

    /// The state of the connection whose command is running.
    pub(crate) fn caller_mut(&mut self) -> &mut Client {
        self.clients.get_mut(&self.caller).expect("a command is run only for an open connection")
    }

    /// Does what was due by `now_ms`: flushes or saves, lets the replica catch up, collects expired keys.
    pub(crate) fn advance(&mut self, now_ms: i64) {
        self.keyspace.now_ms = now_ms;
        self.disk.catch_up(&mut self.keyspace);
        if let Some(replica) = &self.replica {
            replica.catch_up(&mut self.keyspace);
        }
        self.keyspace.collect_expired();
    }

    /// When [`Server::advance`] next has something to do.
    pub(crate) fn next_deadline(&self) -> Option<i64> {
        let flush = self.disk.next_deadline(&self.keyspace);
        let replication = self.replica.as_ref().and_then(|replica| replica.next_deadline(&self.keyspace));
        let expiry = self.keyspace.next_collection_ms();
        [flush, replication, expiry].into_iter().flatten().min()
    }

    /// The node dies and starts again as someone else.
    pub(crate) fn restart(&mut self, identity: Identity) {
        self.keyspace.now_ms = identity.started_ms;
        self.disk.crash(&mut self.keyspace);
        // The replica follows the server that came back, whatever that has lost.
        self.keyspace.journal.mark_all_replicated();
        self.clients.clear();
        self.identity = identity;
    }

    /// The replica takes over. Without one the node starts again as it would after a crash.
    pub(crate) fn fail_over(&mut self, identity: Identity) {
        let Some(replica) = &self.replica else {
            return self.restart(identity);
        };
        self.keyspace.now_ms = identity.started_ms;
        replica.promote(&mut self.keyspace);
        self.clients.clear();
        self.identity = identity;
    }

    /// A reading of the clock that moves even within one script (rule 23): a microsecond per reading, for as many as a script
    /// asks for.
    pub(crate) fn time_us(&mut self) -> i64 {
        let now_ms = self.keyspace.now_ms;
        let (last_us, at_ms) = self.last_reading;
        let reading_us = if at_ms == now_ms { last_us + 1 } else { now_ms * 1_000 };
        self.last_reading = (reading_us, now_ms);
        reading_us
    }
}
