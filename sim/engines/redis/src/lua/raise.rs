//! Errors that the host raises inside a script. They travel through Lua as opaque values; the sandbox asks here what
//! they mean whenever a script or the runner gets to see one.

use std::fmt;
use std::sync::Arc;

use mlua::{Lua, Value};

/// An error raised by one of the host's functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    /// As a table `{err = text}`: what Redis raises for a failing command. The text has its code.
    Reply(String),
    /// As a string, as Lua's own libraries do.
    Text(String),
    /// The script has run for too long; nothing that a script does may catch this.
    Stop,
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(text) | Self::Text(text) => f.write_str(text),
            Self::Stop => f.write_str("too many instructions"),
        }
    }
}

impl std::error::Error for Raised {}

/// An error line, code included.
pub(super) fn reply(text: impl Into<String>) -> mlua::Error {
    mlua::Error::ExternalError(Arc::new(Raised::Reply(text.into())))
}

/// The end of a script that has run for too long.
pub(super) fn stop() -> mlua::Error {
    mlua::Error::ExternalError(Arc::new(Raised::Stop))
}

/// A message with the caller's place in front, as `luaL_error` writes it.
pub(super) fn text_here(lua: &Lua, text: &str) -> mlua::Error {
    let place = lua.inspect_stack(1, |frame| {
        let source = frame.source();
        match (source.short_src, frame.current_line()) {
            (Some(name), Some(line)) => format!("{name}:{line}: "),
            (None, _) | (_, None) => String::new(),
        }
    });
    mlua::Error::ExternalError(Arc::new(Raised::Text(place.unwrap_or_default() + text)))
}

/// What the host raised, if it was the host.
pub(super) fn explain(value: &Value) -> Option<Raised> {
    let Value::Error(error) = value else {
        return None;
    };
    let mut error: &mlua::Error = error;
    while let mlua::Error::CallbackError { cause, .. } = error {
        error = cause;
    }
    if let mlua::Error::ExternalError(inner) = error
        && let Some(raised) = inner.downcast_ref::<Raised>()
    {
        return Some(raised.clone());
    }
    let text = error.to_string();
    Some(Raised::Text(text.lines().next().unwrap_or_default().to_owned()))
}
