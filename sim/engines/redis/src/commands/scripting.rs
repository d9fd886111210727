//! `EVAL`, `EVALSHA` and `SCRIPT`: reading their words. Running is left to `lua`.

use super::arguments::{integer, is};
use crate::engine::Redis;
use crate::errors::{
    CommandError, NEGATIVE_KEY_COUNT, NO_SCRIPT, Outcome, SYNTAX, TOO_MANY_SCRIPT_KEYS, unsupported_option, wrong_arity,
};
use crate::lua::Sha;
use crate::reply::Reply;

/// Some of a command's words.
type Words<'a, 'b> = &'b [&'a [u8]];

/// The words behind the script: how many are keys, then keys, then arguments.
fn split<'a, 'b>(args: &'b [&'a [u8]]) -> Result<(Words<'a, 'b>, Words<'a, 'b>), CommandError> {
    let key_count = integer(args[2])?;
    let rest = &args[3..];
    let key_count = usize::try_from(key_count).map_err(|_| NEGATIVE_KEY_COUNT)?;
    rest.split_at_checked(key_count).ok_or(TOO_MANY_SCRIPT_KEYS)
}

pub(super) fn eval(redis: &mut Redis, args: &[&[u8]]) -> Outcome {
    let (keys, arguments) = split(args)?;
    let sha = redis.scripts_mut().load(args[1])?;
    redis.with_scripts(|scripts, server| scripts.run(&sha, keys, arguments, server))
}

pub(super) fn evalsha(redis: &mut Redis, args: &[&[u8]]) -> Outcome {
    let sha = Sha::parse(args[1]).filter(|sha| redis.scripts().has(sha)).ok_or(NO_SCRIPT)?;
    let (keys, arguments) = split(args)?;
    redis.with_scripts(|scripts, server| scripts.run(&sha, keys, arguments, server))
}

pub(super) fn script(redis: &mut Redis, args: &[&[u8]]) -> Outcome {
    let (subcommand, rest) = (args[1], &args[2..]);
    if is(subcommand, "LOAD") {
        let [source] = rest else {
            return Err(wrong_arity("script|load"));
        };
        let sha = redis.scripts_mut().load(source)?;
        Ok(Reply::bulk(sha.as_bytes()))
    } else if is(subcommand, "EXISTS") {
        if rest.is_empty() {
            return Err(wrong_arity("script|exists"));
        }
        let is_known = |name: &&[u8]| Sha::parse(name).is_some_and(|sha| redis.scripts().has(&sha));
        Ok(Reply::Array(rest.iter().map(|name| Reply::flag(is_known(name))).collect()))
    } else if is(subcommand, "FLUSH") {
        match rest {
            [] => {}
            [mode] if is(mode, "ASYNC") || is(mode, "SYNC") => {}
            [_] => {
                return Err(CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option".into()));
            }
            _ => return Err(SYNTAX),
        }
        redis.scripts_mut().forget();
        Ok(Reply::Ok)
    } else if is(subcommand, "KILL") {
        Err(CommandError("NOTBUSY No scripts in execution right now.".into()))
    } else {
        Err(unsupported_option("SCRIPT", subcommand))
    }
}
