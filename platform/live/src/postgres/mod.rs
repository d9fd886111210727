//! The `sql` port on PostgreSQL, through sqlx's `PgPool`.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | sizes and time limits, and what the server is told of them |
//! | `pool` | [`PostgresPool`]: who gets a connection, and when one is refused |
//! | `lease` | a connection out of the pool: one statement within its time, and the way back |
//! | `transaction` | begin, commit, rollback; a dropped one rolls back |
//! | `bind`, `read` | the port's values as the wire has them, in both directions |
//! | `error` | the one map from sqlx's errors to the port's |
//!
//! Every statement is prepared under its text, once per connection: the platform's statements are static. The types of
//! its parameters are the ones the server inferred, so a null or an integer is sent as what the statement wants there.

mod bind;
mod error;
mod lease;
mod pool;
mod read;
mod settings;
mod transaction;

pub use pool::PostgresPool;
pub use settings::{BadAddress, PostgresSettings};
