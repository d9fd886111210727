//! The adapters against real servers, one file per port. A server that cannot be started fails the test and is named:
//! nothing is skipped.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod http;
mod kafka;
mod postgres;
mod postgres_faults;
mod redis;
