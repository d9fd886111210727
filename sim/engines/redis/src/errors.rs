//! The texts of Redis 7's errors, in one place because clients match on them.

use std::borrow::Cow;

use crate::reply::Reply;

/// A command's refusal: the error line without its leading `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandError(pub(crate) Cow<'static, str>);

/// What a command handler gives back.
pub(crate) type Outcome = Result<Reply, CommandError>;

impl From<CommandError> for Reply {
    fn from(error: CommandError) -> Self {
        Self::Error(error.0.into_owned())
    }
}

macro_rules! fixed_errors {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: CommandError = CommandError(Cow::Borrowed($text));)*
    };
}

fixed_errors! {
    WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    SYNTAX = "ERR syntax error";
    NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    NOT_A_FLOAT = "ERR value is not a valid float";
    INCREMENT_OVERFLOW = "ERR increment or decrement would overflow";
    DECREMENT_OVERFLOW = "ERR decrement would overflow";
    HASH_NOT_AN_INTEGER = "ERR hash value is not an integer";
    SCORE_IS_NAN = "ERR resulting score is not a number (NaN)";
    MIN_OR_MAX_NOT_A_FLOAT = "ERR min or max is not a float";
    NO_SUCH_KEY = "ERR no such key";
    INVALID_CURSOR = "ERR invalid cursor";
    OUT_OF_RANGE_DB = "ERR DB index is out of range";
    NX_AND_XX_GT_LT = "ERR NX and XX, GT or LT options at the same time are not compatible";
    GT_AND_LT = "ERR GT and LT options at the same time are not compatible";
    ZADD_NX_AND_XX = "ERR XX and NX options at the same time are not compatible";
    ZADD_GT_LT_NX = "ERR GT, LT, and/or NX options at the same time are not compatible";
    ZADD_INCR_PAIRS = "ERR INCR option supports a single increment-element pair";
    ZRANGE_LIMIT_NEEDS_BY =
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
    STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    NESTED_MULTI = "ERR MULTI calls can not be nested";
    EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
    DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
    WATCH_INSIDE_MULTI = "ERR WATCH inside MULTI is not allowed";
    EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
    NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL.";
    NEGATIVE_KEY_COUNT = "ERR Number of keys can't be negative";
    TOO_MANY_SCRIPT_KEYS = "ERR Number of keys can't be greater than number of args";
    NO_PROTO = "NOPROTO unsupported protocol version";
    EMPTY_COMMAND = "ERR Protocol error: a command needs a name";
    NO_SUCH_CLIENT = "ERR unknown connection: connect first";
    TIMEOUT_NEGATIVE = "ERR timeout is negative";
}

/// `ERR invalid expire time in 'set' command`.
pub(crate) fn invalid_expire_time(command: &str) -> CommandError {
    CommandError(Cow::Owned(format!("ERR invalid expire time in '{command}' command")))
}

/// `ERR wrong number of arguments for 'get' command`.
pub(crate) fn wrong_arity(command: &str) -> CommandError {
    CommandError(Cow::Owned(format!("ERR wrong number of arguments for '{command}' command")))
}

/// What Redis says of a name that it does not know; at most 128 bytes of the name and of the arguments are shown.
pub(crate) fn unknown_command(args: &[&[u8]]) -> CommandError {
    const SHOWN: usize = 128;
    let (name, rest) = args.split_first().map_or((&b""[..], &[][..]), |(name, rest)| (*name, rest));
    let mut shown = String::new();
    for arg in rest {
        if shown.len() >= SHOWN {
            break;
        }
        let room = SHOWN - shown.len();
        shown.push('\'');
        shown.push_str(&String::from_utf8_lossy(&arg[..arg.len().min(room)]));
        shown.push_str("' ");
    }
    let name = String::from_utf8_lossy(&name[..name.len().min(SHOWN)]).into_owned();
    let text = format!("ERR unknown command '{name}', with args beginning with: {shown}");
    CommandError(Cow::Owned(text.replace(['\r', '\n'], " ")))
}

/// What only this engine says: a real command, subcommand or option that it does not implement.
pub(crate) fn unsupported(what: &str) -> CommandError {
    CommandError(Cow::Owned(format!("ERR unsupported by this engine: {what}")))
}

/// What only this engine says, naming the option as the client wrote it.
pub(crate) fn unsupported_option(command: &str, option: &[u8]) -> CommandError {
    unsupported(&format!("{command} {}", String::from_utf8_lossy(option)))
}
