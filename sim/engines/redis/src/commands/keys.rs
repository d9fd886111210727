//! Keys whatever they hold: deleting, renaming, listing.

use bytes::Bytes;

use super::arguments::{integer, is};
use super::glob;
use crate::errors::{CommandError, INVALID_CURSOR, NO_SUCH_KEY, Outcome, SYNTAX};
use crate::number::format_integer;
use crate::reply::Reply;
use crate::server::Server;

pub(super) fn del(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(args[1..].iter().filter(|key| server.keyspace.delete(key)).count()))
}

pub(super) fn exists(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(args[1..].iter().filter(|key| server.keyspace.exists(key)).count()))
}

/// `TYPE`.
pub(super) fn kind(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::status(server.keyspace.entry(args[1]).map_or("none", |entry| entry.value.type_name())))
}

pub(super) fn rename(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if !server.keyspace.exists(args[1]) {
        return Err(NO_SUCH_KEY);
    }
    server.keyspace.rename(args[1], args[2]);
    Ok(Reply::Ok)
}

pub(super) fn renamenx(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if !server.keyspace.exists(args[1]) {
        return Err(NO_SUCH_KEY);
    }
    if server.keyspace.exists(args[2]) {
        return Ok(Reply::Int(0));
    }
    server.keyspace.rename(args[1], args[2]);
    Ok(Reply::Int(1))
}

/// As in Redis, keys past their deadline count until they are collected.
pub(super) fn dbsize(server: &mut Server, _args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(server.keyspace.contents.len()))
}

pub(super) fn flushall(server: &mut Server, args: &[&[u8]]) -> Outcome {
    check_flush_mode(&args[1..])?;
    server.keyspace.flush();
    Ok(Reply::Ok)
}

pub(super) fn flushdb(server: &mut Server, args: &[&[u8]]) -> Outcome {
    flushall(server, args)
}

fn check_flush_mode(words: &[&[u8]]) -> Result<(), CommandError> {
    match words {
        [] => Ok(()),
        [mode] if is(mode, "ASYNC") || is(mode, "SYNC") => Ok(()),
        _ => Err(SYNTAX),
    }
}

/// Keys in order of arrival; Redis leaves their order open.
pub(super) fn keys(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let keyspace = &server.keyspace;
    let matching = keyspace
        .contents
        .iter_from(0)
        .filter(|(_, key, entry)| glob::matches(args[1], key) && !keyspace.is_past(entry.expire_at))
        .map(|(_, key, _)| Reply::Bulk(key.clone()));
    Ok(Reply::Array(matching.collect()))
}

/// What `SCAN` was asked for.
struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    kind: Option<&'a [u8]>,
    count: usize,
}

impl<'a> ScanOptions<'a> {
    fn parse(words: &[&'a [u8]]) -> Result<Self, CommandError> {
        let mut options = Self { pattern: None, kind: None, count: 10 };
        for pair in words.chunks(2) {
            let [name, value] = pair else {
                return Err(SYNTAX);
            };
            if is(name, "MATCH") {
                options.pattern = Some(value);
            } else if is(name, "TYPE") {
                options.kind = Some(value);
            } else if is(name, "COUNT") {
                options.count = usize::try_from(integer(value)?).ok().filter(|count| *count > 0).ok_or(SYNTAX)?;
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(options)
    }
}

/// The cursor is a slot's number. A key keeps its slot for life, so that a full scan meets every key that was there from
/// beginning to end, as Redis promises.
pub(super) fn scan(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let cursor = std::str::from_utf8(args[1]).ok().and_then(|text| text.parse::<u64>().ok()).ok_or(INVALID_CURSOR)?;
    let options = ScanOptions::parse(&args[2..])?;
    let keyspace = &server.keyspace;
    let from = usize::try_from(cursor).unwrap_or(usize::MAX);
    let until = from.saturating_add(options.count);
    let found: Vec<Reply> = keyspace
        .contents
        .iter_from(from)
        .take_while(|(slot, _, _)| *slot < until)
        .filter(|(_, _, entry)| !keyspace.is_past(entry.expire_at))
        .filter(|(_, key, _)| options.pattern.is_none_or(|pattern| glob::matches(pattern, key)))
        .filter(|(_, _, entry)| options.kind.is_none_or(|kind| is(kind, entry.value.type_name())))
        .map(|(_, key, _)| Reply::Bulk(key.clone()))
        .collect();
    let next = if until >= keyspace.contents.slot_count() { 0 } else { until };
    let next: Bytes = format_integer(i64::try_from(next).expect("slot numbers fit in 32 bits"));
    Ok(Reply::Array(vec![Reply::Bulk(next), Reply::Array(found)]))
}
