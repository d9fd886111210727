//! Building the machine: the libraries, the host's functions, the Lua that puts them together (`sandbox.lua`), and
//! the hook that stops scripts which never end.

use mlua::chunk::ChunkMode;
use mlua::{
    BString, Function, HookTriggers, Lua, LuaOptions, LuaString, StdLib, Table, Value, VmState,
};

use super::convert::{error_reply_text, number_text};
use super::random::Random;
use super::{Sha, SharedCell, call, cjson};
use crate::commands::VERSION;
use crate::errors::CommandError;

/// What the rest of the host needs of the machine.
pub(super) struct Parts {
    pub(super) runner: Function,
    pub(super) environment: Table,
    pub(super) keys: Table,
    pub(super) argv: Table,
}

/// A machine ready to compile and run scripts.
pub(super) fn build(shared: &SharedCell) -> mlua::Result<(Lua, Parts)> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
    // Callbacks do not panic, so Lua's own pcall needs no replacement.
    let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
    // No limit on memory is set, so allocations need no guard.
    lua.set_memory_limit(0)?;
    let keys = lua.create_table()?;
    let argv = lua.create_table()?;
    let host = host_functions(&lua, shared)?;
    let source = include_str!("sandbox.lua");
    let (runner, environment) = lua.load(source).set_name("=sandbox").call((host, &keys, &argv))?;
    stop_runaway_scripts(&lua, shared)?;
    Ok((lua, Parts { runner, environment, keys, argv }))
}

/// Compiles a script whose globals are the sandbox's.
pub(super) fn compile(lua: &Lua, source: &[u8], environment: &Table) -> Result<Function, CommandError> {
    if source.starts_with(b"#!") {
        return Err(crate::errors::unsupported("script flags (a first line with #!)"));
    }
    let chunk = lua.load(source).set_name("@user_script").set_mode(ChunkMode::Text).set_environment(environment.clone());
    chunk.into_function().map_err(|error| {
        let message = match &error {
            mlua::Error::SyntaxError { message, .. } => message.clone(),
            other => other.to_string(),
        };
        let message = message.replace(['\r', '\n'], " ");
        CommandError(format!("ERR Error compiling script (new function): {message}").into())
    })
}

fn host_functions(lua: &Lua, shared: &SharedCell) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.set("call", call::raising(lua, shared)?)?;
    host.set("pcall", call::returning(lua, shared)?)?;
    host.set("cjson", cjson::library(lua)?)?;
    host.set("null", Value::NULL)?;
    host.set("version", VERSION)?;
    host.set("version_number", 0x0007_000f)?;
    host.set("sha1hex", lua.create_function(sha1hex)?)?;
    host.set("error_text", lua.create_function(error_text)?)?;
    host.set("position", lua.create_function(|lua, ()| Ok(script_position(lua)))?)?;
    let cell = shared.clone();
    host.set("random", lua.create_function(move |_, bounds: mlua::Variadic<f64>| random(&cell, &bounds))?)?;
    let cell = shared.clone();
    let reseed = move |_: &Lua, seed: i32| {
        cell.lock().random = Random::seeded(seed);
        Ok(())
    };
    host.set("randomseed", lua.create_function(reseed)?)?;
    Ok(host)
}

fn sha1hex(lua: &Lua, value: Value) -> mlua::Result<LuaString> {
    let bytes: Vec<u8> = match &value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Integer(number) => number.to_string().into_bytes(),
        Value::Number(number) => number_text(*number, 14).into_bytes(),
        // Redis takes lua_tolstring's NULL with length 0.
        _ => Vec::new(),
    };
    lua.create_string(Sha::of(&bytes).as_bytes())
}

fn error_text(lua: &Lua, text: BString) -> mlua::Result<LuaString> {
    lua.create_string(error_reply_text(&text))
}

/// The innermost line of the script that is running: its source and its number.
fn script_position(lua: &Lua) -> (Option<String>, Option<usize>) {
    let mut level = 1;
    while let Some(place) = lua.inspect_stack(level, |frame| {
        let source = frame.source().source.map(|source| source.into_owned());
        source.filter(|source| source == "@user_script").map(|source| (source, frame.current_line()))
    }) {
        if let Some((source, line)) = place {
            return (Some(source), line);
        }
        level += 1;
    }
    (None, None)
}

/// `math.random` with Lua's conventions on Redis's generator.
fn random(shared: &SharedCell, bounds: &[f64]) -> mlua::Result<f64> {
    let fraction = shared.lock().random.next_fraction();
    let empty = || Err(mlua::Error::runtime("bad argument #1 to '?' (interval is empty)"));
    match bounds {
        [] => Ok(fraction),
        [most] if most.trunc() >= 1.0 => Ok((fraction * most.trunc()).floor() + 1.0),
        [least, most] if least.trunc() <= most.trunc() => {
            let (least, most) = (least.trunc(), most.trunc());
            Ok((fraction * (most - least + 1.0)).floor() + least)
        }
        [_] | [_, _] => empty(),
        _ => Err(mlua::Error::runtime("wrong number of arguments")),
    }
}

/// Counts instructions in steps; a script that has used up its share is stopped. From then on every instruction raises the
/// error again, so that a `pcall` around the loop cannot swallow it.
fn stop_runaway_scripts(lua: &Lua, shared: &SharedCell) -> mlua::Result<()> {
    let cell = shared.clone();
    let step = HookTriggers::new().every_nth_instruction(crate::Config::SCRIPT_CHECK_INTERVAL);
    lua.set_global_hook(step, move |_lua, _frame| {
        let mut shared = cell.lock();
        shared.checks += 1;
        if shared.checks > shared.most_checks {
            return Err(mlua::Error::runtime("too many instructions"));
        }
        Ok(VmState::Continue)
    })
}
