//! Between Lua's values and Redis's answers (rule 22). Scripts see RESP 2, whatever the connection speaks.

use bytes::Bytes;
use mlua::{Either, Lua, MultiValue, Table, Value};

use super::Sha;
use crate::errors::CommandError;
use crate::number::format_general;
use crate::reply::Reply;

/// Deeper answers than this are cut, as Redis does when its Lua stack is full.
const DEEPEST: usize = 200;

/// An answer on its way into Lua. The variants for the frequent kinds are pushed without a detour through a reference.
pub(super) type Pushed = Either<Either<bool, f64>, Either<String, Value>>;

/// An answer as a script sees it: a missing value is `false`, a status `{ok=}`, an error `{err=}`.
pub(super) fn to_lua(lua: &Lua, reply: Reply) -> mlua::Result<Pushed> {
    Ok(match reply {
        Reply::Nil | Reply::NilArray => Either::Left(Either::Left(false)),
        Reply::Int(number) => Either::Left(Either::Right(number as f64)),
        Reply::Bulk(bytes) => Either::Right(match std::str::from_utf8(&bytes) {
            Ok(text) => Either::Left(text.to_owned()),
            Err(_) => Either::Right(Value::String(lua.create_string(&bytes)?)),
        }),
        rest @ (Reply::Ok
        | Reply::Status(_)
        | Reply::Error(_)
        | Reply::Array(_)
        | Reply::Double(_)
        | Reply::Map(_)
        | Reply::Set(_)) => Either::Right(Either::Right(to_value(lua, rest)?)),
    })
}

fn to_value(lua: &Lua, reply: Reply) -> mlua::Result<Value> {
    Ok(match reply {
        Reply::Nil | Reply::NilArray => Value::Boolean(false),
        Reply::Int(number) => integer(number),
        Reply::Bulk(bytes) => Value::String(lua.create_string(&bytes)?),
        Reply::Ok => Value::Table(field(lua, "ok", b"OK")?),
        Reply::Status(text) => Value::Table(field(lua, "ok", text.as_bytes())?),
        Reply::Error(text) => Value::Table(field(lua, "err", text.as_bytes())?),
        Reply::Array(replies) => {
            let table = lua.create_table_with_capacity(replies.len(), 0)?;
            for (at, reply) in replies.into_iter().enumerate() {
                table.raw_seti(at + 1, to_value(lua, reply)?)?;
            }
            Value::Table(table)
        }
        rich @ (Reply::Double(_) | Reply::Map(_) | Reply::Set(_)) => to_value(lua, rich.into_resp2())?,
    })
}

fn field(lua: &Lua, name: &str, text: &[u8]) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(name, mlua::BString::from(text))?;
    Ok(table)
}

/// Lua 5.1 has only doubles: beyond 2^53 digits are lost, there as here.
fn integer(number: i64) -> Value {
    Value::Number(number as f64)
}

/// What a script returned, as an answer: numbers lose their fraction, `nil` ends an array.
pub(super) fn to_reply(value: &Value) -> Reply {
    to_reply_within(value, DEEPEST)
}

/// The elements of an array that a script returned, as an answer.
pub(super) fn to_array(elements: &MultiValue) -> Reply {
    Reply::Array(elements.iter().map(|element| to_reply_within(element, DEEPEST - 1)).collect())
}

fn to_reply_within(value: &Value, depth: usize) -> Reply {
    match value {
        Value::String(text) => Reply::bulk(&*text.as_bytes()),
        Value::Integer(number) => Reply::Int(*number),
        Value::Number(number) => Reply::Int(truncate(*number)),
        Value::Boolean(true) => Reply::Int(1),
        Value::Table(_) if depth == 0 => Reply::Error("ERR reached lua stack limit".to_owned()),
        Value::Table(table) => table_to_reply(table, depth - 1),
        Value::Nil
        | Value::Boolean(false)
        | Value::LightUserData(_)
        | Value::Function(_)
        | Value::Thread(_)
        | Value::UserData(_)
        | Value::Error(_)
        | Value::Other(_) => Reply::Nil,
    }
}

fn table_to_reply(table: &Table, depth: usize) -> Reply {
    if let Some(text) = text_field(table, "err") {
        return Reply::Error(one_line(&text));
    }
    if let Some(text) = text_field(table, "ok") {
        return Reply::status(one_line(&text));
    }
    if let Ok(Value::Integer(_) | Value::Number(_)) = table.raw_get::<Value>("double") {
        let number: f64 = table.raw_get("double").unwrap_or_default();
        return Reply::Double(number);
    }
    for name in ["map", "set", "big_number", "verbatim_string"] {
        if !matches!(table.raw_get::<Value>(name), Ok(Value::Nil)) {
            return crate::errors::unsupported(&format!("a script's answer with the field {name}")).into();
        }
    }
    let mut replies = Vec::new();
    for at in 1_i64.. {
        match table.raw_get::<Value>(at) {
            Ok(Value::Nil) | Err(_) => break,
            Ok(value) => replies.push(to_reply_within(&value, depth)),
        }
    }
    Reply::Array(replies)
}

/// A field that holds a string.
fn text_field(table: &Table, name: &str) -> Option<Bytes> {
    match table.raw_get::<Value>(name) {
        Ok(Value::String(text)) => Some(Bytes::copy_from_slice(&text.as_bytes())),
        _ => None,
    }
}

/// Status and error lines cannot hold line ends.
fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace(['\r', '\n'], " ")
}

/// C's conversion from double to long long on the machines Redis runs on: what does not fit becomes the least number.
fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        #[expect(clippy::cast_possible_truncation, reason = "the fraction is meant to go and the range was checked")]
        let whole = number as i64;
        whole
    } else {
        i64::MIN
    }
}

/// What an uncaught error becomes: its text, then the script and the line.
pub(super) fn raised_error(value: &Value, sha: &Sha) -> CommandError {
    let Value::Table(table) = value else {
        return CommandError(format!("ERR Error running script {sha}").into());
    };
    let Some(text) = text_field(table, "err") else {
        return CommandError(format!("ERR unknown error script: {sha}").into());
    };
    let mut line = one_line(&text);
    let source = text_field(table, "source");
    if let (Some(source), Ok(Value::Integer(number))) = (source, table.raw_get::<Value>("line")) {
        line.push_str(&format!(" script: {sha}, on {}:{number}.", String::from_utf8_lossy(&source)));
    }
    CommandError(line.into())
}

/// The text of `redis.error_reply(text)`: a code is taken over, without one it is `ERR`.
pub(super) fn error_reply_text(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let mut line = Vec::new();
    if !text.contains(&b' ') {
        line.extend_from_slice(b"ERR ");
    }
    line.extend_from_slice(text);
    line.truncate(line.trim_ascii_end().len());
    line
}

/// A number as Lua (14 digits) or Redis (17 digits) writes it.
pub(super) fn number_text(number: f64, digits: usize) -> String {
    format_general(number, digits)
}
