//! What a command answers, as a value rather than as bytes. Writing it in RESP is left to whoever owns the
//! socket.

use std::borrow::Cow;

use bytes::Bytes;

/// An answer in the shape that the client's protocol version would show it.
///
/// `Double`, `Map` and `Set` are only given to clients that asked for RESP 3 with `HELLO 3`; for the others they
/// are bulk strings and flat arrays, as on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A missing value (`$-1` in RESP 2, `_` in RESP 3).
    Nil,
    /// A missing array (`*-1` in RESP 2, `_` in RESP 3): an `EXEC` that `WATCH` stopped.
    NilArray,
    /// `+OK`.
    Ok,
    /// Any other status line, such as `PONG` or `QUEUED`.
    Status(Cow<'static, str>),
    /// `:n`.
    Int(i64),
    /// A string of bytes.
    Bulk(Bytes),
    /// An array of answers; errors can be among them (`EXEC`).
    Array(Vec<Reply>),
    /// An error line without its leading `-`: a code, a space, a message.
    Error(String),
    /// RESP 3 only: a floating-point number.
    Double(f64),
    /// RESP 3 only: pairs.
    Map(Vec<(Reply, Reply)>),
    /// RESP 3 only: members without an order.
    Set(Vec<Reply>),
}

impl Reply {
    /// A bulk string with a copy of `bytes`.
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bulk(Bytes::copy_from_slice(bytes.as_ref()))
    }

    /// A status line; `OK` has a variant of its own.
    pub(crate) fn status(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        if text == "OK" { Self::Ok } else { Self::Status(text) }
    }

    /// 1 for true, 0 for false, as Redis answers questions.
    pub(crate) fn flag(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }

    /// The length of something in memory.
    pub(crate) fn count(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// Whether this is an error line.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// Rewrites what only RESP 3 has into its RESP 2 form.
    pub(crate) fn into_resp2(self) -> Self {
        match self {
            Self::Double(number) => Self::Bulk(crate::number::format_double(number)),
            Self::Map(pairs) => {
                let mut flat = Vec::with_capacity(pairs.len() * 2);
                for (key, value) in pairs {
                    flat.push(key.into_resp2());
                    flat.push(value.into_resp2());
                }
                Self::Array(flat)
            }
            Self::Set(members) | Self::Array(members) => {
                Self::Array(members.into_iter().map(Self::into_resp2).collect())
            }
            plain @ (Self::Nil
            | Self::NilArray
            | Self::Ok
            | Self::Status(_)
            | Self::Int(_)
            | Self::Bulk(_)
            | Self::Error(_)) => plain,
        }
    }
}
