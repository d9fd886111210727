//! Building the machine: the libraries, the host's functions, the Lua that puts them together (`sandbox.lua`), and
//! the hook that stops scripts which never end.

use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, StdLib, Table, Value, Variadic, VmState};

use super::raise::{self, Raised};
use super::random::Random;
use super::{SharedCell, cjson, library};
use crate::errors::CommandError;

/// What the rest of the host needs of the machine.
pub(super) struct Parts {
    pub(super) runner: Function,
    pub(super) environment: Table,
}

/// A machine ready to compile and run scripts.
pub(super) fn build(shared: &SharedCell) -> mlua::Result<(Lua, Parts)> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
    // Callbacks do not panic, so Lua's own pcall needs no replacement.
    let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
    // No limit on memory is set, so allocations need no guard.
    lua.set_memory_limit(0)?;
    let host = host_functions(&lua, shared)?;
    let source = include_str!("sandbox.lua");
    let (runner, environment) = lua.load(source).set_name("=sandbox").call(host)?;
    stop_runaway_scripts(&lua, shared)?;
    Ok((lua, Parts { runner, environment }))
}

/// Compiles a script whose globals are the sandbox's.
pub(super) fn compile(lua: &Lua, source: &[u8], environment: &Table) -> Result<Function, CommandError> {
    if source.starts_with(b"#!") {
        return Err(crate::errors::unsupported("script flags (a first line with #!)"));
    }
    let chunk =
        lua.load(source).set_name("@user_script").set_mode(ChunkMode::Text).set_environment(environment.clone());
    chunk.into_function().map_err(|error| {
        let message =
            if let mlua::Error::SyntaxError { message, .. } = &error { message.clone() } else { error.to_string() };
        let message = message.replace(['\r', '\n'], " ");
        CommandError(format!("ERR Error compiling script (new function): {message}").into())
    })
}

fn host_functions(lua: &Lua, shared: &SharedCell) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.set("redis", library::redis(lua, shared)?)?;
    host.set("cjson", cjson::library(lua)?)?;
    host.set("null", Value::NULL)?;
    host.set("explain", lua.create_function(explain)?)?;
    host.set("position", lua.create_function(|lua, ()| Ok(script_position(lua)))?)?;
    let cell = shared.clone();
    let draw = move |lua: &Lua, bounds: Variadic<f64>| random(&cell, lua, &bounds);
    host.set("random", lua.create_function(draw)?)?;
    let cell = shared.clone();
    let reseed = move |_: &Lua, seed: i32| {
        cell.lock().random = Random::seeded(seed);
        Ok(())
    };
    host.set("randomseed", lua.create_function(reseed)?)?;
    Ok(host)
}

/// What an error of the host's is to a script (`reply`, `text` or `stop`; nothing if it is none), and its text.
fn explain(_lua: &Lua, failure: Value) -> mlua::Result<(Option<&'static str>, Option<String>)> {
    Ok(match raise::explain(&failure) {
        None => (None, None),
        Some(Raised::Reply(text)) => (Some("reply"), Some(text)),
        Some(Raised::Text(text)) => (Some("text"), Some(text)),
        Some(Raised::Stop) => (Some("stop"), None),
    })
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
fn random(shared: &SharedCell, lua: &Lua, bounds: &[f64]) -> mlua::Result<f64> {
    let fraction = shared.lock().random.next_fraction();
    match bounds {
        [] => Ok(fraction),
        [most] if most.trunc() >= 1.0 => Ok((fraction * most.trunc()).floor() + 1.0),
        [least, most] if least.trunc() <= most.trunc() => {
            let (least, most) = (least.trunc(), most.trunc());
            Ok((fraction * (most - least + 1.0)).floor() + least)
        }
        [_] => Err(raise::text_here(lua, "bad argument #1 to 'random' (interval is empty)")),
        [_, _] => Err(raise::text_here(lua, "bad argument #2 to 'random' (interval is empty)")),
        _ => Err(raise::text_here(lua, "wrong number of arguments")),
    }
}

/// Counts instructions in steps; a script that has used up its share is stopped. The sandbox's `pcall` and its kin pass that
/// error on.
fn stop_runaway_scripts(lua: &Lua, shared: &SharedCell) -> mlua::Result<()> {
    let cell = shared.clone();
    let step = HookTriggers::new().every_nth_instruction(crate::Config::SCRIPT_CHECK_INTERVAL);
    lua.set_global_hook(step, move |_lua, _frame| {
        let mut shared = cell.lock();
        shared.checks += 1;
        if shared.checks > shared.most_checks {
            return Err(raise::stop());
        }
        Ok(VmState::Continue)
    })
}
