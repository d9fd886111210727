//! One Redis connection: commands with a time limit, scripts by their hash.
//!
//! A connection that failed once is not used again. Whether the command took effect is then unknown, and a new connection
//! may lead to a server that has lost data: both are the caller's to settle.

use std::sync::Arc;
use std::time::Duration;

use ports::redis_port::{Connection, RedisConnector};
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Value};

use crate::bugs::{Bugs, KnownBug};
use crate::texts::{TextId, Texts};
use crate::time_limit::within;

/// The connection is gone, or did not answer in time; the command may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

/// A script and the hash by which a server that knows it is asked to run it.
#[derive(Clone)]
pub(crate) struct Script {
    text: Arc<str>,
    sha1: Arc<str>,
}

impl Script {
    /// The script in this file.
    pub(crate) fn new(texts: &Texts, id: TextId) -> Self {
        let text = texts.get(id);
        Self { text: text.into(), sha1: redis::Script::new(text).get_hash().into() }
    }
}

/// The scripts of the gate.
pub(crate) struct Scripts {
    pub(crate) reserve: Script,
    pub(crate) release: Script,
    pub(crate) confirm: Script,
    pub(crate) restock: Script,
    pub(crate) renew: Script,
    pub(crate) survey: Script,
    pub(crate) rebuild_begin: Script,
    pub(crate) rebuild_sku: Script,
    pub(crate) rebuild_finish: Script,
}

impl Scripts {
    /// The scripts as this process uses them.
    pub(crate) fn new(texts: &Texts, bugs: Bugs) -> Self {
        let release = if bugs.has(KnownBug::HoldReleasedTwice) {
            TextId::LUA_BUG_RELEASE_REGARDLESS
        } else {
            TextId::LUA_RELEASE
        };
        Self {
            reserve: Script::new(texts, TextId::LUA_RESERVE),
            release: Script::new(texts, release),
            confirm: Script::new(texts, TextId::LUA_CONFIRM),
            restock: Script::new(texts, TextId::LUA_RESTOCK),
            renew: Script::new(texts, TextId::LUA_RENEW),
            survey: Script::new(texts, TextId::LUA_SURVEY),
            rebuild_begin: Script::new(texts, TextId::LUA_REBUILD_BEGIN),
            rebuild_sku: Script::new(texts, TextId::LUA_REBUILD_SKU),
            rebuild_finish: Script::new(texts, TextId::LUA_REBUILD_FINISH),
        }
    }
}

/// A connection and how long its commands may take.
#[derive(Clone)]
pub(crate) struct Link {
    connection: Connection,
    command_timeout: Duration,
}

impl Link {
    /// Connects, within the time of one command.
    pub(crate) async fn open(connector: &dyn RedisConnector, command_timeout: Duration) -> Result<Self, Lost> {
        match within(command_timeout, connector.connect()).await {
            Ok(Ok(connection)) => Ok(Self { connection, command_timeout }),
            Ok(Err(_)) | Err(_) => Err(Lost),
        }
    }

    /// Runs one command.
    pub(crate) async fn call(&self, command: &Cmd) -> Result<Value, Lost> {
        self.try_call(command).await.map_err(|_| Lost)
    }

    /// Runs a script; `arguments` adds the number of keys, the keys and the arguments. A server that does not know the
    /// script (it restarted, or nobody asked before) is sent its text.
    pub(crate) async fn run(&self, script: &Script, arguments: impl Fn(&mut Cmd)) -> Result<Value, Lost> {
        let mut by_hash = Cmd::new();
        by_hash.arg("EVALSHA").arg(&*script.sha1);
        arguments(&mut by_hash);
        match self.try_call(&by_hash).await {
            Ok(value) => return Ok(value),
            Err(Some(error)) if is_unknown_script(&error) => {}
            Err(_) => return Err(Lost),
        }
        let mut load = Cmd::new();
        load.arg("SCRIPT").arg("LOAD").arg(&*script.text);
        self.call(&load).await?;
        self.call(&by_hash).await
    }

    /// The id of the server process at the other end: another one after every restart.
    pub(crate) async fn run_id(&self) -> Result<String, Lost> {
        let mut info = Cmd::new();
        info.arg("INFO").arg("server");
        let answer = self.call(&info).await?;
        let text: String = redis::from_redis_value(answer).map_err(|_| Lost)?;
        parse_run_id(&text).map(Into::into).ok_or(Lost)
    }

    /// `Err(None)` when the time ran out.
    async fn try_call(&self, command: &Cmd) -> Result<Value, Option<redis::RedisError>> {
        let mut connection = self.connection.clone();
        match within(self.command_timeout, connection.req_packed_command(command)).await {
            Ok(Ok(value)) => value.extract_error().map_err(Some),
            Ok(Err(error)) => Err(Some(error)),
            Err(_) => Err(None),
        }
    }
}

fn is_unknown_script(error: &redis::RedisError) -> bool {
    error.kind() == ErrorKind::Server(redis::ServerErrorKind::NoScript)
}

fn parse_run_id(info: &str) -> Option<&str> {
    info.lines().find_map(|line| line.strip_prefix("run_id:")).map(str::trim)
}

/// The word a script answers with, alone or first in its list.
pub(crate) fn word(value: &Value) -> &[u8] {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the scripts answer with words; anything else matches none")]
    match value {
        Value::BulkString(bytes) => bytes,
        Value::SimpleString(text) => text.as_bytes(),
        Value::Array(items) => items.first().map_or(b"", |first| word(first)),
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_id_is_found_among_the_servers_facts() {
        let info = "# Server\r\nredis_version:7.0.15\r\nrun_id:0a1b\r\ntcp_port:6379\r\n";
        assert_eq!(parse_run_id(info), Some("0a1b"));
        assert_eq!(parse_run_id("# Server\r\n"), None);
    }

    #[test]
    fn a_word_is_read_alone_and_at_the_head_of_a_list() {
        let released = Value::BulkString(b"released".to_vec());
        assert_eq!(word(&released), b"released");
        assert_eq!(word(&Value::Array(vec![released, Value::Int(1)])), b"released");
        assert_eq!(word(&Value::Nil), b"");
    }
}
