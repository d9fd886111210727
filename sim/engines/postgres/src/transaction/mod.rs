//! Transactions: what one has done, so that it can be committed or taken back, whole or to a savepoint.

mod finish;
mod log;
mod serializable;

pub(crate) use log::{Held, Isolation, LogEntry, Savepoint, Transaction};
pub(crate) use serializable::{Read, Watched};
