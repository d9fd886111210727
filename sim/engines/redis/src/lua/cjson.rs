//! `cjson`, as the lua-cjson library that Redis carries does it.

use mlua::{Lua, Table, Value};

/// The library's table.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.set("null", Value::NULL)?;
    Ok(table)
}
