//! The `events` port on Apache Kafka, through librdkafka.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | the brokers, time limits, and every client option with its reason |
//! | `producer` | an idempotent session: appended in order, acknowledged by all in-sync replicas |
//! | `consumer` | a group member: polls, commits after the effect, gives up what the group took away |
//! | `look` | whether there are brokers that answer |
//! | `topics` | makes topics, for the migration and for tests |
//! | `error` | the one map from librdkafka's errors to the port's |

mod consumer;
mod error;
mod look;
mod producer;
mod settings;
mod topics;

use std::time::Duration;

use async_trait::async_trait;
use ports::events::{EventConsumer, EventError, EventLog, EventProducer};
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

pub use settings::KafkaSettings;
pub use topics::NewTopic;

/// The log as one process reaches it.
pub struct LiveLog {
    settings: KafkaSettings,
}

impl LiveLog {
    /// The log on the brokers of `settings`; nothing is sent yet.
    #[must_use]
    pub fn new(settings: KafkaSettings) -> Self {
        Self { settings }
    }

    /// Whether a broker answers as one, in this time.
    ///
    /// # Errors
    /// When none does.
    pub async fn look(&self, patience: Duration) -> Result<(), EventError> {
        look::look(&self.settings, patience).await
    }

    /// Makes the topics that are not there yet, and waits until they can be written to. One that is there stays as it is.
    ///
    /// # Errors
    /// When no broker answers in time, or one refuses.
    pub async fn create_topics(&self, topics: &[NewTopic]) -> Result<(), EventError> {
        topics::create(&self.settings, topics).await
    }
}

#[async_trait]
impl EventLog for LiveLog {
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError> {
        Ok(Box::new(producer::KafkaProducer::open(self.settings.clone())?))
    }

    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError> {
        Ok(Box::new(consumer::KafkaConsumer::join(&self.settings, group, topics)?))
    }
}

/// Sends librdkafka's own log to ours. It reconnects by itself and tells of each try, so what it calls an error is news
/// of the connection, not of an operation: those have results of their own.
pub(crate) struct Logged;

impl ClientContext for Logged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(facility, message, "librdkafka");
            }
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => tracing::info!(facility, message, "librdkafka"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(facility, message, "librdkafka");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
    }
}
