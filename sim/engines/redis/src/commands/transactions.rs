//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`: queueing, and running the queue as one unit. A command that fails inside
//! `EXEC` undoes nothing (rule 21).

use bytes::Bytes;

use crate::client::Transaction;
use crate::engine::Redis;
use crate::errors::{DISCARD_WITHOUT_MULTI, EXEC_ABORT, EXEC_WITHOUT_MULTI, NESTED_MULTI, Outcome, WATCH_INSIDE_MULTI};
use crate::reply::Reply;
use crate::server::Server;

/// Puts a command into the caller's open transaction.
pub(crate) fn enqueue(server: &mut Server, args: &[&[u8]]) -> Reply {
    let words = args.iter().map(|word| Bytes::copy_from_slice(word)).collect();
    let transaction = server.caller_mut().transaction.as_mut().expect("only an open transaction queues");
    transaction.queue.push(words);
    Reply::status("QUEUED")
}

/// A command was refused: if a transaction is open, `EXEC` must not run it.
pub(crate) fn break_open_transaction(server: &mut Server) {
    if let Some(transaction) = &mut server.caller_mut().transaction {
        transaction.is_broken = true;
    }
}

pub(super) fn multi(server: &mut Server, _args: &[&[u8]]) -> Outcome {
    let caller = server.caller_mut();
    if caller.transaction.is_some() {
        return Err(NESTED_MULTI);
    }
    caller.transaction = Some(Transaction::default());
    Ok(Reply::Ok)
}

pub(super) fn discard(server: &mut Server, _args: &[&[u8]]) -> Outcome {
    if server.caller_mut().transaction.take().is_none() {
        return Err(DISCARD_WITHOUT_MULTI);
    }
    end_watches(server);
    Ok(Reply::Ok)
}

pub(super) fn watch(server: &mut Server, args: &[&[u8]]) -> Outcome {
    if server.caller_mut().transaction.is_some() {
        return Err(WATCH_INSIDE_MULTI);
    }
    let client = server.caller;
    for key in &args[1..] {
        let keyspace = &mut server.keyspace;
        let was_past = keyspace.peek(key).is_none() && keyspace.contents.find(key).is_some();
        if keyspace.watches.add(client, key, was_past) {
            server.caller_mut().watched.push(Bytes::copy_from_slice(key));
        }
    }
    Ok(Reply::Ok)
}

pub(super) fn unwatch(server: &mut Server, _args: &[&[u8]]) -> Outcome {
    end_watches(server);
    Ok(Reply::Ok)
}

fn end_watches(server: &mut Server) {
    let watched = std::mem::take(&mut server.caller_mut().watched);
    server.keyspace.watches.remove(server.caller, &watched);
}

/// Whether a watched key has changed, or has passed its deadline since the watch began.
fn is_stopped_by_watch(server: &mut Server) -> bool {
    let client = server.caller;
    let watched = server.caller_mut().watched.clone();
    let keyspace = &server.keyspace;
    let has_expired = |key: &Bytes| {
        let is_past = keyspace.contents.find(key).is_some() && keyspace.peek(key).is_none();
        is_past && !keyspace.watches.was_past(client, key)
    };
    keyspace.watches.is_told(client) || watched.iter().any(has_expired)
}

pub(super) fn exec(redis: &mut Redis, _args: &[&[u8]]) -> Outcome {
    let server = redis.server_mut();
    let Some(transaction) = server.caller_mut().transaction.take() else {
        return Err(EXEC_WITHOUT_MULTI);
    };
    let is_stopped = is_stopped_by_watch(server);
    end_watches(server);
    if transaction.is_broken {
        return Err(EXEC_ABORT);
    }
    if is_stopped {
        return Ok(Reply::NilArray);
    }
    let mut replies = Vec::with_capacity(transaction.queue.len());
    for command in &transaction.queue {
        let words: Vec<&[u8]> = command.iter().map(Bytes::as_ref).collect();
        replies.push(match super::admit(&words) {
            Ok(spec) => redis.run(spec, &words),
            Err(error) => error.into(),
        });
    }
    Ok(Reply::Array(replies))
}
