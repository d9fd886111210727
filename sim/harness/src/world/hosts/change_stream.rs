//! Change data capture as a machine: a replication slot that outlives it, and a connector that dies and begins again at the
//! last place it had stored, so that what it sent since comes twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use change_stream::{ChangeStream, Table};
use platform::messages::CATALOG_TOPIC;
use ports::events::{EventLog, EventProducer, NewRecord};
use postgres_engine::CommitRecord;
use tokio::sync::Notify;

use super::postgres::PostgresHost;
use crate::world::observer::Observer;
use crate::world::time::Timeline;

/// Commits handed on at once.
const BATCH: usize = 200;
/// How often the connector stores its place.
const PLACE_STORED_EVERY_US: i64 = 500_000;
/// From the commit to the connector: one hop and the decoding.
const DECODING_US: i64 = 2_000;
/// The pause after a record that the log did not take, and between looks at a database that is away.
const RETRY: Duration = Duration::from_millis(200);

/// The slot, on the database's machine, and the place of its connector.
pub struct ChangeStreamHost {
    stream: Mutex<ChangeStream>,
    offered: Notify,
    timeline: Timeline,
    observer: Observer,
}

impl ChangeStreamHost {
    /// A slot for the catalog's products. [`PostgresHost::feed`] connects it to its database.
    #[must_use]
    pub fn new(timeline: Timeline, observer: Observer) -> Arc<Self> {
        let stream = Mutex::new(ChangeStream::new(Table { name: "products", key: "sku" }));
        Arc::new(Self { stream, offered: Notify::new(), timeline, observer })
    }

    fn stream(&self) -> MutexGuard<'_, ChangeStream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the database has committed.
    pub(super) fn offer(&self, commits: &[CommitRecord]) {
        self.stream().offer(commits);
        self.offered.notify_one();
    }

    /// Whether the slot holds changes that were not sent yet.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.stream().has_next()
    }

    /// The connector: sends on what `database` commits, for as long as its process lives.
    pub async fn connect(self: Arc<Self>, database: Arc<PostgresHost>, log: Arc<dyn EventLog>) {
        self.begin_again();
        let mut producer: Option<Box<dyn EventProducer>> = None;
        let mut stored_us = self.timeline.now_us();
        loop {
            let now_us = self.timeline.now_us();
            if now_us - stored_us >= PLACE_STORED_EVERY_US {
                self.stream().store_place();
                stored_us = now_us;
            }
            if !self.is_behind() {
                let offered = self.offered.notified();
                let due = self.timeline.sleep_until(stored_us + PLACE_STORED_EVERY_US);
                tokio::select! { biased; () = offered => {}, () = due => {} }
                continue;
            }
            if !database.is_up() {
                tokio::time::sleep(RETRY).await;
                continue;
            }
            self.timeline.sleep_until(self.timeline.now_us() + DECODING_US).await;
            if !self.send(&*log, &mut producer).await {
                self.begin_again();
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Sends one batch; whether the log has taken it.
    async fn send(&self, log: &dyn EventLog, producer: &mut Option<Box<dyn EventProducer>>) -> bool {
        let records: Vec<NewRecord> = self
            .stream()
            .next(BATCH)
            .into_iter()
            .map(|record| NewRecord { topic: CATALOG_TOPIC, key: record.key, value: record.value, headers: Vec::new() })
            .collect();
        if producer.is_none() {
            *producer = log.producer().await.ok();
        }
        match producer {
            Some(producer) => producer.append(&records).await.is_ok(),
            None => false,
        }
    }

    fn begin_again(&self) {
        let again = self.stream().begin_again();
        if again > 0 {
            self.observer.probe("changes-sent-again");
        }
    }
}
