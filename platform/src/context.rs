//! What a process of the platform is given by the world it runs in.

use std::sync::Arc;

use ports::clock::Clock;
use ports::entropy::Entropy;
use ports::events::EventLog;
use ports::http_port::HttpClient;
use ports::redis_port::RedisConnector;
use ports::sql::SqlPool;

use crate::bugs::Bugs;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::texts::Texts;

/// The ports, the clock, the entropy and the settings of one process. Cloning shares them.
#[derive(Clone)]
pub struct Context {
    /// Postgres. Each lane is given a pool of its own.
    pub sql: Arc<dyn SqlPool>,
    /// Redis.
    pub redis: Arc<dyn RedisConnector>,
    /// The event log.
    pub events: Arc<dyn EventLog>,
    /// Other services, the card gateway among them.
    pub http: Arc<dyn HttpClient>,
    /// The wall clock of this process.
    pub clock: Arc<dyn Clock>,
    /// This process's randomness.
    pub entropy: Entropy,
    /// Statements and scripts.
    pub texts: Texts,
    /// Settings.
    pub config: Arc<Config>,
    /// Known bugs that are switched on; none outside the simulator.
    pub bugs: Bugs,
    /// Counters of this process, kept by the world across its crashes.
    pub metrics: Metrics,
}
