//! Hashes.

use bytes::Bytes;

use super::arguments::integer;
use crate::errors::{CommandError, HASH_NOT_AN_INTEGER, INCREMENT_OVERFLOW, Outcome, wrong_arity};
use crate::number::{format_integer, parse_integer};
use crate::reply::Reply;
use crate::server::Server;
use crate::value::Hash;

fn field(server: &mut Server, key: &[u8], field: &[u8]) -> Result<Option<Bytes>, CommandError> {
    Ok(server.keyspace.read::<Hash>(key)?.and_then(|hash| hash.get(field)).cloned())
}

/// How many of the fields are new.
fn insert_all(server: &mut Server, args: &[&[u8]], command: &str) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(wrong_arity(command));
    }
    let mut added = 0;
    for pair in args[2..].chunks_exact(2) {
        let old = server.keyspace.hash_insert(args[1], pair[0], Bytes::copy_from_slice(pair[1]))?;
        added += usize::from(old.is_none());
    }
    Ok(added)
}

pub(super) fn hset(server: &mut Server, args: &[&[u8]]) -> Outcome {
    insert_all(server, args, "hset").map(Reply::count)
}

pub(super) fn hmset(server: &mut Server, args: &[&[u8]]) -> Outcome {
    insert_all(server, args, "hmset")?;
    Ok(Reply::Ok)
}

pub(super) fn hsetnx(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if server.keyspace.read::<Hash>(args[1])?.is_some_and(|hash| hash.get(args[2]).is_some()) {
        return Ok(Reply::Int(0));
    }
    server.keyspace.hash_insert(args[1], args[2], Bytes::copy_from_slice(args[3]))?;
    Ok(Reply::Int(1))
}

pub(super) fn hget(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(field(server, args[1], args[2])?.map_or(Reply::Nil, Reply::Bulk))
}

pub(super) fn hmget(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let hash = server.keyspace.read::<Hash>(args[1])?;
    let value_of = |field: &&[u8]| hash.and_then(|hash| hash.get(field)).cloned().map_or(Reply::Nil, Reply::Bulk);
    Ok(Reply::Array(args[2..].iter().map(value_of).collect()))
}

pub(super) fn hgetall(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let pairs = server.keyspace.read::<Hash>(args[1])?.into_iter().flat_map(Hash::iter);
    let pairs = pairs.map(|(field, value)| (Reply::Bulk(field.clone()), Reply::Bulk(value.clone())));
    Ok(Reply::Map(pairs.collect()))
}

pub(super) fn hkeys(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let pairs = server.keyspace.read::<Hash>(args[1])?.into_iter().flat_map(Hash::iter);
    Ok(Reply::Array(pairs.map(|(field, _)| Reply::Bulk(field.clone())).collect()))
}

pub(super) fn hvals(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let pairs = server.keyspace.read::<Hash>(args[1])?.into_iter().flat_map(Hash::iter);
    Ok(Reply::Array(pairs.map(|(_, value)| Reply::Bulk(value.clone())).collect()))
}

pub(super) fn hdel(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let mut removed = 0;
    for field in &args[2..] {
        removed += i64::from(server.keyspace.hash_remove(args[1], field)?);
    }
    Ok(Reply::Int(removed))
}

pub(super) fn hexists(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::flag(field(server, args[1], args[2])?.is_some()))
}

pub(super) fn hlen(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(server.keyspace.read::<Hash>(args[1])?.map_or(0, Hash::len)))
}

pub(super) fn hstrlen(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(field(server, args[1], args[2])?.map_or(0, |value| value.len())))
}

pub(super) fn hincrby(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let increment = integer(args[3])?;
    let old = match field(server, args[1], args[2])? {
        None => 0,
        Some(value) => parse_integer(&value).ok_or(HASH_NOT_AN_INTEGER)?,
    };
    let new = old.checked_add(increment).ok_or(INCREMENT_OVERFLOW)?;
    server.keyspace.hash_insert(args[1], args[2], format_integer(new))?;
    Ok(Reply::Int(new))
}
