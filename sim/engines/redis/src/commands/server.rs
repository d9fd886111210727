//! Commands about the connection and the server itself: `PING`, `TIME`, `INFO`, `HELLO`, `CLIENT`, `CONFIG`, `WAIT`.

use std::fmt::Write as _;

use bytes::Bytes;

use super::arguments::{integer, is};
use super::glob;
use crate::config::Persistence;
use crate::errors::{
    CommandError, NO_PROTO, NOT_AN_INTEGER, OUT_OF_RANGE_DB, Outcome, TIMEOUT_NEGATIVE, unsupported_option, wrong_arity,
};
use crate::number::format_integer;
use crate::reply::Reply;
use crate::server::Server;

/// The version whose behaviour is implemented.
pub(crate) const VERSION: &str = "7.0.15";

pub(super) fn ping(_server: &mut Server, args: &[&[u8]]) -> Outcome {
    match args {
        [_] => Ok(Reply::status("PONG")),
        [_, message] => Ok(Reply::bulk(message)),
        _ => Err(wrong_arity("ping")),
    }
}

pub(super) fn echo(_server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::bulk(args[1]))
}

/// Closing the connection after the answer is left to whoever owns the socket.
pub(super) fn quit(_server: &mut Server, _args: &[&[u8]]) -> Outcome {
    Ok(Reply::Ok)
}

/// Seconds and microseconds; it moves even while expiry stands still (rule 23).
pub(super) fn time(server: &mut Server, _args: &[&[u8]]) -> Outcome {
    let now_us = server.time_us();
    let (seconds, rest) = (now_us.div_euclid(1_000_000), now_us.rem_euclid(1_000_000));
    Ok(Reply::Array(vec![Reply::Bulk(format_integer(seconds)), Reply::Bulk(format_integer(rest))]))
}

/// There is one database.
pub(super) fn select(_server: &mut Server, args: &[&[u8]]) -> Outcome {
    match integer(args[1]) {
        Ok(0) => Ok(Reply::Ok),
        Ok(1..=15) => Err(unsupported_option("SELECT", args[1])),
        Ok(_) => Err(OUT_OF_RANGE_DB),
        Err(_) => Err(NOT_AN_INTEGER),
    }
}

pub(super) fn hello(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let mut speaks_resp3 = server.answers_resp3;
    let mut name = None;
    if let [_, version, options @ ..] = args {
        let version = integer(version)
            .map_err(|_| CommandError("ERR Protocol version is not an integer or out of range".into()))?;
        speaks_resp3 = match version {
            2 => false,
            3 => true,
            _ => return Err(NO_PROTO),
        };
        match options {
            [] => {}
            [option, value] if is(option, "SETNAME") => name = Some(checked_name(value)?),
            [option, ..] if is(option, "AUTH") => return Err(unsupported_option("HELLO", option)),
            [option, ..] => {
                let shown = String::from_utf8_lossy(option);
                return Err(CommandError(format!("ERR Syntax error in HELLO option '{shown}'").into()));
            }
        }
    }
    server.answers_resp3 = speaks_resp3;
    let id = server.caller.0;
    let caller = server.caller_mut();
    caller.speaks_resp3 = speaks_resp3;
    if let Some(name) = name {
        caller.name = name;
    }
    let word = |text: &'static str| Reply::Bulk(Bytes::from_static(text.as_bytes()));
    Ok(Reply::Map(vec![
        (word("server"), word("redis")),
        (word("version"), word(VERSION)),
        (word("proto"), Reply::Int(if speaks_resp3 { 3 } else { 2 })),
        (word("id"), Reply::Int(i64::try_from(id).unwrap_or(i64::MAX))),
        (word("mode"), word("standalone")),
        (word("role"), word("master")),
        (word("modules"), Reply::Array(Vec::new())),
    ]))
}

/// A connection's name has no spaces and no control characters.
fn checked_name(name: &[u8]) -> Result<Bytes, CommandError> {
    if name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        Ok(Bytes::copy_from_slice(name))
    } else {
        Err(CommandError("ERR Client names cannot contain spaces, newlines or special characters.".into()))
    }
}

pub(super) fn client(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let (subcommand, rest) = (args[1], &args[2..]);
    if is(subcommand, "ID") && rest.is_empty() {
        Ok(Reply::Int(i64::try_from(server.caller.0).unwrap_or(i64::MAX)))
    } else if is(subcommand, "SETNAME") {
        let [name] = rest else {
            return Err(wrong_arity("client|setname"));
        };
        server.caller_mut().name = checked_name(name)?;
        Ok(Reply::Ok)
    } else if is(subcommand, "GETNAME") && rest.is_empty() {
        let name = server.caller_mut().name.clone();
        Ok(if name.is_empty() { Reply::Nil } else { Reply::Bulk(name) })
    } else if is(subcommand, "SETINFO") {
        // Newer than 7.0; client libraries send it on connecting and the server only notes it down.
        let [attribute, _] = rest else {
            return Err(wrong_arity("client|setinfo"));
        };
        if is(attribute, "LIB-NAME") || is(attribute, "LIB-VER") {
            return Ok(Reply::Ok);
        }
        let shown = String::from_utf8_lossy(attribute);
        Err(CommandError(format!("ERR Unrecognized option '{shown}'").into()))
    } else {
        Err(unsupported_option("CLIENT", subcommand))
    }
}

