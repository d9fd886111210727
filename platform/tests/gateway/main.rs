//! The public API, answer by answer. Folders mirror the URLs; every answer is a snapshot of the whole response.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod checkouts;
mod edge;
mod elsewhere;
mod health;
mod orders;
mod products;
