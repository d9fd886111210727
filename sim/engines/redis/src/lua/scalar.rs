//! What Lua takes for text: strings, and numbers in their place.

use mlua::{LuaString, Value};

/// A string or a number.
pub(super) enum Scalar<'a> {
    /// A string.
    Text(&'a LuaString),
    /// A number that mlua holds as a whole one; Lua 5.1 itself knows no difference.
    Whole(i64),
    /// Any other number.
    Number(f64),
}

impl<'a> Scalar<'a> {
    /// None for a value of another type.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Integer(number) => Some(Self::Whole(*number)),
            Value::Number(number) => Some(Self::Number(*number)),
            Value::Nil
            | Value::Boolean(_)
            | Value::LightUserData(_)
            | Value::Table(_)
            | Value::Function(_)
            | Value::Thread(_)
            | Value::UserData(_)
            | Value::Error(_)
            | Value::Other(_) => None,
        }
    }
}
