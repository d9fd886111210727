//! Inventory: the Redis gate in front of the stock, and what keeps it honest.
//!
//! | module | what it does |
//! |---|---|
//! | [`keys`] | the names under which the gate lies in Redis |
//! | `link` | one Redis connection: commands with a time limit, scripts by their hash |
//! | [`gate`] | a verified connection with its epoch; reserve, release, confirm, restock |
//! | `epoch` | the fence: the row of Postgres by which the gate is opened, shut and moved on |
//! | `order_holds` | the same for all lines of an order |
//! | `upkeep` | the worker: rebuild after a loss, reap expired holds, watch for leaks |
//! | `availability` | what can be bought now, for the product page |
//!
//! The gate's counter is a promise, never the truth: once quiet, per SKU, counter = on hand (buckets included) − units in
//! live holds. Each way in which the two can drift apart is named where it is mended.

mod availability;
mod epoch;
pub mod gate;
pub mod keys;
mod leak;
pub(crate) mod link;
mod order_holds;
mod reaper;
mod rebuild;
mod reservation;
mod upkeep;

pub(crate) use reservation::{Claim, Reservation};

pub use availability::inventory_router;
pub use upkeep::upkeep_worker;
