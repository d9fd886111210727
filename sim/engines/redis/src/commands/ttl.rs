//! Deadlines of keys: setting them, reading them, and the arithmetic that refuses times outside 64 bits.

use super::arguments::{integer, is};
use crate::errors::{CommandError, GT_AND_LT, NX_AND_XX_GT_LT, Outcome, invalid_expire_time};
use crate::reply::Reply;
use crate::server::Server;

/// How a time is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeUnit {
    Seconds,
    Milliseconds,
    UnixSeconds,
    UnixMilliseconds,
}

impl TimeUnit {
    /// The unit behind an option of `SET` and `GETEX`.
    pub(super) fn from_option(word: &[u8]) -> Option<Self> {
        if is(word, "EX") {
            Some(Self::Seconds)
        } else if is(word, "PX") {
            Some(Self::Milliseconds)
        } else if is(word, "EXAT") {
            Some(Self::UnixSeconds)
        } else if is(word, "PXAT") {
            Some(Self::UnixMilliseconds)
        } else {
            None
        }
    }

    /// The point in time, Unix milliseconds; `None` if it does not fit.
    fn to_deadline(self, amount: i64, now_ms: i64) -> Option<i64> {
        match self {
            Self::Seconds => amount.checked_mul(1_000)?.checked_add(now_ms),
            Self::Milliseconds => amount.checked_add(now_ms),
            Self::UnixSeconds => amount.checked_mul(1_000),
            Self::UnixMilliseconds => Some(amount),
        }
    }
}

/// The deadline for a write that sets one: an amount that is not positive or does not fit is refused.
pub(super) fn deadline_from(amount: i64, unit: TimeUnit, now_ms: i64, command: &str) -> Result<i64, CommandError> {
    let deadline = if amount > 0 { unit.to_deadline(amount, now_ms) } else { None };
    deadline.ok_or_else(|| invalid_expire_time(command))
}

pub(super) fn expire(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_deadline(server, args, TimeUnit::Seconds, "expire")
}

pub(super) fn pexpire(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_deadline(server, args, TimeUnit::Milliseconds, "pexpire")
}

pub(super) fn expireat(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_deadline(server, args, TimeUnit::UnixSeconds, "expireat")
}

pub(super) fn pexpireat(server: &mut Server, args: &[&[u8]]) -> Outcome {
    set_deadline(server, args, TimeUnit::UnixMilliseconds, "pexpireat")
}

/// The conditions that `EXPIRE` takes.
#[derive(Default)]
struct Conditions {
    only_without: bool,
    only_with: bool,
    only_later: bool,
    only_sooner: bool,
}

impl Conditions {
    fn parse(words: &[&[u8]]) -> Result<Self, CommandError> {
        let mut conditions = Self::default();
        for word in words {
            if is(word, "NX") {
                conditions.only_without = true;
            } else if is(word, "XX") {
                conditions.only_with = true;
            } else if is(word, "GT") {
                conditions.only_later = true;
            } else if is(word, "LT") {
                conditions.only_sooner = true;
            } else {
                let shown = String::from_utf8_lossy(word);
                return Err(CommandError(format!("ERR Unsupported option {shown}").into()));
            }
        }
        let others = conditions.only_with || conditions.only_later || conditions.only_sooner;
        if conditions.only_without && others {
            return Err(NX_AND_XX_GT_LT);
        }
        if conditions.only_later && conditions.only_sooner {
            return Err(GT_AND_LT);
        }
        Ok(conditions)
    }

    /// Whether a key with this deadline may have the new one. No deadline counts as endlessly late.
    fn allow(&self, current: Option<i64>, new: i64) -> bool {
        let fits_presence = !(self.only_without && current.is_some() || self.only_with && current.is_none());
        let fits_later = !self.only_later || current.is_some_and(|current| new > current);
        let fits_sooner = !self.only_sooner || current.is_none_or(|current| new < current);
        fits_presence && fits_later && fits_sooner
    }
}

/// `EXPIRE` and its kin. A deadline that has already come deletes the key at once (rule 23).
fn set_deadline(server: &mut Server, args: &[&[u8]], unit: TimeUnit, command: &str) -> Outcome {
    let conditions = Conditions::parse(&args[3..])?;
    let keyspace = &mut server.keyspace;
    let deadline = unit.to_deadline(integer(args[2])?, keyspace.now_ms).ok_or_else(|| invalid_expire_time(command))?;
    let key = args[1];
    let Some(entry) = keyspace.entry(key) else {
        return Ok(Reply::Int(0));
    };
    if !conditions.allow(entry.expire_at, deadline) {
        return Ok(Reply::Int(0));
    }
    if deadline <= keyspace.now_ms {
        keyspace.delete(key);
    } else {
        keyspace.set_deadline(key, Some(deadline));
    }
    Ok(Reply::Int(1))
}

pub(super) fn persist(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let has_deadline = server.keyspace.entry(args[1]).is_some_and(|entry| entry.expire_at.is_some());
    if has_deadline {
        server.keyspace.set_deadline(args[1], None);
    }
    Ok(Reply::flag(has_deadline))
}

pub(super) fn ttl(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let now_ms = server.keyspace.now_ms;
    Ok(time_answer(server, args[1], |at| to_seconds((at - now_ms).max(0))))
}

pub(super) fn pttl(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let now_ms = server.keyspace.now_ms;
    Ok(time_answer(server, args[1], |at| (at - now_ms).max(0)))
}

pub(super) fn expiretime(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(time_answer(server, args[1], to_seconds))
}

pub(super) fn pexpiretime(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(time_answer(server, args[1], |at| at))
}

/// Redis rounds to the nearest second.
fn to_seconds(ms: i64) -> i64 {
    ms.saturating_add(500) / 1_000
}

/// -2 without a key, -1 without a deadline.
fn time_answer(server: &mut Server, key: &[u8], of_deadline: impl FnOnce(i64) -> i64) -> Reply {
    match server.keyspace.entry(key) {
        None => Reply::Int(-2),
        Some(entry) => Reply::Int(entry.expire_at.map_or(-1, of_deadline)),
    }
}
