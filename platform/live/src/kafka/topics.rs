//! Makes topics, for the migration and for tests.

use ports::events::EventError;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic as Native, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::settings::KafkaSettings;
use super::{Logged, error};

/// A topic to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: &'static str,
    /// Over how many partitions its keys are spread.
    pub partitions: i32,
    /// How many brokers keep a copy.
    pub replication: i32,
}

pub(super) async fn create(settings: &KafkaSettings, topics: &[NewTopic]) -> Result<(), EventError> {
    let refused = |refusal: KafkaError| error::of_request(&refusal);
    let admin: AdminClient<Logged> = settings.client().create_with_context(Logged).map_err(refused)?;
    let wanted: Vec<Native<'_>> = topics
        .iter()
        .map(|topic| Native::new(topic.name, topic.partitions, TopicReplication::Fixed(topic.replication)))
        .collect();
    // The answer waits until every broker knows the topics.
    let options = AdminOptions::new()
        .request_timeout(Some(settings.request_timeout))
        .operation_timeout(Some(settings.request_timeout));
    for result in admin.create_topics(&wanted, &options).await.map_err(refused)? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(error::of_request(&KafkaError::Global(code))),
        }
    }
    Ok(())
}
