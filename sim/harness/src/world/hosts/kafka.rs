//! The Kafka cluster as machines on the network: service times, lost acknowledgements, brokers that die.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_engine::{
    Batch, Config, Join, Joined, Kafka, KafkaError, MemberId, Positions, Produced, ProducerId, Record, TopicPartition,
};
use platform::time_limit::within;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio::sync::Notify;

use crate::world::network::{Network, NodeIndex};
use crate::world::observer::Observer;
use crate::world::station::Station;
use crate::world::time::{EPOCH_US, Timeline};
use crate::world::trace::EngineAnswer;

/// Service times, from the calibration file, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct KafkaCosts {
    /// Requests worked on at once.
    pub parallelism: usize,
    /// A request that appends, acknowledged by all replicas.
    pub produce_us: i64,
    /// Any other request.
    pub fetch_us: i64,
}

/// What the client's end of the wire sees of a request.
pub type Answer<T> = Option<Result<T, KafkaError>>;

struct State {
    engine: Kafka,
    thread: Station,
    ack_lost_ppm: u32,
    entropy: ChaCha8Rng,
    /// Per topic and partition, the first offset the observer has not been shown.
    shown: Vec<(String, i32, i64)>,
}

/// The machines Kafka runs on, seen as one place on the network.
pub struct KafkaHost {
    state: Mutex<State>,
    costs: KafkaCosts,
    at: NodeIndex,
    network: Network,
    timeline: Timeline,
    observer: Observer,
    appended: Notify,
}

