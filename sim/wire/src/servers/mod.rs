//! The servers' ends of the wire: HTTP in front of the platform's routers, and the engines' protocols.

pub mod frames;
pub mod http;
pub mod kafka;
pub mod postgres;
pub mod redis;
pub mod resp;

use turmoil_net::shim::tokio::net::TcpListener;

use crate::world::fabric::TICK;

/// Where each kind of server listens.
pub const HTTP_PORT: u16 = 80;
/// Where Postgres listens.
pub const POSTGRES_PORT: u16 = 5_432;
/// Where Redis listens.
pub const REDIS_PORT: u16 = 6_379;
/// Where Kafka listens.
pub const KAFKA_PORT: u16 = 9_092;

/// Listens on `port`, as soon as what is left of a process that had it before has been cleared away.
pub async fn listen(port: u16) -> TcpListener {
    loop {
        match TcpListener::bind(("0.0.0.0", port)).await {
            Ok(listener) => return listener,
            Err(_in_use) => tokio::time::sleep(TICK).await,
        }
    }
}
