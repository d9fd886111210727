//! Servers that many tests use side by side: the ones `testbed run` started and named in the environment, else one of each
//! per process, started at first use and ended with the process.
//!
//! A test that shares a server makes its own database, its own topics, its own keys, and never stops it.

use std::sync::OnceLock;

use crate::{Error, Kafka, Persistence, Postgres, Redis, psql};

/// Names the shared Postgres: the address of its database `postgres`, whose user may create databases.
pub const POSTGRES: &str = "TESTBED_POSTGRES";
/// Names the shared Redis, which keeps nothing.
pub const REDIS: &str = "TESTBED_REDIS";
/// Names the shared Kafka, as `bootstrap.servers` takes it.
pub const KAFKA: &str = "TESTBED_KAFKA";

/// The address of the shared Postgres's database `postgres`.
///
/// # Errors
/// When none is named and none can be started.
pub fn postgres() -> Result<String, Error> {
    static OWN: OnceLock<(Postgres, String)> = OnceLock::new();
    get(POSTGRES, &OWN, || Postgres::start().map(|server| (server.url(), server)))
}

/// A new database on the shared Postgres, dropped first if it is there; gives its address.
///
/// # Errors
/// When there is no server or it refuses.
pub fn database(name: &str) -> Result<String, Error> {
    let url = postgres()?;
    psql(&url, &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))?;
    psql(&url, &format!("CREATE DATABASE \"{name}\""))?;
    let (server, _) = url.rsplit_once('/').expect("the address ends in the database's name");
    Ok(format!("{server}/{name}"))
}

/// The address of the shared Redis.
///
/// # Errors
/// When none is named and none can be started.
pub fn redis() -> Result<String, Error> {
    static OWN: OnceLock<(Redis, String)> = OnceLock::new();
    get(REDIS, &OWN, || Redis::start(Persistence::None).map(|server| (server.url(), server)))
}

/// The shared Kafka, as `bootstrap.servers` takes it.
///
/// # Errors
/// When none is named and none can be started.
pub fn kafka() -> Result<String, Error> {
    static OWN: OnceLock<(Kafka, String)> = OnceLock::new();
    get(KAFKA, &OWN, || Kafka::start().map(|server| (server.bootstrap(), server)))
}

/// The server stays in a static that is never dropped: its supervisor ends it when the process is gone.
fn get<S>(
    variable: &str,
    own: &OnceLock<(S, String)>,
    start: impl FnOnce() -> Result<(String, S), Error>,
) -> Result<String, Error> {
    if let Ok(address) = std::env::var(variable) {
        return Ok(address);
    }
    if let Some((_, address)) = own.get() {
        return Ok(address.clone());
    }
    let (address, server) = start()?;
    // Should two threads have started one each, the second is dropped, and so ended.
    Ok(own.get_or_init(|| (server, address)).1.clone())
}
