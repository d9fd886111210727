//! Strings: `SET` with its options, counters, and reading and writing several at once.

use bytes::Bytes;

use super::arguments::{integer, is};
use super::ttl::{TimeUnit, deadline_from};
use crate::errors::{
    CommandError, DECREMENT_OVERFLOW, INCREMENT_OVERFLOW, NOT_AN_INTEGER, Outcome, STRING_TOO_LONG, SYNTAX, wrong_arity,
};
use crate::keyspace::Deadline;
use crate::number::{format_integer, parse_integer};
use crate::reply::Reply;
use crate::server::Server;

/// Redis's `proto-max-bulk-len`.
const LONGEST_STRING: usize = 512 * 1024 * 1024;

/// The options that `SET` and `GETEX` share.
#[derive(Default)]
struct Options<'a> {
    only_if_absent: bool,
    only_if_present: bool,
    wants_old: bool,
    keep_ttl: bool,
    persist: bool,
    expire: Option<(&'a [u8], TimeUnit)>,
}

impl<'a> Options<'a> {
    fn parse(words: &[&'a [u8]], for_set: bool) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if for_set && is(word, "NX") && !options.only_if_present {
                options.only_if_absent = true;
            } else if for_set && is(word, "XX") && !options.only_if_absent {
                options.only_if_present = true;
            } else if for_set && is(word, "GET") {
                options.wants_old = true;
            } else if for_set && is(word, "KEEPTTL") && options.expire.is_none() {
                options.keep_ttl = true;
            } else if !for_set && is(word, "PERSIST") && options.expire.is_none() {
                options.persist = true;
            } else if let Some(unit) = TimeUnit::from_option(word)
                && options.takes_time_in(unit)
            {
                options.expire = Some((rest.next().ok_or(SYNTAX)?, unit));
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(options)
    }

    /// Redis lets the same unit be given twice, the last amount counts; other rules about time exclude each other.
    fn takes_time_in(&self, unit: TimeUnit) -> bool {
        !self.keep_ttl && !self.persist && self.expire.is_none_or(|(_, given)| given == unit)
    }

    /// The deadline that the options name, if they name one.
    fn deadline(&self, now_ms: i64, command: &str) -> Result<Option<i64>, CommandError> {
        let Some((word, unit)) = self.expire else {
            return Ok(None);
        };
        deadline_from(integer(word)?, unit, now_ms, command).map(Some)
    }
}

/// The string under a key as an answer.
fn read(server: &mut Server, key: &[u8]) -> Outcome {
    Ok(server.keyspace.read::<Bytes>(key)?.map_or(Reply::Nil, |value| Reply::Bulk(value.clone())))
}

pub(super) fn get(server: &mut Server, args: &[&[u8]]) -> Outcome {
    read(server, args[1])
}

pub(super) fn set(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let options = Options::parse(&args[3..], true)?;
    let expire_at = options.deadline(server.keyspace.now_ms, "set")?;
    let key = args[1];
    let old = if options.wants_old { Some(read(server, key)?) } else { None };
    if options.only_if_absent || options.only_if_present {
        let exists = server.keyspace.exists(key);
        if exists == options.only_if_absent {
            return Ok(old.unwrap_or(Reply::Nil));
        }
    }
    let deadline = match expire_at {
        Some(at) => Deadline::At(at),
        None if options.keep_ttl => Deadline::Keep,
        None => Deadline::Clear,
    };
    server.keyspace.put_string(key, Bytes::copy_from_slice(args[2]), deadline);
    Ok(old.unwrap_or(Reply::Ok))
}

pub(super) fn setnx(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if server.keyspace.exists(args[1]) {
        return Ok(Reply::Int(0));
    }
    server.keyspace.put_string(args[1], Bytes::copy_from_slice(args[2]), Deadline::Clear);
    Ok(Reply::Int(1))
}

pub(super) fn setex(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_for(server, args, TimeUnit::Seconds, "setex")
}

pub(super) fn psetex(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_for(server, args, TimeUnit::Milliseconds, "psetex")
}

fn set_for(server: &mut Server, args: &[&[u8]], unit: TimeUnit, command: &str) -> Outcome {
    let at = deadline_from(integer(args[2])?, unit, server.keyspace.now_ms, command)?;
    server.keyspace.put_string(args[1], Bytes::copy_from_slice(args[3]), Deadline::At(at));
    Ok(Reply::Ok)
}

pub(super) fn getset(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let old = read(server, args[1])?;
    server.keyspace.put_string(args[1], Bytes::copy_from_slice(args[2]), Deadline::Clear);
    Ok(old)
}

pub(super) fn getdel(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let old = read(server, args[1])?;
    server.keyspace.delete(args[1]);
    Ok(old)
}

pub(super) fn getex(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let options = Options::parse(&args[2..], false)?;
    let key = args[1];
    let value = read(server, key)?;
    if value == Reply::Nil {
        return Ok(value);
    }
    let now_ms = server.keyspace.now_ms;
    if let Some(at) = options.deadline(now_ms, "getex")? {
        if at <= now_ms {
            server.keyspace.delete(key);
        } else {
            server.keyspace.set_deadline(key, Some(at));
        }
    } else if options.persist && server.keyspace.entry(key).is_some_and(|entry| entry.expire_at.is_some()) {
        server.keyspace.set_deadline(key, None);
    }
    Ok(value)
}

pub(super) fn append(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let old = server.keyspace.read::<Bytes>(args[1])?.cloned().unwrap_or_default();
    if old.len() + args[2].len() > LONGEST_STRING {
        return Err(STRING_TOO_LONG);
    }
    let mut joined = Vec::with_capacity(old.len() + args[2].len());
    joined.extend_from_slice(&old);
    joined.extend_from_slice(args[2]);
    let length = Reply::count(joined.len());
    server.keyspace.put_string(args[1], Bytes::from(joined), Deadline::Keep);
    Ok(length)
}

pub(super) fn strlen(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(server.keyspace.read::<Bytes>(args[1])?.map_or(0, Bytes::len)))
}

