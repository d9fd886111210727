//! The brokers, time limits, and every client option with its reason.

use std::time::Duration;

use rdkafka::ClientConfig;

/// How the log is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// Brokers to begin with, `host:port` separated by commas.
    pub brokers: String,
    /// How long a record may wait for its acknowledgement, all retries included. Shorter than the database lets a
    /// transaction sit idle: the relay holds one meanwhile.
    pub delivery_timeout: Duration,
    /// How long the broker waits for a silent member before its partitions go to others. Brokers take 6 s and more.
    pub session_timeout: Duration,
    /// How long a poll waits for records.
    pub poll_interval: Duration,
    /// How long a commit of offsets or the making of a topic may take.
    pub request_timeout: Duration,
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".into(),
            delivery_timeout: Duration::from_millis(5_000),
            session_timeout: Duration::from_millis(6_000),
            poll_interval: Duration::from_millis(500),
            request_timeout: Duration::from_millis(10_000),
        }
    }
}

impl KafkaSettings {
    /// What producers, members and the topics' maker share.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "doorbuster")
            // Records are small and waited for.
            .set("socket.nagle.disable", "true")
            .set("socket.keepalive.enable", "true")
            // A broker that comes back is found again within a second, not within ten.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "5000");
        config
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // As Kafka's own clients place keys; librdkafka's default is another hash.
            .set("partitioner", "murmur2_random")
            .set("delivery.timeout.ms", self.delivery_timeout.as_millis().to_string())
            // A batch is handed over at once and waited for: there is nothing to linger for.
            .set("linger.ms", "0");
        config
    }

    pub(super) fn member(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            // The offset follows the effect, by the caller's commit alone.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            // Members keep what they own while others come and go.
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", self.session_timeout.as_millis().to_string())
            .set("heartbeat.interval.ms", (self.session_timeout / 4).as_millis().to_string())
            .set("fetch.wait.max.ms", "100")
            .set("allow.auto.create.topics", "false");
        config
    }
}
