//! A sorted set: members by score, ties by bytes (rule 24). Lookup by member is constant time, by score
//! logarithmic; a rank is found by counting.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

use bytes::Bytes;
use rustc_hash::FxBuildHasher;

#[expect(clippy::disallowed_types, reason = "looked up by member only, never iterated")]
type Scores = std::collections::HashMap<Bytes, f64, FxBuildHasher>;

/// A score that can be ordered: never NaN, and 0 equals -0 as in C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score(pub(crate) f64);

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).expect("a NaN score is refused before it is stored")
    }
}

/// Members with their scores.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortedSet {
    scores: Scores,
    order: BTreeSet<(Score, Bytes)>,
}

impl SortedSet {
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    /// Sets a member's score and gives the score it had. -0 is stored as 0, as in Redis's small sorted sets.
    pub(crate) fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let score = score + 0.0;
        match self.scores.get_mut(member) {
            Some(slot) => {
                let old = std::mem::replace(slot, score);
                let place = (Score(old), Bytes::copy_from_slice(member));
                self.order.remove(&place);
                self.order.insert((Score(score), place.1));
                Some(old)
            }
            None => {
                let member = Bytes::copy_from_slice(member);
                self.scores.insert(member.clone(), score);
                self.order.insert((Score(score), member));
                None
            }
        }
    }

    /// Takes a member out and gives the score it had.
    pub(crate) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let (member, score) = self.scores.remove_entry(member)?;
        self.order.remove(&(Score(score), member));
        Some(score)
    }

    /// Members in ascending order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Bytes, f64)> {
        self.order.iter().map(|(score, member)| (member, score.0))
    }

    /// Members in ascending order whose score is at least `from`; the search is logarithmic.
    pub(crate) fn iter_from(&self, from: f64) -> impl DoubleEndedIterator<Item = (&Bytes, f64)> {
        let start = (Bound::Included((Score(from), Bytes::new())), Bound::Unbounded);
        self.order.range(start).map(|(score, member)| (member, score.0))
    }

    /// How many members come before this one, lowest score first.
    pub(crate) fn rank(&self, member: &[u8]) -> Option<usize> {
        let score = Score(self.score(member)?);
        let place = (score, Bytes::copy_from_slice(member));
        Some(self.order.range(..place).count())
    }
}
