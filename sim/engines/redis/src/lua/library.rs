//! The `redis` table that scripts see, but for `call` and `pcall` themselves. Argument checks and their texts are Redis
//! 7.0's.

use mlua::{Lua, MultiValue, Table, Value};

use super::convert::{error_reply_text, number_text};
use super::scalar::Scalar;
use super::{Sha, SharedCell, call, raise};
use crate::commands::VERSION;

/// 7.0.15, a byte per part.
const VERSION_NUMBER: u32 = 0x0007_000f;

/// The table.
pub(super) fn redis(lua: &Lua, shared: &SharedCell) -> mlua::Result<Table> {
    let redis = lua.create_table()?;
    redis.set("call", call::raising(lua, shared)?)?;
    redis.set("pcall", call::returning(lua, shared)?)?;
    redis.set("sha1hex", lua.create_function(sha1hex)?)?;
    redis.set("status_reply", lua.create_function(status_reply)?)?;
    redis.set("error_reply", lua.create_function(error_reply)?)?;
    redis.set("log", lua.create_function(log)?)?;
    for (level, name) in ["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"].into_iter().enumerate() {
        redis.set(name, level)?;
    }
    redis.set("REDIS_VERSION", VERSION)?;
    redis.set("REDIS_VERSION_NUM", VERSION_NUMBER)?;
    Ok(redis)
}

fn sha1hex(lua: &Lua, arguments: MultiValue) -> mlua::Result<Value> {
    if arguments.len() != 1 {
        return Err(raise::reply("ERR wrong number of arguments"));
    }
    let text: Vec<u8> = match Scalar::of(&arguments[0]) {
        Some(Scalar::Text(text)) => text.as_bytes().to_vec(),
        Some(Scalar::Whole(number)) => number_text(number as f64, 14).into_bytes(),
        Some(Scalar::Number(number)) => number_text(number, 14).into_bytes(),
        // For other types C's lua_tolstring gives nothing, which has a digest too.
        None => Vec::new(),
    };
    Ok(Value::String(lua.create_string(Sha::of(&text).as_bytes())?))
}

fn status_reply(lua: &Lua, arguments: MultiValue) -> mlua::Result<Table> {
    single_field(lua, "ok", &arguments, <[u8]>::to_vec)
}

fn error_reply(lua: &Lua, arguments: MultiValue) -> mlua::Result<Table> {
    single_field(lua, "err", &arguments, error_reply_text)
}

/// A table with one field made of the one string given; anything else gives (not raises) an error.
fn single_field(lua: &Lua, name: &str, arguments: &MultiValue, text_of: fn(&[u8]) -> Vec<u8>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    match arguments.as_slices() {
        ([Value::String(text)], []) => table.raw_set(name, mlua::BString::from(text_of(&text.as_bytes())))?,
        _ => table.raw_set("err", "ERR wrong number or type of arguments")?,
    }
    Ok(table)
}

/// There is no log to write to; what is checked is what Redis checks.
fn log(_lua: &Lua, arguments: MultiValue) -> mlua::Result<()> {
    if arguments.len() < 2 {
        return Err(raise::reply("ERR redis.log() requires two arguments or more."));
    }
    let level = match Scalar::of(&arguments[0]) {
        Some(Scalar::Whole(level)) => level,
        Some(Scalar::Number(level)) if (0.0..4.0).contains(&level) => 0,
        Some(Scalar::Number(_)) => -1,
        Some(Scalar::Text(_)) | None => {
            return Err(raise::reply("ERR First argument must be a number (log level)."));
        }
    };
    if (0..=3).contains(&level) { Ok(()) } else { Err(raise::reply("ERR Invalid debug level.")) }
}
