//! `cjson.encode`, `cjson.decode` and `cjson.null`, as the lua-cjson 2.1 that Redis carries does them with its
//! default settings. Its functions that change settings are left out: a script that calls one is told so by Lua.

mod decode;
mod encode;
mod tokens;

use mlua::{Lua, MultiValue, Table, Value};

use super::raise;

/// Deeper values than this are refused, in both directions.
const DEEPEST: usize = 1_000;

/// The library's table.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.set("null", Value::NULL)?;
    table.set("encode", lua.create_function(encode)?)?;
    table.set("decode", lua.create_function(decode)?)?;
    Ok(table)
}

fn encode(lua: &Lua, arguments: MultiValue) -> mlua::Result<Value> {
    if arguments.len() != 1 {
        return Err(raise::text_here(lua, "bad argument #1 to 'encode' (expected 1 argument)"));
    }
    let mut json = Vec::new();
    encode::append(&mut json, &arguments[0], 0).map_err(|text| raise::text_here(lua, &text))?;
    Ok(Value::String(lua.create_string(&json)?))
}

fn decode(lua: &Lua, arguments: MultiValue) -> mlua::Result<Value> {
    if arguments.len() != 1 {
        return Err(raise::text_here(lua, "bad argument #1 to 'decode' (expected 1 argument)"));
    }
    let kind = arguments[0].type_name();
    let Some(json) = lua.coerce_string(arguments[0].clone())? else {
        let text = format!("bad argument #1 to 'decode' (string expected, got {kind})");
        return Err(raise::text_here(lua, &text));
    };
    let json = json.as_bytes();
    decode::Decoder::new(lua, &json).whole().map_err(|text| raise::text_here(lua, &text))
}
