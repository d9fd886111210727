//! The `platform` command as whoever starts it sees it: its lines, its exit codes, and what it serves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod bad_input;
mod catalog;
mod collector;
#[path = "../../../../reports/render/tests/reports/devtools.rs"]
#[allow(dead_code, reason = "the browser is spoken to as the tests of reports do; these need less of it")]
mod devtools;
mod embedded;
mod hostile;
mod live;
mod process;
mod storefront;
mod traces;
