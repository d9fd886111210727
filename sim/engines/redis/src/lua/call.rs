//! `redis.call` and `redis.pcall`: a script's words become a command, its answer becomes Lua values (rule 22).

use mlua::{BString, Either, Function, Lua, MultiValue, Value};

use super::scalar::Scalar;
use super::{SharedCell, convert, raise};
use crate::commands::{self, Run};
use crate::errors;
use crate::reply::Reply;
use crate::server::Server;

/// Commands with at most this many words are run without an allocation for their list.
const INLINE_WORDS: usize = 16;

/// The first word of a call. It is a command's name, so that reading it as text, which is quick, loses nothing.
type FirstWord = Option<Either<BString, Value>>;

/// `redis.call`: errors are raised.
pub(super) fn raising(lua: &Lua, shared: &SharedCell) -> mlua::Result<Function> {
    let cell = shared.clone();
    lua.create_function(move |lua, (name, words): (FirstWord, MultiValue)| match run(&cell, name, &words) {
        Reply::Error(text) => Err(raise::reply(text)),
        reply @ (Reply::Nil
        | Reply::NilArray
        | Reply::Ok
        | Reply::Status(_)
        | Reply::Int(_)
        | Reply::Bulk(_)
        | Reply::Array(_)
        | Reply::Double(_)
        | Reply::Map(_)
        | Reply::Set(_)) => convert::to_lua(lua, reply),
    })
}

/// `redis.pcall`: errors are given back as tables.
pub(super) fn returning(lua: &Lua, shared: &SharedCell) -> mlua::Result<Function> {
    let cell = shared.clone();
    let call = move |lua: &Lua, (name, words): (FirstWord, MultiValue)| convert::to_lua(lua, run(&cell, name, &words));
    lua.create_function(call)
}

fn run(shared: &SharedCell, name: FirstWord, words: &MultiValue) -> Reply {
    let name = match name {
        None if words.is_empty() => {
            return Reply::Error("ERR Please specify at least one argument for this redis lib call".to_owned());
        }
        None | Some(Either::Right(_)) => return wrong_type(),
        Some(Either::Left(name)) => name,
    };
    let mut buffer = Vec::with_capacity(128);
    let mut ends = [0; INLINE_WORDS];
    let mut more_ends = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if !append_word(&mut buffer, word) {
            return wrong_type();
        }
        match ends.get_mut(at) {
            Some(end) => *end = buffer.len(),
            None => more_ends.push(buffer.len()),
        }
    }
    let mut start = 0;
    let ends = ends[..words.len().min(INLINE_WORDS)].iter().chain(&more_ends);
    let slices = ends.map(|end| &buffer[std::mem::replace(&mut start, *end)..*end]);
    let mut shared = shared.lock();
    let server = shared.server.as_mut().expect("callbacks are called only by scripts, and scripts have the server");
    if words.len() < INLINE_WORDS {
        let mut args: [&[u8]; INLINE_WORDS] = [&[]; INLINE_WORDS];
        args[0] = &name;
        for (arg, slice) in args[1..].iter_mut().zip(slices) {
            *arg = slice;
        }
        dispatch(server, &args[..=words.len()])
    } else {
        let args: Vec<&[u8]> = std::iter::once::<&[u8]>(&name).chain(slices).collect();
        dispatch(server, &args)
    }
}

fn wrong_type() -> Reply {
    Reply::Error("ERR Lua redis lib command arguments must be strings or integers".to_owned())
}

/// Whether the value is a string or a number.
fn append_word(buffer: &mut Vec<u8>, word: &Value) -> bool {
    match Scalar::of(word) {
        Some(Scalar::Text(text)) => buffer.extend_from_slice(&text.as_bytes()),
        // Redis writes whole numbers below 10^17 plainly.
        Some(Scalar::Whole(number)) if number.unsigned_abs() < 100_000_000_000_000_000 => {
            buffer.extend_from_slice(&crate::number::format_integer(number));
        }
        Some(Scalar::Whole(number)) => buffer.extend_from_slice(convert::number_text(number as f64, 17).as_bytes()),
        Some(Scalar::Number(number)) => buffer.extend_from_slice(convert::number_text(number, 17).as_bytes()),
        None => return false,
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
