//! Locks, of two kinds. A row's lockers ([`RowLocks`]) are written into the row's versions, as a server writes them into a
//! tuple's `xmax`: whoever finds one that conflicts waits for its transaction to end. Lock queues ([`LockTable`]) are a
//! server's lock manager: advisory locks, and a row version's own lock, which decides who of those that wait for it is next.
//! Knows nothing of rows' contents, nor of time: timers live with the session that waits.

mod deadlock;
mod mode;
mod queue;
mod rows;
mod table;

pub(crate) use mode::LockMode;
pub(crate) use queue::Joined;
pub(crate) use rows::{Member, RowLocks, Standing};
pub(crate) use table::{LockKey, LockTable, Request};
