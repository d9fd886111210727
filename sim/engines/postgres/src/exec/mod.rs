//! Running plans. Reading is plain code; only what takes row locks is `async`, and the only thing ever awaited is the
//! end of somebody else's lock or transaction.

mod advisory;
mod aggregate;
mod conflict;
mod control;
mod foreign_key;
mod insert;
mod join;
mod lease;
mod lock_rows;
mod modify;
mod query;
mod recheck;
mod row_lock;
mod run;
mod scan;
mod select;
mod sort;
mod statement;
mod subquery;
mod unique;
mod wait;
mod window;

pub(crate) use insert::updates as conflict_updates;
pub(crate) use join::is_lateral;
pub(crate) use lease::{Baton, Lease};
pub(crate) use query::may_wait;
pub(crate) use run::{Run, StatementState};
pub(crate) use statement::{execute, try_at_once};
pub(crate) use subquery::subquery;