impl KafkaHost {
    /// A cluster with these topics.
    #[must_use]
    pub fn new(
        at: NodeIndex,
        topics: &[(&str, i32)],
        costs: KafkaCosts,
        network: Network,
        timeline: Timeline,
        observer: Observer,
        seed: u64,
    ) -> Arc<Self> {
        // A dead member is noticed in seconds and not in minutes, so that a drill does not have to last an hour.
        let config = Config {
            session_timeout_ms: 3_000,
            broker_session_timeout_ms: 1_000,
            rebalance_timeout_ms: 3_000,
            ..Config::default()
        };
        let mut engine = Kafka::new(config);
        for (topic, partitions) in topics {
            engine.create_topic(topic, *partitions, EPOCH_US.div_euclid(1_000)).expect("topics are new and well named");
        }
        let entropy = ChaCha8Rng::seed_from_u64(seed);
        let shown = topics
            .iter()
            .flat_map(|(topic, partitions)| (0..*partitions).map(|partition| ((*topic).to_owned(), partition, 0)))
            .collect();
        let state =
            Mutex::new(State { shown, engine, thread: Station::new(costs.parallelism), ack_lost_ppm: 0, entropy });
        Arc::new(Self { state, costs, at, network, timeline, observer, appended: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the server is on the network.
    #[must_use]
    pub fn place(&self) -> NodeIndex {
        self.at
    }

    fn wall_ms(&self) -> i64 {
        (EPOCH_US + self.timeline.now_us()).div_euclid(1_000)
    }

    /// Sends a request that takes `service_us` and waits for what comes of it; `None` when nothing comes.
    async fn request<T>(
        &self,
        from: NodeIndex,
        service_us: i64,
        run: impl FnOnce(&mut Kafka, i64) -> Result<T, KafkaError>,
    ) -> Answer<T> {
        let there_us = self.network.delay_us(from, self.at)?;
        let done_us = self.state().thread.serve(self.timeline.now_us() + there_us, service_us);
        self.timeline.busy_until(done_us).await;
        let answer = {
            let now_ms = self.wall_ms();
            let state = &mut *self.state();
            let answer = run(&mut state.engine, now_ms);
            self.show_new_records(state, now_ms);
            answer
        };
        let back_us = self.network.delay_us(self.at, from)?;
        self.observer.trace().answer(EngineAnswer {
            at_us: done_us,
            engine: "kafka",
            from,
            size: 1,
            ok: answer.is_ok(),
        });
        self.timeline.busy_until(self.timeline.now_us() + back_us).await;
        Some(answer)
    }

    /// Shows the observer what has come into the log since it was last looked at, whoever was told of it.
    fn show_new_records(&self, state: &mut State, now_ms: i64) {
        let at_us = self.timeline.now_us();
        for (topic, partition, next) in &mut state.shown {
            while state.engine.high_watermark(topic, *partition).is_ok_and(|end| end > *next) {
                let Ok(records) = state.engine.fetch(topic, *partition, *next, 100, now_ms) else { break };
                for record in &records {
                    // The change stream's records are no events: they have no name.
                    let event = header_text(&record.headers);
                    if !event.is_empty() {
                        self.observer.published(at_us, &event, *partition, record.offset);
                    }
                    *next = record.offset + 1;
                }
                if records.is_empty() {
                    break;
                }
            }
        }
    }

    /// Hands out an idempotent producer's id.
    pub async fn init_producer(&self, from: NodeIndex) -> Answer<ProducerId> {
        self.request(from, self.costs.fetch_us, |engine, _now_ms| Ok(engine.init_producer(None))).await
    }

    /// The partition of a key.
    pub fn partition_for(&self, topic: &str, key: &[u8]) -> Result<i32, KafkaError> {
        self.state().engine.partition_for(topic, key)
    }

    /// Appends batches in order, up to the first that is refused; answers where the first record of each is.
    pub async fn produce(&self, from: NodeIndex, batches: Vec<Batch<'_>>) -> Answer<Vec<Produced>> {
        let answer = self
            .request(from, self.costs.produce_us, |engine, now_ms| {
                let mut appended = Vec::with_capacity(batches.len());
                for batch in batches {
                    let produced = engine.produce_batch(batch, now_ms)?;
                    if produced.duplicate {
                        self.observer.probe("kafka-duplicate-refused");
                    }
                    appended.push(produced);
                }
                Ok(appended)
            })
            .await?;
        self.appended.notify_waiters();
        let state = &mut *self.state();
        let lost = state.ack_lost_ppm > 0 && state.entropy.next_u64() % 1_000_000 < u64::from(state.ack_lost_ppm);
        (!lost).then_some(answer)
    }

    /// Reads records of a partition.
    pub async fn fetch(
        &self,
        from: NodeIndex,
        topic: &str,
        partition: i32,
        offset: i64,
        max: usize,
    ) -> Answer<Vec<Record>> {
        self.request(from, self.costs.fetch_us, |engine, now_ms| engine.fetch(topic, partition, offset, max, now_ms))
            .await
    }

    /// Joins a group.
    pub async fn join(&self, from: NodeIndex, group: &str, member: Option<MemberId>, topics: &[&str]) -> Answer<Join> {
        self.request(from, self.costs.fetch_us, |engine, now_ms| engine.join(group, member, topics, now_ms)).await
    }

    /// Keeps a membership alive.
    pub async fn heartbeat(&self, from: NodeIndex, group: &str, joined: &Joined) -> Answer<()> {
        self.request(from, self.costs.fetch_us, |engine, now_ms| {
            engine.heartbeat(group, joined.member, joined.generation, now_ms)
        })
        .await
    }

    /// Commits the next offsets to read.
    pub async fn commit(
        &self,
        from: NodeIndex,
        group: &str,
        joined: &Joined,
        offsets: &[(&str, i32, i64)],
    ) -> Answer<()> {
        let commit =
            |engine: &mut Kafka, now_ms| engine.commit(group, joined.member, joined.generation, offsets, now_ms);
        self.request(from, self.costs.fetch_us, commit).await
    }

    /// Where a group goes on reading a partition.
    pub fn committed(&self, group: &str, topic: &str, partition: i32) -> i64 {
        self.state().engine.committed(group, topic, partition).unwrap_or(0)
    }

    /// The partitions that have records beyond these positions; waits at most `wait` for any to have.
    pub async fn with_more(&self, next: &Positions, wait: Duration) -> Vec<TopicPartition> {
        let with_more = self.have_more(next);
        if !with_more.is_empty() {
            return with_more;
        }
        match within(wait, self.appended.notified()).await {
            Ok(()) => self.have_more(next),
            Err(_elapsed) => Vec::new(),
        }
    }

    fn have_more(&self, next: &Positions) -> Vec<TopicPartition> {
        let state = self.state();
        let has_more = |at: &TopicPartition, next: i64| {
            state.engine.high_watermark(&at.topic, at.partition).is_ok_and(|end| end > next)
        };
        next.iter().filter(|(at, next)| has_more(at, **next)).map(|(at, _)| at.clone()).collect()
    }

    /// A broker dies.
    pub fn kill_broker(&self, broker: u8) {
        let now_ms = self.wall_ms();
        self.state().engine.kill_broker(broker, now_ms);
    }

    /// A dead broker comes back.
    pub fn start_broker(&self, broker: u8) {
        let now_ms = self.wall_ms();
        self.state().engine.start_broker(broker, now_ms);
        self.appended.notify_waiters();
    }

    /// Changes how many of a million acknowledgements are lost.
    pub fn set_ack_lost_ppm(&self, ppm: u32) {
        self.state().ack_lost_ppm = ppm;
    }

    /// Lets elections, rebalances and replication happen, for as long as the cluster runs.
    pub async fn keep_time(self: Arc<Self>) {
        const TICK_US: i64 = 250_000;
        loop {
            self.timeline.sleep_until(self.timeline.now_us() + TICK_US).await;
            let now_ms = self.wall_ms();
            let state = &mut *self.state();
            state.engine.advance(now_ms);
            self.show_new_records(state, now_ms);
        }
    }

    /// Every record of a topic: partition, offset, event id.
    #[must_use]
    pub fn records(&self, topic: &str) -> Vec<(i32, i64, String)> {
        let now_ms = self.wall_ms();
        let state = &mut *self.state();
        let partitions = state.engine.partitions(topic).unwrap_or(0);
        let mut all = Vec::new();
        for partition in 0..partitions {
            let records = state.engine.fetch(topic, partition, 0, usize::MAX, now_ms).unwrap_or_default();
            all.extend(records.iter().map(|record| (partition, record.offset, header_text(&record.headers))));
        }
        all
    }
}

/// The header in which the relay puts an event's name.
const EVENT_ID: &str = "event-id";

fn header_text(headers: &[(String, bytes::Bytes)]) -> String {
    let value = headers.iter().find(|(name, _)| name == EVENT_ID).map(|(_, value)| value.as_ref());
    String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
}