/// The settings that `CONFIG GET` knows, as this engine's configuration implies them.
fn settings(server: &Server) -> Vec<(&'static str, String)> {
    let is_append_only = matches!(server.config.persistence, Persistence::AofEverysec | Persistence::AofAlways);
    let flush = if server.config.persistence == Persistence::AofAlways { "always" } else { "everysec" };
    let save = match server.config.persistence {
        Persistence::Rdb { save_every_ms, after_changes } => format!("{} {after_changes}", save_every_ms / 1_000),
        Persistence::None | Persistence::AofEverysec | Persistence::AofAlways => String::new(),
    };
    vec![
        ("appendfsync", flush.to_owned()),
        ("appendonly", if is_append_only { "yes" } else { "no" }.to_owned()),
        ("databases", "1".to_owned()),
        ("hz", "10".to_owned()),
        ("maxmemory", "0".to_owned()),
        ("maxmemory-policy", "noeviction".to_owned()),
        ("save", save),
    ]
}

pub(super) fn config(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if !is(args[1], "GET") {
        return Err(unsupported_option("CONFIG", args[1]));
    }
    let patterns = &args[2..];
    if patterns.is_empty() {
        return Err(wrong_arity("config|get"));
    }
    let known = settings(server);
    for pattern in patterns {
        if !known.iter().any(|(name, _)| glob::matches(pattern, name.as_bytes())) {
            return Err(unsupported_option("CONFIG GET", pattern));
        }
    }
    let wanted =
        known.into_iter().filter(|(name, _)| patterns.iter().any(|pattern| glob::matches(pattern, name.as_bytes())));
    Ok(Reply::Map(wanted.map(|(name, value)| (Reply::bulk(name), Reply::bulk(value))).collect()))
}

/// How many replicas have all writes made so far. The engine cannot wait: it answers at once, as Redis does when the time is up.
pub(super) fn wait(server: &mut Server, args: &[&[u8]]) -> Outcome {
    integer(args[1])?;
    let timeout_ms =
        integer(args[2]).map_err(|_| CommandError("ERR timeout is not an integer or out of range".into()))?;
    if timeout_ms < 0 {
        return Err(TIMEOUT_NEGATIVE);
    }
    let has_all = server.replica.is_some() && server.keyspace.journal.oldest_unreplicated_ms().is_none();
    Ok(Reply::flag(has_all))
}

/// Writes one section's lines.
type WriteSection = fn(&Server, &mut String);

/// The sections of `INFO` that this engine fills.
const SECTIONS: [(&str, WriteSection); 5] = [
    ("server", server_section),
    ("clients", clients_section),
    ("persistence", persistence_section),
    ("replication", replication_section),
    ("keyspace", keyspace_section),
];

pub(super) fn info(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let wanted = &args[1..];
    let is_all =
        wanted.is_empty() || wanted.iter().any(|word| is(word, "ALL") || is(word, "DEFAULT") || is(word, "EVERYTHING"));
    for word in wanted {
        let is_known = SECTIONS.iter().any(|(name, _)| is(word, name));
        if !is_known && !is_all {
            return Err(unsupported_option("INFO", word));
        }
    }
    let mut text = String::new();
    for (name, write_section) in SECTIONS {
        if is_all || wanted.iter().any(|word| is(word, name)) {
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            write_section(server, &mut text);
        }
    }
    Ok(Reply::Bulk(Bytes::from(text)))
}

/// Writes the lines of a section; a `String` takes every line.
macro_rules! lines {
    ($text:expr, $($format:literal $(, $value:expr)*;)*) => {
        $(write!($text, concat!($format, "\r\n") $(, $value)*).expect("a string takes what is written to it");)*
    };
}

fn server_section(server: &Server, text: &mut String) {
    let now_ms = server.keyspace.now_ms;
    let up_s = (now_ms - server.identity.started_ms).max(0) / 1_000;
    lines! { text,
        "# Server";
        "redis_version:{}", VERSION;
        "redis_mode:standalone";
        "run_id:{}", server.identity.run_id;
        "server_time_usec:{}", now_ms * 1_000;
        "uptime_in_seconds:{}", up_s;
        "uptime_in_days:{}", up_s / 86_400;
        "hz:10";
    }
}

fn clients_section(server: &Server, text: &mut String) {
    lines! { text,
        "# Clients";
        "connected_clients:{}", server.clients.len();
        "blocked_clients:0";
    }
}

fn persistence_section(server: &Server, text: &mut String) {
    let is_append_only = matches!(server.config.persistence, Persistence::AofEverysec | Persistence::AofAlways);
    lines! { text,
        "# Persistence";
        "loading:0";
        "rdb_changes_since_last_save:{}", server.keyspace.changes;
        "rdb_bgsave_in_progress:0";
        "rdb_last_bgsave_status:ok";
        "aof_enabled:{}", u8::from(is_append_only);
        "aof_rewrite_in_progress:0";
        "aof_last_write_status:ok";
    }
}

fn replication_section(server: &Server, text: &mut String) {
    lines! { text,
        "# Replication";
        "role:master";
        "connected_slaves:{}", u8::from(server.replica.is_some());
        "master_replid:{}", server.identity.replication_id;
    }
}

fn keyspace_section(server: &Server, text: &mut String) {
    let keys = server.keyspace.contents.len();
    lines! { text, "# Keyspace"; }
    if keys > 0 {
        let expires = server.keyspace.contents.iter_from(0).filter(|(_, _, entry)| entry.expire_at.is_some()).count();
        lines! { text, "db0:keys={},expires={},avg_ttl=0", keys, expires; }
    }
}
