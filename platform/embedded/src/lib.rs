//! The engines in the process, behind the platform's four ports: real tokio, real time, nothing to install and nothing
//! kept.
//!
//! | file | port |
//! |---|---|
//! | [`postgres`] | `sql`: pools of sessions on the Postgres engine |
//! | [`redis_server`] | `redis`: connections to the Redis engine |
//! | [`kafka`] | `events`: producers and group members on the Kafka engine |
//! | [`switchboard`] | `http`: the routers of the services of this process, called directly |
//! | [`search`] | the search server, as a router |
//! | [`change_stream`] | change data capture: from the Postgres engine's commits onto the log |
//! | [`cards`] | the card gateway, as a router, and its webhooks |
//! | [`sql_values`], [`redis_values`] | what crosses a port, in the engine's terms: shared with the simulator and tests |
//!
//! Each server is handed a clock and reads no other; its timers (lock timeouts, elections, expiry) are a task that ends
//! with it. Nothing here knows the platform, and no fault is injected here: that is the simulator's business.

pub mod cards;
pub mod change_stream;
pub mod kafka;
pub mod postgres;
pub mod redis_server;
pub mod redis_values;
pub mod search;
pub mod sql_values;
pub mod switchboard;
mod time;

pub use cards::CardGateway;
pub use kafka::{KafkaServer, Log};
pub use postgres::{Pool, PoolOptions, PostgresServer};
pub use redis_server::{Connector, RedisServer};
pub use search::SearchServer;
pub use switchboard::Switchboard;
