//! The catalog over engines: what is counted, what is served when a store is away, and what hostile input comes to.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on has failed, whatever it was that it met"
)]

mod cache;
mod index;
mod lists;
mod search;
mod shop;
mod sweep;
mod world;
