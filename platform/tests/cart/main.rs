//! Carts over engines: a gateway and the orders role behind it, asked as shoppers ask.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod carts;
mod checkouts;
mod hostile;
mod shop;
