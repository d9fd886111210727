//! For every rule of every checker: the history or the stores that break it, and that the clean ones hold.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod story;

mod admission;
mod carts;
mod events;
mod explain;
mod holds;
mod idempotency;
mod judge;
mod liveness;
mod money;
mod orders;
mod random;
mod shop;
mod stock;
mod targets;
