//! Sequences. They stand outside transactions: a value once given is never given again, whatever rolls back.

use std::cell::Cell;

use crate::error::{Fallible, PgError};

/// A counter shared by all sessions.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) name: String,
    pub(crate) increment: i64,
    pub(crate) max: i64,
    pub(crate) start: i64,
    /// The value the next call returns.
    next: Cell<Option<i64>>,
}

impl Sequence {
    pub(crate) fn new(name: &str, start: i64, increment: i64, max: i64) -> Self {
        Self { name: name.to_owned(), increment, max, start, next: Cell::new(Some(start)) }
    }

    /// `nextval`; 2200H at the end.
    pub(crate) fn next(&self) -> Fallible<i64> {
        let value = self.next.get().filter(|value| *value <= self.max).ok_or_else(|| {
            let message = format!("nextval: reached maximum value of sequence \"{}\" ({})", self.name, self.max);
            PgError::new("2200H", message)
        })?;
        self.next.set(value.checked_add(self.increment));
        Ok(value)
    }

    /// `setval(…, value, called)`.
    pub(crate) fn set(&self, value: i64, called: bool) {
        self.next.set(if called { value.checked_add(self.increment) } else { Some(value) });
    }

    pub(crate) fn restart(&self) {
        self.next.set(Some(self.start));
    }
}
