//! `redis.call` and `redis.pcall`: a script's words become a command, its answer becomes Lua values (rule 22).

use mlua::{Function, Lua, MultiValue, Value};

use super::{SharedCell, convert, no_server};
use crate::commands::{self, Run};
use crate::errors;
use crate::reply::Reply;
use crate::server::Server;

/// `redis.call` for the sandbox: the answer, and whether it is an error to be raised.
pub(super) fn raising(lua: &Lua, shared: &SharedCell) -> mlua::Result<Function> {
    let cell = shared.clone();
    lua.create_function(move |lua, words: MultiValue| {
        let reply = run(&cell, &words);
        let failed = reply.is_error();
        Ok((convert::to_lua(lua, reply)?, failed))
    })
}

/// `redis.pcall`: errors are given back as tables.
pub(super) fn returning(lua: &Lua, shared: &SharedCell) -> mlua::Result<Function> {
    let cell = shared.clone();
    lua.create_function(move |lua, words: MultiValue| convert::to_lua(lua, run(&cell, &words)))
}

fn run(shared: &SharedCell, words: &MultiValue) -> Reply {
    if words.is_empty() {
        return Reply::Error("ERR Please specify at least one argument for this redis lib call".to_owned());
    }
    let mut buffer = Vec::with_capacity(128);
    let mut ends = Vec::with_capacity(words.len());
    for word in words {
        if !append_word(&mut buffer, word) {
            let text = "ERR Lua redis lib command arguments must be strings or integers";
            return Reply::Error(text.to_owned());
        }
        ends.push(buffer.len());
    }
    let mut starts = 0;
    let slices: Vec<&[u8]> = ends.iter().map(|end| &buffer[std::mem::replace(&mut starts, *end)..*end]).collect();
    match &mut shared.lock().server {
        Some(server) => dispatch(server, &slices).into_resp2(),
        None => no_server(),
    }
}

/// Whether the value is a string or a number.
fn append_word(buffer: &mut Vec<u8>, word: &Value) -> bool {
    match word {
        Value::String(text) => buffer.extend_from_slice(&text.as_bytes()),
        Value::Integer(number) => buffer.extend_from_slice(&crate::number::format_integer(*number)),
        Value::Number(number) => buffer.extend_from_slice(convert::number_text(*number, 17).as_bytes()),
        _ => return false,
    }
    true
}

fn dispatch(server: &mut Server, args: &[&[u8]]) -> Reply {
    let Some(spec) = commands::find(args[0]) else {
        if commands::is_unsupported(args[0]) {
            let name = String::from_utf8_lossy(args[0]).to_ascii_uppercase();
            return errors::unsupported(&name).into();
        }
        return Reply::Error("ERR Unknown Redis command called from script".to_owned());
    };
    if !spec.in_scripts {
        return Reply::Error("ERR This Redis command is not allowed from script".to_owned());
    }
    if !spec.takes(args.len()) {
        return Reply::Error("ERR Wrong number of args calling Redis command from script".to_owned());
    }
    match spec.run {
        Run::Plain(handler) => handler(server, args).unwrap_or_else(Reply::from),
        Run::Whole(_) => Reply::Error("ERR This Redis command is not allowed from script".to_owned()),
    }
}
