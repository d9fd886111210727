//! The platform's four ports over real servers.
//!
//! | module | port | over |
//! |---|---|---|
//! | [`postgres`] | `sql` | sqlx's `PgPool` |
//! | [`redis`](mod@redis) | `redis` | redis-rs's multiplexed connection |
//! | [`kafka`] | `events` | librdkafka |
//! | [`http`](mod@http) | `http_port` | reqwest |
//!
//! Each has one map from its library's errors to the port's, and with that to what is known of an effect: applied, not
//! applied, or unknown. Nothing here retries what may have taken effect: that is the platform's to decide.

pub mod http;
pub mod kafka;
pub mod postgres;
pub mod redis;
