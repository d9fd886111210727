//! Real servers for tests: Postgres, Redis, Apache Kafka, OpenSearch and Debezium on free ports of the loopback interface, each in a folder of
//! its own that is removed at the end.
//!
//! - [`Postgres`], [`Redis`], [`Kafka`], [`OpenSearch`] and [`Debezium`] start one server each; [`Server`] is what they share: kill, stop, restart on the
//!   same data and port, pause, the end of the log.
//! - [`shared`] gives a server that many tests use side by side (own database, own topics): the one that `testbed run`
//!   started, or else one per process. Where a Docker engine answers, `testbed run` starts those as [`Containers`].
//! - [`Program`] is any other HTTP service under the same care: a role of the platform, a payment sandbox.
//! - [`Proxy`] stands between a client and a server and loses what it is told to lose, the answer to COMMIT above all.
//!
//! **Nothing stays behind.** Each server belongs to a small supervising shell that reads a pipe whose other end only the
//! starting process holds. However that process ends (return, panic, interrupt, `kill -9`), the pipe closes, and the
//! supervisor ends the server and removes its folder. `Drop` does nothing more than close that pipe and wait.
//!
//! What the tests do with the servers is left to them; nothing here knows the platform.

mod containers;
mod debezium;
mod error;
mod install;
mod jars;
mod kafka;
mod opensearch;
mod port;
mod postgres;
mod program;
mod proxy;
mod redis;
mod server;
pub mod shared;
mod supervisor;

pub use containers::Containers;
pub use debezium::{Debezium, Follow};
pub use error::Error;
pub use install::{Engine, client_program, install_missing};
pub use kafka::Kafka;
pub use opensearch::OpenSearch;
pub use port::{Port, free_port};
pub use postgres::{Postgres, PostgresOptions, psql};
pub use program::Program;
pub use proxy::{Cut, Proxy};
pub use redis::{Persistence, Redis, Written};
pub use server::Server;
