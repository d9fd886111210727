//! The card gateway as an HTTP service: the payments engine on a socket, with faults that can be switched on.
//!
//! The API is the part of Stripe's that the engine knows: payment intents with manual capture, refunds, idempotency keys,
//! form-encoded requests, errors in Stripe's shapes, webhooks with `Stripe-Signature`. So whoever talks to it can be
//! pointed at Stripe by changing an address and a key.
//!
//! | file | what it does |
//! |---|---|
//! | [`cli`] | flags, environment variables and examples |
//! | [`switches`] | faults by rate, drawn from a seed |
//! | [`faults`] | single faults, counted, as an administrator orders them |
//! | [`service`] | the API, the administrator's API, health |
//! | [`webhooks`] | delivers events until they are acknowledged |
//!
//! State ends with the process: it is a sandbox, and nothing in it is money.

pub mod cli;
mod clock;
pub mod faults;
pub mod service;
pub mod switches;
pub mod webhooks;

pub use service::{Access, Sandbox};
