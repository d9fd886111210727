//! Idempotency keys: one key, one request, one answer, for a day.
//! Which answers are worth keeping is decided by the caller; this only stores, compares and forgets.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderValue;

use crate::answer::Answer;
use crate::error::ApiError;

/// Stripe's limit.
const KEY_MAX_CHARS: usize = 255;

/// SHA-256 over path and parameters.
pub(crate) type Fingerprint = [u8; 32];

#[derive(Debug)]
struct Stored {
    fingerprint: Fingerprint,
    answer: Answer,
    /// When the first request is answered; until then the key is in use.
    answered_ms: i64,
}

#[derive(Debug)]
pub(crate) struct StoredAnswers {
    life_ms: i64,
    answers: BTreeMap<String, Stored>,
    /// `(stored_at_ms, key)`, oldest first.
    ages: VecDeque<(i64, String)>,
}

/// What is known of a key.
pub(crate) enum Lookup {
    New,
    /// The same request is still being answered.
    InUse,
    Replay(Answer),
    OtherRequest,
}

/// The key as text, within Stripe's bounds.
pub(crate) fn checked_key(header: &HeaderValue) -> Result<&str, ApiError> {
    let key = header.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_MAX_CHARS {
        let message = format!("Idempotency-Key must be 1 to {KEY_MAX_CHARS} visible ASCII characters.");
        return Err(ApiError::malformed(message));
    }
    Ok(key)
}

impl StoredAnswers {
    pub(crate) fn new(life_ms: i64) -> Self {
        Self { life_ms, answers: BTreeMap::new(), ages: VecDeque::new() }
    }

    pub(crate) fn look_up(&self, key: &str, fingerprint: &Fingerprint, now_ms: i64) -> Lookup {
        match self.answers.get(key) {
            None => Lookup::New,
            Some(stored) if stored.fingerprint != *fingerprint => Lookup::OtherRequest,
            Some(stored) if stored.answered_ms > now_ms => Lookup::InUse,
            Some(stored) => Lookup::Replay(Answer { replayed: true, ..stored.answer.clone() }),
        }
    }

    pub(crate) fn keep(&mut self, key: &str, fingerprint: Fingerprint, answer: &Answer, now_ms: i64, answered_ms: i64) {
        let stored = Stored { fingerprint, answer: answer.clone(), answered_ms };
        let before = self.answers.insert(key.to_owned(), stored);
        assert!(before.is_none(), "a known key is replayed or refused, never stored again");
        self.ages.push_back((now_ms, key.to_owned()));
    }

    pub(crate) fn forget_expired(&mut self, now_ms: i64) {
        while self.ages.front().is_some_and(|(at_ms, _)| at_ms.saturating_add(self.life_ms) <= now_ms) {
            if let Some((_, key)) = self.ages.pop_front() {
                self.answers.remove(&key);
            }
        }
    }
}
