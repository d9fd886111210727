//! The `events` port over the simulated network: the log client of every world, and its requests as hops to the cluster.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use harness::world::hosts::kafka::{Answer, KafkaHost};
use harness::world::log_client::{Cluster, LogClient};
use harness::world::network::NodeIndex;
use kafka_engine::{Batch, Join, Joined, MemberId, Positions, Produced, ProducerId, Record, TopicPartition};

/// The cluster as one process reaches it.
pub struct SimCluster {
    host: Arc<KafkaHost>,
    from: NodeIndex,
}

/// The log as the process at `from` reaches it.
#[must_use]
pub fn log(host: Arc<KafkaHost>, from: NodeIndex) -> LogClient<SimCluster> {
    LogClient::new(SimCluster { host, from })
}

#[async_trait]
impl Cluster for SimCluster {
    async fn init_producer(&self) -> Answer<ProducerId> {
        self.host.init_producer(self.from).await
    }

    async fn partition_for(&self, topic: &str, key: &[u8]) -> Answer<i32> {
        Some(self.host.partition_for(topic, key))
    }

    async fn produce(&self, batches: Vec<Batch<'_>>) -> Answer<Vec<Produced>> {
        self.host.produce(self.from, batches).await
    }

    async fn join(&self, group: &str, member: Option<MemberId>, topics: &[&'static str]) -> Answer<Join> {
        self.host.join(self.from, group, member, topics).await
    }

    async fn heartbeat(&self, group: &str, joined: &Joined) -> Answer<()> {
        self.host.heartbeat(self.from, group, joined).await
    }

    async fn committed(&self, group: &str, joined: &Joined) -> Answer<Positions> {
        let next = |at: &TopicPartition| (at.clone(), self.host.committed(group, &at.topic, at.partition));
        Some(Ok(joined.assignment.iter().map(next).collect()))
    }

    async fn with_more(&self, next: &Positions, wait: Duration) -> Answer<Vec<TopicPartition>> {
        Some(Ok(self.host.with_more(next, wait).await))
    }

    async fn fetch(&self, at: &TopicPartition, offset: i64, max: usize) -> Answer<Vec<Record>> {
        self.host.fetch(self.from, &at.topic, at.partition, offset, max).await
    }

    async fn commit(&self, group: &str, joined: &Joined, next: &Positions) -> Answer<()> {
        let offsets: Vec<(&str, i32, i64)> =
            next.iter().map(|(at, next)| (at.topic.as_str(), at.partition, *next)).collect();
        self.host.commit(self.from, group, joined, &offsets).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use checkers::Limits;
    use harness::world::hosts::kafka::KafkaCosts;
    use harness::world::network::{Network, NetworkOptions};
    use harness::world::observer::Observer;
    use harness::world::time::{RuntimeClock, Timeline};
    use harness::world::trace::Trace;
    use madsim::Config;
    use madsim::runtime::Runtime;
    use platform::texts::Texts;
    use ports::events::{EventLog, NewRecord, Position};

    use super::*;

    const TOPIC: &str = "orders";
    /// Shorter than the producer's patience, so that what it sends again is heard.
    const ACK_LOST_FOR: Duration = Duration::from_millis(400);

    fn cluster() -> Arc<KafkaHost> {
        let options = NetworkOptions { latency_min_us: 100, latency_mean_us: 250, drop_ppm: 0, retransmit_us: 200_000 };
        let costs = KafkaCosts { parallelism: 1, produce_us: 1_000, fetch_us: 500 };
        let limits = Limits { drain_limit_us: 1_000_000, ..Limits::default() };
        let observer = Observer::new(&limits, Texts::embedded().scripts(), Trace::new(None));
        let network = Network::new(options, 1);
        KafkaHost::new(
            NodeIndex(0),
            &[(TOPIC, 2)],
            costs,
            network,
            Timeline::begin(RuntimeClock::start(), 0),
            observer,
            1,
        )
    }

    fn record(number: u32) -> NewRecord {
        let id = Bytes::from(format!("ord_{number}:order_confirmed"));
        NewRecord { topic: TOPIC, key: id.clone(), value: id.clone(), headers: vec![("event-id", id)] }
    }

    #[test]
    fn a_batch_whose_acknowledgement_is_lost_is_in_the_log_once() {
        Runtime::with_seed_and_config(1, Config::default()).block_on(async {
            let host = cluster();
            let producer = log(host.clone(), NodeIndex(1)).producer().await.expect("the cluster is up");
            let records: Vec<NewRecord> = (0..40).map(record).collect();
            host.set_ack_lost_ppm(1_000_000);
            let healing = tokio::spawn({
                let host = host.clone();
                async move {
                    tokio::time::sleep(ACK_LOST_FOR).await;
                    host.set_ack_lost_ppm(0);
                }
            });
            // The relay, too, appends what it does not know to be in.
            let positions = loop {
                if let Ok(positions) = producer.append(&records).await {
                    break positions;
                }
            };
            healing.await.expect("the task does not panic");
            let mut logged = host.records(TOPIC);
            assert_eq!(logged.len(), records.len(), "records in the log");
            logged.sort();
            let named = |(position, record): (&Position, &NewRecord)| {
                let id = String::from_utf8_lossy(&record.value).into_owned();
                (position.partition, position.offset, id)
            };
            let mut told: Vec<(i32, i64, String)> = positions.iter().zip(&records).map(named).collect();
            told.sort();
            assert_eq!(told, logged, "each record is told where it is");
        });
    }
}
