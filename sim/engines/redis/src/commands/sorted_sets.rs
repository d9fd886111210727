//! Sorted sets: changing scores, reading scores and ranks. Ranges are in `sorted_ranges`.

use super::arguments::{double, is};
use crate::errors::{CommandError, Outcome, SCORE_IS_NAN, SYNTAX, ZADD_GT_LT_NX, ZADD_INCR_PAIRS, ZADD_NX_AND_XX};
use crate::reply::Reply;
use crate::server::Server;
use crate::value::SortedSet;

/// The options of `ZADD`.
#[derive(Clone, Copy, Default)]
struct AddOptions {
    only_new: bool,
    only_present: bool,
    only_greater: bool,
    only_less: bool,
    count_changed: bool,
    increment: bool,
}

/// What became of one element.
#[derive(Clone, Copy, PartialEq)]
enum Added {
    Skipped,
    New(f64),
    Updated(f64),
    Same(f64),
}

impl AddOptions {
    /// Reads options up to the first word that is none; gives where the pairs begin.
    fn parse(args: &[&[u8]]) -> (Self, usize) {
        let mut options = Self::default();
        let mut at = 2;
        while let Some(word) = args.get(at) {
            if is(word, "NX") {
                options.only_new = true;
            } else if is(word, "XX") {
                options.only_present = true;
            } else if is(word, "GT") {
                options.only_greater = true;
            } else if is(word, "LT") {
                options.only_less = true;
            } else if is(word, "CH") {
                options.count_changed = true;
            } else if is(word, "INCR") {
                options.increment = true;
            } else {
                break;
            }
            at += 1;
        }
        (options, at)
    }

    fn check(&self, pairs: &[&[u8]]) -> Result<(), CommandError> {
        if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
            return Err(SYNTAX);
        }
        if self.only_new && self.only_present {
            return Err(ZADD_NX_AND_XX);
        }
        if (self.only_greater || self.only_less) && self.only_new || self.only_greater && self.only_less {
            return Err(ZADD_GT_LT_NX);
        }
        if self.increment && pairs.len() > 2 {
            return Err(ZADD_INCR_PAIRS);
        }
        Ok(())
    }

    /// Adds or changes one member.
    fn apply(&self, server: &mut Server, key: &[u8], score: f64, member: &[u8]) -> Result<Added, CommandError> {
        let current = server.keyspace.read::<SortedSet>(key)?.and_then(|sorted| sorted.score(member));
        let Some(current) = current else {
            if self.only_present {
                return Ok(Added::Skipped);
            }
            server.keyspace.sorted_insert(key, member, score)?;
            return Ok(Added::New(score));
        };
        if self.only_new {
            return Ok(Added::Skipped);
        }
        let score = if self.increment { current + score } else { score };
        if score.is_nan() {
            return Err(SCORE_IS_NAN);
        }
        if self.only_greater && score <= current || self.only_less && score >= current {
            return Ok(Added::Skipped);
        }
        if score == current {
            return Ok(Added::Same(score));
        }
        server.keyspace.sorted_insert(key, member, score)?;
        Ok(Added::Updated(score))
    }
}

pub(super) fn zadd(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let (options, at) = AddOptions::parse(args);
    let pairs = &args[at..];
    options.check(pairs)?;
    // All scores are read before the first change, and before the key's type is looked at.
    for pair in pairs.chunks_exact(2) {
        double(pair[0])?;
    }
    let (mut new, mut updated) = (0, 0);
    let mut last = Added::Skipped;
    for pair in pairs.chunks_exact(2) {
        last = options.apply(server, args[1], double(pair[0])?, pair[1])?;
        new += i64::from(matches!(last, Added::New(_)));
        updated += i64::from(matches!(last, Added::Updated(_)));
    }
    if options.increment {
        return Ok(match last {
            Added::Skipped => Reply::Nil,
            Added::New(score) | Added::Updated(score) | Added::Same(score) => Reply::Double(score),
        });
    }
    Ok(Reply::Int(if options.count_changed { new + updated } else { new }))
}

pub(super) fn zincrby(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let increment = double(args[2])?;
    let options = AddOptions { increment: true, ..AddOptions::default() };
    Ok(match options.apply(server, args[1], increment, args[3])? {
        Added::Skipped => Reply::Nil,
        Added::New(score) | Added::Updated(score) | Added::Same(score) => Reply::Double(score),
    })
}

pub(super) fn zrem(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let mut removed = 0;
    for member in &args[2..] {
        removed += i64::from(server.keyspace.sorted_remove(args[1], member)?);
    }
    Ok(Reply::Int(removed))
}

pub(super) fn zscore(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let score = server.keyspace.read::<SortedSet>(args[1])?.and_then(|sorted| sorted.score(args[2]));
    Ok(score.map_or(Reply::Nil, Reply::Double))
}

pub(super) fn zmscore(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let sorted = server.keyspace.read::<SortedSet>(args[1])?;
    let score = |member: &&[u8]| sorted.and_then(|sorted| sorted.score(member)).map_or(Reply::Nil, Reply::Double);
    Ok(Reply::Array(args[2..].iter().map(score).collect()))
}

pub(super) fn zcard(server: &mut Server, args: &[&[u8]]) -> Outcome {
    Ok(Reply::count(server.keyspace.read::<SortedSet>(args[1])?.map_or(0, SortedSet::len)))
}

pub(super) fn zrank(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let rank = server.keyspace.read::<SortedSet>(args[1])?.and_then(|sorted| sorted.rank(args[2]));
    Ok(rank.map_or(Reply::Nil, Reply::count))
}

pub(super) fn zrevrank(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let Some(sorted) = server.keyspace.read::<SortedSet>(args[1])? else {
        return Ok(Reply::Nil);
    };
    Ok(sorted.rank(args[2]).map_or(Reply::Nil, |rank| Reply::count(sorted.len() - 1 - rank)))
}
