//! The `platform` command as whoever starts it sees it: its lines, its exit codes, and what it serves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod bad_input;
mod embedded;
mod live;
mod process;
mod traces;
