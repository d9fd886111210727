//! Ranges of sorted sets, by score and by rank, and what removes or counts them.

use bytes::Bytes;

use super::arguments::{ScoreRange, integer, is};
use crate::errors::{CommandError, Outcome, SYNTAX, ZRANGE_LIMIT_NEEDS_BY, unsupported};
use crate::reply::Reply;
use crate::server::Server;
use crate::value::SortedSet;

/// Members and their scores, in the order they are answered.
type Found = Vec<(Bytes, f64)>;

/// How a range is asked for.
#[derive(Clone, Copy, Default)]
struct RangeOptions {
    by_score: bool,
    reverse: bool,
    with_scores: bool,
    limit: Option<(i64, i64)>,
}

impl RangeOptions {
    /// Reads the words behind the ends. `full` is `ZRANGE`, which takes all; the older commands fix order and kind.
    fn parse(mut self, words: &[&[u8]], full: bool) -> Result<Self, CommandError> {
        let mut rest = words;
        loop {
            rest = match rest {
                [] => break,
                [word, after @ ..] if is(word, "WITHSCORES") => {
                    self.with_scores = true;
                    after
                }
                [word, offset, count, after @ ..] if is(word, "LIMIT") => {
                    self.limit = Some((integer(offset)?, integer(count)?));
                    after
                }
                [word, after @ ..] if full && is(word, "REV") => {
                    self.reverse = true;
                    after
                }
                [word, after @ ..] if full && is(word, "BYSCORE") && !self.by_score => {
                    self.by_score = true;
                    after
                }
                [word, ..] if full && is(word, "BYLEX") => return Err(unsupported("ZRANGE BYLEX")),
                _ => return Err(SYNTAX),
            };
        }
        // Redis takes a count of -1 for no limit at all.
        if self.limit.is_some_and(|(_, count)| count != -1) && !self.by_score {
            return Err(ZRANGE_LIMIT_NEEDS_BY);
        }
        Ok(self)
    }
}

pub(super) fn zrange(server: &mut Server, args: &[&[u8]]) -> Outcome {
    range(server, args, RangeOptions::default().parse(&args[4..], true)?)
}

pub(super) fn zrevrange(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let options = RangeOptions { reverse: true, ..RangeOptions::default() };
    range(server, args, options.parse(&args[4..], false)?)
}

pub(super) fn zrangebyscore(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let options = RangeOptions { by_score: true, ..RangeOptions::default() };
    range(server, args, options.parse(&args[4..], false)?)
}

pub(super) fn zrevrangebyscore(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let options = RangeOptions { by_score: true, reverse: true, ..RangeOptions::default() };
    range(server, args, options.parse(&args[4..], false)?)
}

fn range(server: &mut Server, args: &[&[u8]], options: RangeOptions) -> Outcome {
    let (key, first, last) = (args[1], args[2], args[3]);
    let found = if options.by_score {
        // A reversed range names its upper end first.
        let scores = if options.reverse { ScoreRange::parse(last, first)? } else { ScoreRange::parse(first, last)? };
        let sorted = server.keyspace.read::<SortedSet>(key)?;
        sorted.map(|sorted| by_score(sorted, scores, options)).unwrap_or_default()
    } else {
        let (first, last) = (integer(first)?, integer(last)?);
        let sorted = server.keyspace.read::<SortedSet>(key)?;
        sorted.map(|sorted| by_rank(sorted, first, last, options.reverse)).unwrap_or_default()
    };
    Ok(answer(found, options.with_scores, server.answers_resp3))
}

/// RESP 3 pairs each member with its score; RESP 2 lists them one after the other.
fn answer(found: Found, with_scores: bool, in_pairs: bool) -> Reply {
    let mut words = Vec::with_capacity(found.len() * if with_scores { 2 } else { 1 });
    for (member, score) in found {
        match (with_scores, in_pairs) {
            (false, _) => words.push(Reply::Bulk(member)),
            (true, true) => words.push(Reply::Array(vec![Reply::Bulk(member), Reply::Double(score)])),
            (true, false) => words.extend([Reply::Bulk(member), Reply::Double(score)]),
        }
    }
    Reply::Array(words)
}

fn by_score(sorted: &SortedSet, scores: ScoreRange, options: RangeOptions) -> Found {
    let in_range = sorted
        .iter_from(scores.min.score)
        .skip_while(|(_, score)| !scores.is_reached_by(*score))
        .take_while(|(_, score)| scores.has_not_ended_at(*score));
    let owned = |(member, score): (&Bytes, f64)| (member.clone(), score);
    let (offset, count) = options.limit.unwrap_or((0, -1));
    // A negative offset finds nothing, a negative count everything.
    let Ok(offset) = usize::try_from(offset) else {
        return Found::new();
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if options.reverse {
        let mut all: Found = in_range.map(owned).collect();
        all.reverse();
        all.into_iter().skip(offset).take(count).collect()
    } else {
        in_range.skip(offset).take(count).map(owned).collect()
    }
}

/// Ranks from `first` to `last`, both included; negative ones count from the end.
fn by_rank(sorted: &SortedSet, first: i64, last: i64, reverse: bool) -> Found {
    let length = i64::try_from(sorted.len()).unwrap_or(i64::MAX);
    let first = if first < 0 { first.saturating_add(length).max(0) } else { first };
    let last = if last < 0 { last.saturating_add(length) } else { last.min(length - 1) };
    let (Ok(skipped), Ok(taken)) = (usize::try_from(first), usize::try_from(last - first + 1)) else {
        return Found::new();
    };
    let owned = |(member, score): (&Bytes, f64)| (member.clone(), score);
    if reverse {
        sorted.iter().rev().skip(skipped).take(taken).map(owned).collect()
    } else {
        sorted.iter().skip(skipped).take(taken).map(owned).collect()
    }
}

pub(super) fn zcount(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let scores = ScoreRange::parse(args[2], args[3])?;
    let Some(sorted) = server.keyspace.read::<SortedSet>(args[1])? else {
        return Ok(Reply::Int(0));
    };
    let in_range = sorted
        .iter_from(scores.min.score)
        .skip_while(|(_, score)| !scores.is_reached_by(*score))
        .take_while(|(_, score)| scores.has_not_ended_at(*score));
    Ok(Reply::count(in_range.count()))
}

pub(super) fn zremrangebyscore(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let scores = ScoreRange::parse(args[2], args[3])?;
    let sorted = server.keyspace.read::<SortedSet>(args[1])?;
    let found = sorted.map(|sorted| by_score(sorted, scores, RangeOptions::default())).unwrap_or_default();
    remove_all(server, args[1], found)
}

pub(super) fn zremrangebyrank(server: &mut Server, args: &[&[u8]]) -> Outcome {
    let (first, last) = (integer(args[2])?, integer(args[3])?);
    let sorted = server.keyspace.read::<SortedSet>(args[1])?;
    let found = sorted.map(|sorted| by_rank(sorted, first, last, false)).unwrap_or_default();
    remove_all(server, args[1], found)
}

fn remove_all(server: &mut Server, key: &[u8], found: Found) -> Outcome {
    let removed = Reply::count(found.len());
    for (member, _) in found {
        server.keyspace.sorted_remove(key, &member)?;
    }
    Ok(removed)
}
