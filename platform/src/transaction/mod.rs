//! The transaction path: from the wish to buy to a committed order, or to everything given back.
//!
//! | module | what it does |
//! |---|---|
//! | [`cart`] | what somebody may buy |
//! | [`products`] | what can be bought, kept in memory |
//! | [`inventory`] | the Redis gate with its holds, and the upkeep that rebuilds, reaps and watches for leaks |
//! | [`checkout`] | the lane: admission, reservation, the placed order, the saga |
//! | [`orders`] | reading and cancelling orders |
//! | [`payments`] | the card gateway's client, and the intake of its webhooks |
//! | [`commit`] | the hard commit, by one of four strategies |
//! | [`compensation`] | the worker that settles whatever a saga left behind |
//! | [`steps`] | reservation and commit by themselves, for whoever measures them |
//!
//! Two facts carry the correctness of all of it. An order leaves a status by `UPDATE … WHERE status = …`, so of all the
//! sagas, workers and retries that race for it exactly one moves it. And every request to the card gateway carries a
//! key made from the order id, so that sending it again is always safe.

mod backoff;
pub mod cart;
pub mod checkout;
pub mod commit;
pub mod compensation;
pub mod inventory;
mod order_lines;
mod order_record;
pub mod orders;
pub mod payments;
pub mod products;
pub mod steps;
