//! What crosses the `redis` port, in the Redis engine's terms and back.

use redis::{Arg, Cmd, Value};
use redis_engine::Reply;

/// The words of a command.
#[must_use]
pub fn words(command: &Cmd) -> Vec<&[u8]> {
    command
        .args_iter()
        .map(|arg| match arg {
            Arg::Simple(word) => word,
            Arg::Cursor => b"0".as_slice(),
            _ => unreachable!("redis-rs knows no third kind of argument"),
        })
        .collect()
}

/// The engine's reply as redis-rs reads it off the wire; an error is a value still.
#[must_use]
pub fn value(reply: Reply) -> Value {
    match reply {
        Reply::Nil | Reply::NilArray => Value::Nil,
        Reply::Ok => Value::Okay,
        Reply::Status(text) => Value::SimpleString(text.into_owned()),
        Reply::Int(value) => Value::Int(value),
        Reply::Bulk(bytes) => Value::BulkString(bytes.to_vec()),
        Reply::Array(items) => Value::Array(items.into_iter().map(value).collect()),
        Reply::Error(text) => {
            redis::parse_redis_value(format!("-{text}\r\n").as_bytes()).expect("an error line is one line of RESP")
        }
        Reply::Double(number) => Value::Double(number),
        Reply::Map(pairs) => Value::Map(pairs.into_iter().map(|(key, of)| (value(key), value(of))).collect()),
        Reply::Set(items) => Value::Set(items.into_iter().map(value).collect()),
    }
}
