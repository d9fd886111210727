//! One look at the brokers, before anything is begun on them.

use std::time::Duration;

use ports::events::EventError;
use rdkafka::ClientContext;
use rdkafka::admin::AdminClient;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use super::error;
use super::settings::KafkaSettings;

/// Whoever looks says by its result what it saw, and not in the log besides.
struct Silent;

impl ClientContext for Silent {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, _: KafkaError, _: &str) {}
}

pub(super) async fn look(settings: &KafkaSettings, patience: Duration) -> Result<(), EventError> {
    let refused = |refusal: KafkaError| error::of_request(&refusal);
    let admin: AdminClient<Silent> = settings.client().create_with_context(Silent).map_err(refused)?;
    // Waits on a thread of its own.
    let asked = tokio::task::spawn_blocking(move || admin.inner().fetch_metadata(None, patience).map(drop));
    asked.await.map_err(|_panicked| EventError::Unreachable)?.map_err(refused)
}
