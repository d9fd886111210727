//! Locks: who holds which row in which mode, who waits, in what order they are served, and who waits for whom.
//! Knows nothing of rows' contents, nor of time: timers live with the session that waits.

mod deadlock;
mod mode;
mod queue;
mod table;

pub(crate) use mode::LockMode;
pub(crate) use queue::Promotion;
pub(crate) use table::{LockKey, LockTable, Request};
