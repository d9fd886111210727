//! The transaction path against the engines, in one process and in virtual time: what one order, one lost answer, one
//! crash leaves behind in all three stores.
#![cfg(not(madsim))]
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test that cannot go on has failed")]

mod card;
mod carts;
mod checkout;
mod compensation;
mod database;
mod gate;
mod redis_server;
mod shop;