pub(super) fn incr(server: &mut Server, args: &[&[u8]]) -> Outcome {
    add(server, args[1], 1)
}

pub(super) fn decr(server: &mut Server, args: &[&[u8]]) -> Outcome {
    add(server, args[1], -1)
}

pub(super) fn incrby(server: &mut Server, args: &[&[u8]]) -> Outcome {
    add(server, args[1], integer(args[2])?)
}

pub(super) fn decrby(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let decrement = integer(args[2])?;
    add(server, args[1], decrement.checked_neg().ok_or(DECREMENT_OVERFLOW)?)
}

/// Adds to a counter; its deadline stays (rule 23), and an overflow changes nothing (rule 24).
fn add(server: &mut Server, key: &[u8], increment: i64) -> Outcome {
    let old = match server.keyspace.read::<Bytes>(key)? {
        None => 0,
        Some(value) => parse_integer(value).ok_or(NOT_AN_INTEGER)?,
    };
    let new = old.checked_add(increment).ok_or(INCREMENT_OVERFLOW)?;
    server.keyspace.put_string(key, format_integer(new), Deadline::Keep);
    Ok(Reply::Int(new))
}

pub(super) fn mget(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let values = args[1..].iter().map(|key| read(server, key).unwrap_or(Reply::Nil));
    Ok(Reply::Array(values.collect()))
}

pub(super) fn mset(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_all(server, &args[1..], "mset")?;
    Ok(Reply::Ok)
}

pub(super) fn msetnx(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if args.len().is_multiple_of(2) {
        return Err(wrong_arity("msetnx"));
    }
    if args[1..].chunks_exact(2).any(|pair| server.keyspace.exists(pair[0])) {
        return Ok(Reply::Int(0));
    }
    set_all(server, &args[1..], "msetnx")?;
    Ok(Reply::Int(1))
}

fn set_all(server: &mut Server, pairs: &[&[u8]], command: &str) -> Result<(), CommandError> {
    if !pairs.len().is_multiple_of(2) {
        return Err(wrong_arity(command));
    }
    for pair in pairs.chunks_exact(2) {
        server.keyspace.put_string(pair[0], Bytes::copy_from_slice(pair[1]), Deadline::Clear);
    }
    Ok(())
}
