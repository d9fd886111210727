//! Sets.

use crate::errors::Outcome;
use crate::reply::Reply;
use crate::server::Server;
use crate::value::Set;

pub(super) fn sadd(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let mut added = 0;
    for member in &args[2..] {
        added += i64::from(server.keyspace.set_insert(args[1], member)?);
    }
    Ok(Reply::Int(added))
}

pub(super) fn srem(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let mut removed = 0;
    for member in &args[2..] {
        removed += i64::from(server.keyspace.set_remove(args[1], member)?);
    }
    Ok(Reply::Int(removed))
}

pub(super) fn sismember(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let is_member = server.keyspace.read::<Set>(args[1])?.is_some_and(|set| set.contains(args[2]));
    Ok(Reply::flag(is_member))
}

pub(super) fn smismember(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let set = server.keyspace.read::<Set>(args[1])?;
    let is_member = |member: &&[u8]| Reply::flag(set.is_some_and(|set| set.contains(member)));
    Ok(Reply::Array(args[2..].iter().map(is_member).collect()))
}

pub(super) fn smembers(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let members = server.keyspace.read::<Set>(args[1])?.map(Set::listed).unwrap_or_default();
    Ok(Reply::Set(members.into_iter().map(Reply::Bulk).collect()))
}

pub(super) fn scard(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(server.keyspace.read::<Set>(args[1])?.map_or(0, Set::len)))
}
