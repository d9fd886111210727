//! The flash-sale platform: a gateway in front of three paths.
//!
//! | path | what lives there |
//! |---|---|
//! | [`discovery`] | the catalog: what shoppers look at, apart from where they buy |
//! | [`transaction`] | inventory and its Redis gate, checkout, payments, orders, compensation, the flash-sale lane |
//! | [`fulfilment`] | the outbox relay and its consumers: notification, analytics, warehouse |
//! | [`accounts`] | who somebody is: passwords and sessions |
//! | [`gateway`] | the public API: who is asking, how fast, and where the request goes |
//!
//! Everything that leaves a process crosses one of the ports of the `ports` crate; the statements and scripts lie in
//! `sql/`, `lua/` and `migrations/` and are reached through [`texts`].

pub mod accounts;
pub mod bugs;
pub mod config;
pub mod context;
pub mod discovery;
pub mod exposition;
pub mod fulfilment;
pub mod gateway;
pub mod health;
pub mod messages;
pub mod metrics;
pub mod order_status;
mod redis_link;
pub mod roles;
mod signing;
mod storefront;
pub mod texts;
pub mod time_limit;
pub mod transaction;
mod whole_number;
